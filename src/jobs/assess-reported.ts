/** Servers whose reports are being taken in: assessed before their rows are written, so that each is written once. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { undatedFindings } from '../findings/finding-columns.ts';
import { DATES_LENGTH_MAX, datedFindings } from '../findings/finding-dates.ts';
import type { RunningKernel } from '../inventory/inventory.ts';
import type { Queryable } from '../store/database.ts';
import type { ReportFacts, ServerFacts } from '../store/fleet/load-report-facts.ts';
import type { LockedServer } from '../store/fleet/lock-reported-server.ts';
import {
  type AssessedFindings,
  addRated,
  assessedFindings,
  assessOne,
  isUnchanged,
  presentVulnerabilities,
} from './assess-servers.ts';
import type { Knowledge } from './known-matches.ts';

/** What a report says is installed, and what is known of its server. */
export interface ReportToAssess {
  readonly server: LockedServer;
  readonly facts: ServerFacts;
  /** Ascending, each once. */
  readonly packageIds: readonly number[];
  readonly runningKernel: RunningKernel | undefined;
}

export interface AssessedReport extends AssessedFindings {
  /** Whether the findings are those that the server has. */
  readonly isUnchanged: boolean;
}

/**
 * What the servers' findings are with what they reported, in the order of `reports`; as `assessServers` works them out. Between
 * two of them others get their turn.
 */
export async function assessReported(
  tx: Queryable,
  reports: readonly ReportToAssess[],
  by: {
    readonly projectId: string;
    readonly now: number;
    readonly knowledge: Knowledge;
    readonly facts: Pick<ReportFacts, 'includeUnfixed'>;
  },
): Promise<readonly AssessedReport[]> {
  const { projectId, now, knowledge } = by;
  const packages = await knowledge.packages(
    tx,
    projectId,
    reports.flatMap(({ packageIds }) => packageIds),
  );
  const groups = [];
  for (const report of reports) {
    if (groups.length > 0) await nextTurn();
    const group = groupOf(report);
    groups.push({ report, group, present: presentVulnerabilities(group, packages) });
  }
  const vulnerabilities = new Set<number>();
  for (const { report, present } of groups) {
    for (const vulnerability of report.facts.columns.vulnerability) vulnerabilities.add(vulnerability);
    addRated(present, vulnerabilities);
  }
  const priorities = await knowledge.facts(tx, vulnerabilities);
  const assessed: AssessedReport[] = [];
  for (const { report, group, present } of groups) {
    if (assessed.length > 0) await nextTurn();
    const { decisions } = report.facts;
    const assessment = assessOne(group, {
      task: { now, cause: 'report' },
      present,
      facts: priorities,
      decisions,
    });
    assessed.push({
      ...assessedFindings(group, assessment, by.facts.includeUnfixed),
      isUnchanged: isUnchanged(group, assessment),
    });
  }
  return assessed;
}

function groupOf({ server, facts, packageIds, runningKernel }: ReportToAssess) {
  // As of groups of servers: moments are read only where they say what the findings become.
  const isDated =
    facts.hasFixed || facts.decisions.length > 0 || server.dates.dates.length >= DATES_LENGTH_MAX;
  const dates = isDated ? server.dates : { since: 0, dates: [] };
  return {
    assetValue: server.assetValue,
    packageIds,
    kernelRelease: runningKernel?.release ?? '',
    kernelVersion: runningKernel?.version ?? '',
    restartPackages: runningKernel?.waiting ?? [],
    findings: datedFindings(undatedFindings(facts.columns), dates),
    isDated,
    dueAt: server.dueAt,
  };
}
