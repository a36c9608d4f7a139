/**
 * Assesses servers: works out their findings from what they have installed, and writes those that changed. Everything that
 * can change a finding comes through here: a report, new advisories, the clock, a person's decision.
 */
import {
  type Assessment,
  type AssessmentCause,
  assessFindings,
  type Decision,
  type PresentVulnerability,
} from '../findings/assess.ts';
import type { Finding } from '../findings/finding.ts';
import { summaryOf } from '../findings/summary.ts';
import { kernelVerdict } from '../matching/kernel.ts';
import { fixingPriorityOf, nextPriorityChangeAt, type PriorityFacts } from '../matching/priority.ts';
import type { Queryable } from '../store/database.ts';
import {
  type AssessableServer,
  loadAssessableServers,
  loadDecisions,
  loadPriorityFacts,
} from '../store/findings/load-assessable.ts';
import { saveAssessment } from '../store/findings/save-assessment.ts';
import { loadPackages, type StoredPackage } from '../store/fleet/load-packages.ts';
import { includesUnfixed } from '../store/fleet/project-setting.ts';

export interface AssessServersTask {
  readonly projectId: string;
  readonly serverIds: readonly string[];
  readonly cause: AssessmentCause;
  /** For the history: a user's name, `report`, `advisories` or `clock`. */
  readonly actor: string;
  readonly remark: string;
  readonly now: number;
}

/** Assesses the servers and writes those whose result changed. Returns how many were written. */
export async function assessServers(tx: Queryable, task: AssessServersTask): Promise<number> {
  return await assess(tx, task, isUnchanged);
}

/** The same, but writes every server: what changed is how findings are summarised. */
export async function resummariseServers(
  tx: Queryable,
  task: Pick<AssessServersTask, 'projectId' | 'serverIds' | 'now'>,
): Promise<number> {
  return await assess(tx, { ...task, cause: 'clock', actor: 'clock', remark: '' }, () => false);
}

async function assess(
  tx: Queryable,
  task: AssessServersTask,
  mayStay: (server: AssessableServer, assessment: Assessment) => boolean,
): Promise<number> {
  const { projectId } = task;
  const servers = await loadAssessableServers(tx, projectId, task.serverIds);
  const packages = await loadPackages(tx, projectId, new Set(servers.flatMap((server) => server.packageIds)));
  const decisions = await loadDecisions(
    tx,
    projectId,
    servers.map((server) => server.id),
  );
  const vulnerabilities = new Set(servers.flatMap((server) => server.findings.map((f) => f.vulnerability)));
  for (const { matches } of packages.values())
    for (const match of matches) vulnerabilities.add(match.vulnerability);
  const facts = await loadPriorityFacts(tx, vulnerabilities);
  const includeUnfixed = await includesUnfixed(tx, projectId);
  let written = 0;
  for (const server of servers) {
    const assessment = assessOne(server, {
      task,
      packages,
      facts,
      decisions: decisions.get(server.id) ?? [],
    });
    if (mayStay(server, assessment)) continue;
    const summary = summaryOf(assessment.findings, includeUnfixed);
    await saveAssessment(tx, { ...task, serverId: server.id, assessment, summary });
    written += 1;
  }
  return written;
}

interface Surroundings {
  readonly task: AssessServersTask;
  readonly packages: ReadonlyMap<number, StoredPackage>;
  readonly facts: ReadonlyMap<number, PriorityFacts>;
  readonly decisions: readonly Decision[];
}

function assessOne(server: AssessableServer, { task, packages, facts, decisions }: Surroundings) {
  return assessFindings({
    now: task.now,
    cause: task.cause,
    present: presentVulnerabilities(server, packages),
    previous: server.findings,
    decisions,
    priorityOf: (vulnerability) => {
      const own = facts.get(vulnerability);
      if (own === undefined) throw new Error(`vulnerability number ${vulnerability} has no row`);
      return {
        priority: fixingPriorityOf(own, server.assetValue, task.now).priority,
        changesAt: nextPriorityChangeAt(own, task.now),
      };
    },
  });
}

/** The vulnerabilities that the server's packages raise, each once: kernel packages only as `kernelVerdict` says. */
export function presentVulnerabilities(
  server: Pick<AssessableServer, 'packageIds' | 'kernelRelease' | 'kernelVersion'>,
  packages: ReadonlyMap<number, StoredPackage>,
): readonly PresentVulnerability[] {
  const installed = server.packageIds.flatMap((id) => packages.get(id) ?? []);
  const kernel = kernelVerdict(
    installed.map((stored) => ({
      pkg: stored.package,
      vulnerabilities: stored.matches.map((match) => match.vulnerability),
    })),
    server.kernelRelease === ''
      ? undefined
      : { release: server.kernelRelease, version: server.kernelVersion },
  );
  const present = new Map<number, PresentVulnerability>();
  for (const [position, { matches }] of installed.entries()) {
    if (kernel.silent.has(position)) continue;
    const isRunningKernel = kernel.raising.has(position);
    for (const { vulnerability, fixedVersion } of matches) {
      const before = present.get(vulnerability);
      const restartPending = isRunningKernel && kernel.restartPending.has(vulnerability);
      present.set(vulnerability, {
        vulnerability,
        fixable: (before?.fixable ?? false) || fixedVersion !== undefined,
        // Only where nothing but the kernel has it: any other package with it still needs its own fix.
        restartPending: restartPending && (before?.restartPending ?? true),
      });
    }
  }
  return [...present.values()].sort((a, b) => a.vulnerability - b.vulnerability);
}

function isUnchanged(server: AssessableServer, assessment: Assessment): boolean {
  return (
    assessment.dueAt === server.dueAt &&
    assessment.events.length === 0 &&
    assessment.endedDecisions.length === 0 &&
    assessment.findings.length === server.findings.length &&
    assessment.findings.every((finding, index) => isSameFinding(finding, server.findings[index]))
  );
}

function isSameFinding(a: Finding, b: Finding | undefined): boolean {
  return (
    a.vulnerability === b?.vulnerability &&
    a.status === b.status &&
    a.priority === b.priority &&
    a.fixable === b.fixable &&
    a.firstSeenAt === b.firstSeenAt &&
    a.statusSince === b.statusSince
  );
}
