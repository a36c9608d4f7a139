/**
 * Takes whole reports of servers whose rows are locked in: packages, matches, findings, the servers' rows and the history. One
 * report or many at once, so that many share each statement. Each server's row is written once.
 */
import type { Inventory } from '../inventory/inventory.ts';
import type { InstalledPackage } from '../inventory/package.ts';
import { withRunningKernel } from '../matching/running-kernel.ts';
import {
  type AdvisoryState,
  advisoryState,
  isSameState,
  shareAdvisorySet,
} from '../store/advisories/lock-advisory-set.ts';
import type { Queryable } from '../store/database.ts';
import { internFindingSets } from '../store/findings/finding-sets.ts';
import { saveHistory } from '../store/findings/save-assessment.ts';
import { internPackages, type KnownNumbers } from '../store/fleet/intern-packages.ts';
import { loadPackages, type StoredPackage } from '../store/fleet/load-packages.ts';
import { loadReportFacts } from '../store/fleet/load-report-facts.ts';
import type { LockedServer } from '../store/fleet/lock-reported-server.ts';
import { internPackageSets } from '../store/fleet/package-sets.ts';
import { type ReportToSave, saveReports } from '../store/fleet/save-report.ts';
import { noteUrgentMatches } from '../store/urgent/note-urgent-matches.ts';
import { type AssessedReport, assessReported } from './assess-reported.ts';
import { assessServers, opened } from './assess-servers.ts';
import type { KnownMatches } from './known-matches.ts';
import { matchStoredPackages } from './match-packages.ts';
import { type CoverageClock, isSystemCovered, refreshUnknown } from './refresh-unknown.ts';

/** A report whose server is known and locked. */
export interface ReportToTake {
  readonly server: LockedServer;
  readonly reported: ReportToSave['reported'];
  readonly inventory: Inventory;
  /** As it is kept with the inventory. */
  readonly digest: string;
}

/** Reports of one project that were taken in, as long as the advisories stay what they were. */
export interface TakenReports {
  readonly projectId: string;
  readonly serverIds: readonly string[];
  /** How many packages each has; in the order of the reports. */
  readonly packages: readonly number[];
  /** The advisories that they were assessed with. */
  readonly state: AdvisoryState;
  /** Packages that no other report brought before. */
  readonly unmatched: readonly StoredPackage[];
}

export interface ReportSurroundings {
  readonly clock: CoverageClock;
  readonly known: KnownMatches;
}

/** Takes reports of one project in, of each server one. Before the commit `confirmReports` is to be called, once for all. */
export async function takeReports(
  tx: Queryable,
  projectId: string,
  reports: readonly ReportToTake[],
  { clock, known }: ReportSurroundings,
): Promise<TakenReports> {
  const { now } = clock;
  const facts = await loadReportFacts(
    tx,
    projectId,
    reports.map(({ server }) => server),
  );
  const { state, knowledge, numbers, feeds } = known.at(facts.state, projectId);
  const { installed, unmatched } = await internInstalled(tx, projectId, reports, numbers);
  await matchStoredPackages(tx, { projectId, revision: state.revision }, unmatched);
  const assessed = await assessReported(
    tx,
    reports.map(({ server, inventory: { runningKernel } }, at) => ({
      server,
      facts: facts.servers[at] ?? missing(),
      packageIds: installed[at]?.packageIds ?? missing(),
      runningKernel,
    })),
    { projectId, now, knowledge, facts },
  );
  const inForce = { feeds: await feeds(tx), by: { ...clock, now: facts.feedsMeasuredAt ?? now } };
  await saveTaken(
    tx,
    { projectId, now, hasUrgentItems: facts.hasUrgentItems },
    reports.map(({ server, reported, digest, inventory: { runningKernel, problems } }, at) => ({
      ...(installed[at] ?? missing()),
      ...{ serverId: server.id, reported, digest, runningKernel, problems },
      assessed: assessed[at] ?? missing(),
      isCovered: isSystemCovered(reported.system, inForce.feeds, inForce.by),
    })),
  );
  return {
    projectId,
    serverIds: reports.map(({ server }) => server.id),
    packages: installed.map(({ packageIds }) => packageIds.length),
    state,
    unmatched,
  };
}

/**
 * The last step before the commit. An import that came in between did not see the packages that this transaction made, and one
 * that is being followed does not see these servers yet (see lock-advisory-set.ts): then they are matched or assessed again.
 */
export async function confirmReports(
  tx: Queryable,
  taken: readonly TakenReports[],
  clock: CoverageClock,
): Promise<void> {
  const { now } = clock;
  await shareAdvisorySet(tx);
  const inForce = await advisoryState(tx);
  for (const { projectId, serverIds, state, unmatched } of taken) {
    if (isSameState(inForce, state)) continue;
    await matchStoredPackages(tx, { projectId, revision: inForce.revision }, unmatched);
    const servers = { serverIds };
    await assessServers(tx, { projectId, servers, cause: 'advisories', actor: 'report', remark: '', now });
    for (const serverId of serverIds) await refreshUnknown(tx, clock, { projectId, serverId });
  }
}

interface InstalledOfReport {
  /** Ascending, each once. */
  readonly packageIds: readonly number[];
  readonly packagePaths: Readonly<Record<string, readonly string[]>>;
}

/** The packages of the reports by number, and those that were never matched. */
async function internInstalled(
  tx: Queryable,
  projectId: string,
  reports: readonly ReportToTake[],
  numbers: KnownNumbers,
): Promise<{
  readonly installed: readonly InstalledOfReport[];
  readonly unmatched: readonly StoredPackage[];
}> {
  const lists = reports.map(({ inventory }) =>
    withRunningKernel(inventory.packages, inventory.runningKernel),
  );
  const { ids, unmatched } = await internPackages(tx, projectId, lists.flat(), numbers);
  let from = 0;
  const installed = lists.map((packages) => {
    const own = ids.slice(from, from + packages.length);
    from += packages.length;
    return {
      packageIds: distinctAscending(own),
      packagePaths: pathsByPackage(packages, own),
    };
  });
  return {
    installed,
    unmatched: unmatched.length === 0 ? [] : [...(await loadPackages(tx, projectId, unmatched)).values()],
  };
}

/** Writes the reports: the sets that they make, each server's row once, and the history. */
async function saveTaken(
  tx: Queryable,
  {
    projectId,
    now,
    hasUrgentItems,
  }: { readonly projectId: string; readonly now: number; readonly hasUrgentItems: boolean },
  reports: readonly (Omit<ReportToSave, 'packageSet' | 'findingSet' | 'assessed'> & {
    readonly packageIds: readonly number[];
    readonly assessed: AssessedReport;
  })[],
): Promise<void> {
  const packageSets = await internPackageSets(tx, projectId, {
    sets: reports.map(({ packageIds }) => packageIds),
    now,
  });
  const changed = reports.filter(({ assessed }) => !assessed.isUnchanged);
  const sets = changed.map(({ assessed }) => assessed.columns);
  const findingSets = (await internFindingSets(tx, projectId, { sets, now })).values();
  await saveReports(
    tx,
    { projectId, now },
    reports.map((report, at) => ({
      ...report,
      packageSet: packageSets[at] ?? missing(),
      findingSet: report.assessed.isUnchanged ? undefined : findingSets.next().value,
    })),
  );
  const note = { projectId, actor: 'report', remark: '', now };
  const histories = reports.map(({ serverId, assessed }) => ({ ...assessed, serverIds: [serverId] }));
  await saveHistory(tx, note, histories);
  if (hasUrgentItems) await noteUrgentMatches(tx, { projectId, vulnerabilities: opened(histories), now });
}

function distinctAscending(ids: readonly number[]): readonly number[] {
  const sorted = Int32Array.from(ids).sort();
  const distinct: number[] = [];
  for (const id of sorted) if (id !== distinct.at(-1)) distinct.push(id);
  return distinct;
}

function pathsByPackage(
  packages: readonly InstalledPackage[],
  ids: readonly number[],
): Readonly<Record<string, readonly string[]>> {
  const paths = new Map<string, readonly string[]>();
  packages.forEach((pkg, index) => {
    if (pkg.paths.length > 0) paths.set(String(ids[index]), pkg.paths);
  });
  return Object.fromEntries(paths);
}

function missing(): never {
  throw new Error('a report has no result of its own');
}
