import {
  FINDING_STATUS_WORDS,
  FINDING_STATUSES,
  FIXING_PRIORITIES,
  FIXING_PRIORITY_WORDS,
  type FixingPriority,
  isHandled,
} from './finding.ts';
import type { FindingColumns, UndatedFinding } from './finding-columns.ts';

/** What a server's row says of all its findings together: design.md section 4, contract 6.4 and 6.7. */

/** Findings by fixing priority. */
export type PriorityCounts = Readonly<Record<FixingPriority, number>>;

export type ServerLevel = 'High' | 'Medium' | 'Low' | 'Security';

export interface ServerSummary {
  readonly openCount: number;
  /** Of the open findings where there are any, else of the handled ones. */
  readonly counts: PriorityCounts;
  /** 0..100, higher is safer; from the open findings alone. */
  readonly score: number;
  readonly level: ServerLevel;
  readonly handleStatus: 'handled' | 'unhandled';
  /** Bit `n` is set where a listed finding has the status numbered `n` in `FINDING_STATUSES`. */
  readonly statusBits: number;
}

/** By the number of the status. */
const IS_HANDLED = FINDING_STATUS_WORDS.map(isHandled);

/** Status bits of a server all of whose listed findings are `vul_status_unfix`. */
const UNFIX_ALONE = 1 << FINDING_STATUSES.vul_status_unfix;

const DEDUCTIONS: PriorityCounts = { Critical: 10, High: 3, Medium: 1, Low: 1 };

/** Summarises a server's findings. Those without a fix take part only with `includeUnfixed` (a project's setting). */
export function summaryOf(findings: FindingColumns, includeUnfixed: boolean): ServerSummary {
  const open = noCounts();
  const handled = noCounts();
  let openCount = 0;
  let statusBits = 0;
  for (const [index, status] of findings.status.entries()) {
    if (findings.fixable[index] !== true && !includeUnfixed) continue;
    const priority = FIXING_PRIORITY_WORDS[findings.priority[index] ?? 0] ?? 'Low';
    statusBits |= 1 << status;
    if (IS_HANDLED[status] === true) {
      handled[priority] += 1;
    } else {
      open[priority] += 1;
      openCount += 1;
    }
  }
  return {
    openCount,
    counts: openCount > 0 ? open : handled,
    score: scoreOf(open),
    level: levelOf(open),
    handleStatus: openCount > 0 ? 'unhandled' : 'handled',
    statusBits,
  };
}

/**
 * The summary of a server whose findings are all `vul_status_unfix`, `counts` of them listed, after some of them (`before`)
 * became others (`after`).
 */
export function changedSummary(
  counts: PriorityCounts,
  {
    before,
    after,
  }: { readonly before: readonly UndatedFinding[]; readonly after: readonly UndatedFinding[] },
  includeUnfixed: boolean,
): ServerSummary {
  const open = { ...counts };
  const isListed = ({ fixable }: UndatedFinding): boolean => fixable || includeUnfixed;
  for (const { priority } of before.filter(isListed)) open[priority] -= 1;
  for (const { priority } of after.filter(isListed)) open[priority] += 1;
  const left = open.Critical + open.High + open.Medium + open.Low;
  return {
    openCount: left,
    counts: open,
    score: scoreOf(open),
    level: levelOf(open),
    handleStatus: left > 0 ? 'unhandled' : 'handled',
    statusBits: left > 0 ? UNFIX_ALONE : 0,
  };
}

/** The score of a server with these open findings: the documented example 0/4/12/3 gives 73. */
export function scoreOf(open: PriorityCounts): number {
  let score = 100;
  for (const priority of Object.keys(FIXING_PRIORITIES) as FixingPriority[])
    score -= DEDUCTIONS[priority] * open[priority];
  return Math.max(0, score);
}

/** The level of a server with these open findings: the documented example 0/4/12/3 gives Medium. */
export function levelOf(open: PriorityCounts): ServerLevel {
  if (open.Critical > 0) return 'High';
  if (open.High > 0 || open.Medium > 0) return 'Medium';
  return open.Low > 0 ? 'Low' : 'Security';
}

function noCounts(): Record<FixingPriority, number> {
  return { Critical: 0, High: 0, Medium: 0, Low: 0 };
}
