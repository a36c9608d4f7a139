/**
 * Whole reports of agents that arrive while others are being written are written together: one transaction, whose statements
 * take all of them. A fleet sends hundreds a second, and round trips, statements and commits are most of what one costs.
 */
import { isAppError } from '../errors.ts';
import type { Inventory } from '../inventory/inventory.ts';
import type { Database, Queryable } from '../store/database.ts';
import { KEPT_PLANS_CONNECTIONS_MAX } from '../store/database.ts';
import { type LockedAgentServer, lockFreeServers } from '../store/fleet/lock-reported-server.ts';
import { type BatchFailed, gather } from '../store/gather.ts';
import { type AcceptedInventory, reportedServer } from './accept-inventory.ts';
import type { KnownMatches } from './known-matches.ts';
import type { CoverageClock } from './refresh-unknown.ts';
import { confirmReports, type ReportSurroundings, type ReportToTake, takeReports } from './take-reports.ts';

/** Reports that are written in one transaction, and the packages that they may have together. */
export const REPORTS_TOGETHER_MAX = 32;
const PACKAGES_TOGETHER_MAX = 40_000;
/** Few reports a second are written one by one with all that it costs; from some twenty on they wait so long for each other. */
const TOGETHER_INTERVAL_MS = 40;
/** A report of more packages keeps no others waiting for it. */
const PACKAGES_OF_ONE_MAX = 10_000;

/**
 * Reports that go alone at once: each takes a connection on which plans are kept, one is for those that are written together, one
 * for unchanged ones, and one for what is asked before.
 */
export const REPORTS_ALONE_MAX = KEPT_PLANS_CONNECTIONS_MAX - 3;

/** A report of the server that its agent's credential stands for. */
export interface AgentReport {
  readonly projectId: string;
  readonly serverId: string;
  /** Empty where the machine tells none. */
  readonly machineId: string;
  readonly inventory: Inventory;
  /** As it is kept with the inventory. */
  readonly digest: string;
}

export interface TogetherParts {
  readonly database: Database;
  readonly clock: () => CoverageClock;
  readonly known: KnownMatches;
  readonly onFailure?: BatchFailed;
}

/**
 * What takes whole reports in, those together that arrive together, and answers when they are on disk and in the view. Undefined:
 * nothing was changed, and the report is for `acceptInventory`: its server is held by somebody, gone, or another machine's, it
 * stands twice in a batch, the report is very large, or something failed by which no other report is to be lost.
 */
export function reportsTogether({
  database,
  clock,
  known,
  onFailure,
}: TogetherParts): (report: AgentReport) => Promise<AcceptedInventory | undefined> {
  const accept = gather(
    (reports: readonly AgentReport[]) => acceptTogether(database, reports, { clock: clock(), known }),
    REPORTS_TOGETHER_MAX,
    {
      weight: { max: PACKAGES_TOGETHER_MAX, of: ({ inventory }) => inventory.packages.length },
      intervalMs: TOGETHER_INTERVAL_MS,
      onFailure,
    },
  );
  return async (report) => {
    if (report.inventory.packages.length > PACKAGES_OF_ONE_MAX) return undefined;
    try {
      return await accept(report);
    } catch (error) {
      if (isAppError(error) && error.code === 'agent-reports-busy') throw error;
      return undefined;
    }
  };
}

/** In one transaction; the results in the order of the reports. */
async function acceptTogether(
  database: Database,
  reports: readonly AgentReport[],
  by: ReportSurroundings,
): Promise<readonly (AcceptedInventory | undefined)[]> {
  const places = new Map<string, number>();
  for (const [at, { projectId, serverId }] of reports.entries()) {
    const key = `${projectId} ${serverId}`;
    if (!places.has(key)) places.set(key, at);
  }
  const first = [...places.values()];
  const accepted = await database.transaction(
    (tx) =>
      acceptDistinct(
        tx,
        first.flatMap((at) => reports[at] ?? []),
        by,
      ),
    { keepsPlans: true },
  );
  const results: (AcceptedInventory | undefined)[] = reports.map(() => undefined);
  for (const [index, result] of accepted.entries()) results[first[index] ?? 0] = result;
  return results;
}

async function acceptDistinct(
  tx: Queryable,
  reports: readonly AgentReport[],
  by: ReportSurroundings,
): Promise<readonly (AcceptedInventory | undefined)[]> {
  const results: (AcceptedInventory | undefined)[] = reports.map(() => undefined);
  const byProject = new Map<string, { readonly at: number; readonly report: ReportToTake }[]>();
  for (const server of await lockFreeServers(tx, reports)) {
    const report = reports[server.at];
    if (report === undefined) continue;
    const one = { at: server.at, report: reportToTake(report, server, by.clock.now) };
    const own = byProject.get(report.projectId);
    if (own === undefined) byProject.set(report.projectId, [one]);
    else own.push(one);
  }
  // What several make, packages and sets, is locked by project, so that two nodes wait for each other instead of deadlocking.
  const projects = [...byProject].sort(([a], [b]) => (a < b ? -1 : 1));
  const taken = [];
  for (const [projectId, own] of projects) {
    const mine = await takeReports(
      tx,
      projectId,
      own.map(({ report }) => report),
      by,
    );
    for (const [index, { at, report }] of own.entries())
      results[at] = { serverId: report.server.id, isNew: false, packages: mine.packages[index] ?? 0 };
    taken.push(mine);
  }
  await confirmReports(tx, taken, by.clock);
  return results;
}

function reportToTake(
  { projectId, machineId, inventory, digest }: AgentReport,
  server: LockedAgentServer,
  now: number,
): ReportToTake {
  const { identity } = server;
  const name = inventory.server.name || server.name;
  // Without an agent's id the row keeps the one it has.
  const reported = { projectId, identity, agentId: '', machineId, name, inventory, settings: {} };
  return { server, reported: reportedServer(reported, now), inventory, digest };
}
