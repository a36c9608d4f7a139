/**
 * From what is present on a server to its findings. Pure: open findings follow from the inventory (what is present), the
 * advisories (facts, by way of `priorityOf`) and the clock alone (design.md section 2, promise 1); what a person decided
 * and what was found before decide how a finding is shown and what is told in the history.
 *
 * Only a report turns a finding into fixed (promise 4). Where advisories change and a finding goes, it was never right:
 * it leaves without a trace in the lists and with `withdrawn` in the history.
 */
import type { Finding, FindingStatus, FixingPriority } from './finding.ts';

/** A fixed finding stays in the lists for seven days (contract 6.13), then only in the history. */
export const FIXED_LISTED_MS = 7 * 24 * 60 * 60 * 1000;

/** A vulnerability that the inventory and the advisories say is on the server. */
export interface PresentVulnerability {
  readonly vulnerability: number;
  readonly fixable: boolean;
  /** The fix is installed and waits for a restart. */
  readonly restartPending: boolean;
  /** Of a Windows update: numbers of the missing ones that it replaces, which count for its priority. */
  readonly replaced?: readonly number[];
}

/** What a person said about one finding. */
export interface Decision {
  readonly vulnerability: number;
  readonly kind: 'ignored' | 'claimed_fixed';
  /** Milliseconds since 1970; undefined: until undone. */
  readonly until: number | undefined;
}

/** Why the server is assessed: what it newly told, or what changed about it. */
export type AssessmentCause = 'report' | 'advisories' | 'clock' | 'decision';

export interface FindingEvent {
  readonly vulnerability: number;
  readonly kind:
    | 'found'
    | 'fixed'
    | 'reopened'
    | 'withdrawn'
    | 'restart_pending'
    | 'ignored'
    | 'unignored'
    | 'claimed_fixed';
  readonly statusBefore: FindingStatus | undefined;
  readonly statusAfter: FindingStatus | undefined;
}

export interface AssessmentInput {
  readonly now: number;
  readonly cause: AssessmentCause;
  readonly present: readonly PresentVulnerability[];
  readonly previous: readonly Finding[];
  readonly decisions: readonly Decision[];
  /**
   * Fixing priority on this server now of a vulnerability that is, or was, there. When the clock changes it, that is followed
   * by vulnerability.
   */
  readonly priorityOf: (
    vulnerability: Pick<PresentVulnerability, 'vulnerability' | 'replaced'>,
  ) => FixingPriority;
}

export interface Assessment {
  /** Ordered by vulnerability number. */
  readonly findings: readonly Finding[];
  readonly events: readonly FindingEvent[];
  /** Decisions that came to their end and are to be removed. */
  readonly endedDecisions: readonly number[];
  /** When an ignore ends or a fixed finding leaves the lists, whichever is first; ms since 1970. */
  readonly dueAt: number | undefined;
}

export function assessFindings(input: AssessmentInput): Assessment {
  const previous = new Map(input.previous.map((finding) => [finding.vulnerability, finding]));
  const decisions = new Map(input.decisions.map((decision) => [decision.vulnerability, decision]));
  const findings: Finding[] = [];
  const events: FindingEvent[] = [];
  const endedDecisions: number[] = [];
  let dueAt: number | undefined;
  const due = (at: number | undefined): void => {
    if (at !== undefined && at > input.now && (dueAt === undefined || at < dueAt)) dueAt = at;
  };

  for (const item of input.present) {
    const before = previous.get(item.vulnerability);
    previous.delete(item.vulnerability);
    const decision = decisions.get(item.vulnerability);
    if (decision !== undefined && hasEnded(decision, input)) endedDecisions.push(item.vulnerability);
    else due(decision?.until);
    const inForce = decision !== undefined && !hasEnded(decision, input) ? decision : undefined;
    const status = statusOfPresent(item, inForce);
    findings.push({
      vulnerability: item.vulnerability,
      status,
      priority: input.priorityOf(item),
      fixable: item.fixable,
      firstSeenAt: before?.firstSeenAt ?? input.now,
      statusSince: before?.status === status ? before.statusSince : input.now,
    });
    if (before?.status !== status)
      events.push(eventOf(item.vulnerability, before?.status, status, input.cause));
  }

  for (const gone of previous.values()) {
    const fixed = afterGone(gone, input);
    const decision = decisions.get(gone.vulnerability);
    if (decision?.kind === 'claimed_fixed') endedDecisions.push(gone.vulnerability);
    if (fixed === undefined) {
      if (gone.status !== 'vul_status_fixed') events.push(withdrawnEventOf(gone));
      continue;
    }
    findings.push({ ...fixed, priority: input.priorityOf({ vulnerability: gone.vulnerability }) });
    due(fixed.statusSince + FIXED_LISTED_MS);
    if (gone.status !== 'vul_status_fixed')
      events.push(eventOf(gone.vulnerability, gone.status, 'vul_status_fixed', input.cause));
  }

  findings.sort((a, b) => a.vulnerability - b.vulnerability);
  return { findings, events, endedDecisions, dueAt };
}

/** A claim ends with the next report, which confirms it or opens the finding again; an ignore at its date. */
function hasEnded(decision: Decision, input: AssessmentInput): boolean {
  if (decision.kind === 'claimed_fixed') return input.cause === 'report';
  return decision.until !== undefined && decision.until <= input.now;
}

function statusOfPresent(item: PresentVulnerability, decision: Decision | undefined): FindingStatus {
  if (decision?.kind === 'ignored') return 'vul_status_ignored';
  if (decision?.kind === 'claimed_fixed') return 'vul_status_fixed';
  return item.restartPending ? 'vul_status_reboot' : 'vul_status_unfix';
}

/** What becomes of a finding whose vulnerability is no longer present: fixed and listed for a while, or undefined: gone. */
function afterGone(gone: Finding, input: AssessmentInput): Finding | undefined {
  if (gone.status === 'vul_status_fixed') {
    return gone.statusSince + FIXED_LISTED_MS > input.now ? gone : undefined;
  }
  if (input.cause !== 'report') return undefined;
  return { ...gone, status: 'vul_status_fixed', statusSince: input.now };
}

function withdrawnEventOf(gone: Finding): FindingEvent {
  return {
    vulnerability: gone.vulnerability,
    kind: 'withdrawn',
    statusBefore: gone.status,
    statusAfter: undefined,
  };
}

function eventOf(
  vulnerability: number,
  before: FindingStatus | undefined,
  after: FindingStatus,
  cause: AssessmentCause,
): FindingEvent {
  return { vulnerability, kind: eventKind(before, after, cause), statusBefore: before, statusAfter: after };
}

function eventKind(
  before: FindingStatus | undefined,
  after: FindingStatus,
  cause: AssessmentCause,
): FindingEvent['kind'] {
  if (after === 'vul_status_ignored') return 'ignored';
  if (after === 'vul_status_fixed') return cause === 'decision' ? 'claimed_fixed' : 'fixed';
  if (after === 'vul_status_reboot') return 'restart_pending';
  if (before === undefined) return 'found';
  return before === 'vul_status_ignored' ? 'unignored' : 'reopened';
}
