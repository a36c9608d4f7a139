/** A server whose report is being taken in: assessed before its row is written, so that it is written once. */
import { undatedFindings } from '../findings/finding-columns.ts';
import { DATES_LENGTH_MAX, datedFindings } from '../findings/finding-dates.ts';
import type { RunningKernel } from '../inventory/inventory.ts';
import type { Queryable } from '../store/database.ts';
import { internFindingSets } from '../store/findings/finding-sets.ts';
import { saveHistory } from '../store/findings/save-assessment.ts';
import type { ReportFacts } from '../store/fleet/load-report-facts.ts';
import type { LockedServer } from '../store/fleet/lock-reported-server.ts';
import { internPackageSet } from '../store/fleet/package-sets.ts';
import { type ReportToSave, saveReport } from '../store/fleet/save-report.ts';
import { noteUrgentMatches } from '../store/urgent/note-urgent-matches.ts';
import {
  type AssessedFindings,
  addRated,
  assessedFindings,
  assessOne,
  isUnchanged,
  opened,
  presentVulnerabilities,
} from './assess-servers.ts';
import type { Knowledge } from './known-matches.ts';

/** What the report says is installed. */
export interface ReportedPackages {
  readonly projectId: string;
  /** Ascending, each once. */
  readonly packageIds: readonly number[];
  readonly runningKernel: RunningKernel | undefined;
  readonly now: number;
}

export interface AssessedReport extends AssessedFindings {
  /** Whether the findings are those that the server has. */
  readonly isUnchanged: boolean;
}

/** What the server's findings are with what it reported; as `assessServers` works them out. */
export async function assessReported(
  tx: Queryable,
  { projectId, packageIds, runningKernel, now }: ReportedPackages,
  by: { readonly server: LockedServer; readonly facts: ReportFacts; readonly knowledge: Knowledge },
): Promise<AssessedReport> {
  const { server, facts, knowledge } = by;
  // As of groups of servers: moments are read only where they say what the findings become.
  const isDated =
    facts.hasFixed || facts.decisions.length > 0 || server.dates.dates.length >= DATES_LENGTH_MAX;
  const dates = isDated ? server.dates : { since: 0, dates: [] };
  const group = {
    assetValue: server.assetValue,
    packageIds,
    kernelRelease: runningKernel?.release ?? '',
    kernelVersion: runningKernel?.version ?? '',
    restartPackages: runningKernel?.waiting ?? [],
    findings: datedFindings(undatedFindings(facts.columns), dates),
    isDated,
    dueAt: server.dueAt,
  };
  const packages = await knowledge.packages(tx, projectId, new Set(packageIds));
  const present = presentVulnerabilities(group, packages);
  const vulnerabilities = new Set(facts.columns.vulnerability);
  addRated(present, vulnerabilities);
  const assessment = assessOne(group, {
    task: { now, cause: 'report' },
    present,
    facts: await knowledge.facts(tx, vulnerabilities),
    decisions: facts.decisions,
  });
  return {
    ...assessedFindings(group, assessment, facts.includeUnfixed),
    isUnchanged: isUnchanged(group, assessment),
  };
}

/** Writes the report: the sets that it makes, the server's row once, and the history. */
export async function saveReported(
  tx: Queryable,
  report: Omit<ReportToSave, 'serverId' | 'packageSet' | 'findingSet' | 'assessed'> & {
    readonly server: LockedServer;
    readonly packageIds: readonly number[];
    readonly assessed: AssessedReport;
    readonly hasUrgentItems: boolean;
  },
): Promise<void> {
  const { server, reported, assessed, packageIds } = report;
  const { projectId, now } = reported;
  const packageSet = await internPackageSet(tx, projectId, { packageIds, now });
  const [findingSet] = assessed.isUnchanged
    ? []
    : await internFindingSets(tx, projectId, { sets: [assessed.columns], now });
  await saveReport(tx, { ...report, serverId: server.id, packageSet, findingSet });
  await saveHistory(tx, { projectId, actor: 'report', remark: '', now }, [
    { ...assessed, serverIds: [server.id] },
  ]);
  if (report.hasUrgentItems) {
    await noteUrgentMatches(tx, { projectId, vulnerabilities: opened([assessed]), now });
  }
}
