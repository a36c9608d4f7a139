/**
 * Takes a server's inventory in: stored, matched and summarised in one transaction, so that an acknowledged report is in
 * the view (design.md section 4, "Report"). The way of every inventory, whether an agent sent it or a file was imported.
 * The server's row is written once, at the end.
 */
import { randomUUID } from 'node:crypto';
import { appError } from '../errors.ts';
import type { Inventory } from '../inventory/inventory.ts';
import { withRunningKernel } from '../matching/running-kernel.ts';
import { advisoryState, isSameState, shareAdvisorySet } from '../store/advisories/lock-advisory-set.ts';
import type { Database, Queryable } from '../store/database.ts';
import { internPackages } from '../store/fleet/intern-packages.ts';
import { loadPackages } from '../store/fleet/load-packages.ts';
import { loadReportFacts } from '../store/fleet/load-report-facts.ts';
import { type LockedServer, lockReportedServer } from '../store/fleet/lock-reported-server.ts';
import { type ReportedServer, type ServerSettings, saveServer } from '../store/fleet/save-server.ts';
import { assessReported, saveReported } from './assess-reported.ts';
import { assessServers } from './assess-servers.ts';
import { KnownMatches } from './known-matches.ts';
import { matchStoredPackages } from './match-packages.ts';
import { type CoverageClock, isSystemCovered, refreshUnknown } from './refresh-unknown.ts';

/** Longest server name the wire has room for, in characters (contract chapter 1). */
export const SERVER_NAME_LENGTH_MAX_CHARS = 64;

export interface AcceptedInventory {
  readonly serverId: string;
  readonly isNew: boolean;
  readonly packages: number;
}

export interface InventoryToAccept {
  readonly projectId: string;
  /** What the server is known by: `agent:…`, `id:…`, `uuid:…` or `name:…`. */
  readonly identity: string;
  /** Id to give the server if it is new; a random one where the caller has none. */
  readonly newId?: string | undefined;
  readonly agentId: string;
  readonly machineId: string;
  readonly name: string;
  readonly inventory: Inventory;
  /** Digest of the full set, as the sender names it when nothing has changed. */
  readonly digest: string;
  readonly settings: ServerSettings;
  /**
   * Whether it comes from the server's agent: then a server that is gone or whose agent has no credential any more is not
   * made again, but refused with `agent-credential-unknown`.
   */
  readonly isFromAgent?: boolean;
}

/**
 * Stores the inventory and returns when it is on disk and in the view. Who takes many in gives `known`, so that what most of
 * them have alike is read once.
 */
export async function acceptInventory(
  database: Database,
  item: InventoryToAccept,
  clock: CoverageClock,
  known: KnownMatches = new KnownMatches(),
): Promise<AcceptedInventory> {
  return await database.transaction((tx) => accept(tx, item, { clock, known }), { keepsPlans: true });
}

async function accept(
  tx: Queryable,
  item: InventoryToAccept,
  { clock, known }: { readonly clock: CoverageClock; readonly known: KnownMatches },
): Promise<AcceptedInventory> {
  const { projectId, inventory } = item;
  const { now } = clock;
  const reported = reportedServer(item, now);
  const { server, isNew } = await lockOrMake(tx, item, reported);
  const serverId = server.id;
  const facts = await loadReportFacts(tx, { projectId, serverId, findingSet: server.findingSet });
  const { state, knowledge, numbers, feeds } = known.at(facts.state, projectId);
  const packages = withRunningKernel(inventory.packages, inventory.runningKernel);
  const { ids, unmatched: unmatchedIds } = await internPackages(tx, projectId, packages, numbers);
  const unmatched =
    unmatchedIds.length === 0 ? [] : [...(await loadPackages(tx, projectId, unmatchedIds)).values()];
  await matchStoredPackages(tx, { projectId, revision: state.revision }, unmatched);
  const packageIds = [...new Set(ids)].sort((a, b) => a - b);
  const { runningKernel } = inventory;
  const assessed = await assessReported(
    tx,
    { projectId, packageIds, runningKernel, now },
    { server, facts, knowledge },
  );
  await saveReported(tx, {
    server,
    reported,
    digest: item.digest,
    runningKernel,
    packageIds,
    packagePaths: pathsByPackage(packages, ids),
    problems: inventory.problems,
    assessed,
    hasUrgentItems: facts.hasUrgentItems,
    isCovered: isSystemCovered(reported.system, await feeds(tx), {
      now: facts.feedsMeasuredAt ?? now,
      staleDays: clock.staleDays,
    }),
  });
  // An import that came in between did not see the packages that this transaction made, and one that is being followed
  // does not see this server yet: see lock-advisory-set.ts.
  await shareAdvisorySet(tx);
  const inForce = await advisoryState(tx);
  if (!isSameState(inForce, state)) {
    await matchStoredPackages(tx, { projectId, revision: inForce.revision }, unmatched);
    const servers = { serverIds: [serverId] };
    await assessServers(tx, { projectId, servers, cause: 'advisories', actor: 'report', remark: '', now });
    await refreshUnknown(tx, clock, { projectId, serverId });
  }
  return { serverId, isNew, packages: packageIds.length };
}

function reportedServer(
  { projectId, identity, agentId, machineId, name, inventory, settings }: InventoryToAccept,
  now: number,
): Omit<ReportedServer, 'newId' | 'settings'> {
  return {
    projectId,
    identity,
    agentId,
    machineId,
    name: [...name].slice(0, SERVER_NAME_LENGTH_MAX_CHARS).join(''),
    publicIp: settings.publicIp ?? inventory.server.publicIp,
    privateIp: inventory.server.privateIps.join(','),
    osType: inventory.system?.osType ?? 'Linux',
    system: inventory.system?.key ?? '',
    osName: inventory.system?.name ?? '',
    now,
  };
}

/** The server with its row locked; a new one is made, unless its own agent speaks of it. */
async function lockOrMake(
  tx: Queryable,
  item: InventoryToAccept,
  reported: Omit<ReportedServer, 'newId' | 'settings'>,
): Promise<{ readonly server: LockedServer; readonly isNew: boolean }> {
  const { projectId, identity, settings } = item;
  const held = await lockReportedServer(tx, projectId, identity);
  if (item.isFromAgent === true && held?.isEnrolled !== true) throw appError('agent-credential-unknown', {});
  if (held !== undefined) return { server: held, isNew: false };
  const { isNew } = await saveServer(tx, { ...reported, newId: item.newId ?? randomUUID(), settings });
  const made = await lockReportedServer(tx, projectId, identity);
  if (made === undefined) throw new Error(`server ${identity} was neither found nor made`);
  return { server: made, isNew };
}

function pathsByPackage(
  packages: Inventory['packages'],
  ids: readonly number[],
): Readonly<Record<string, readonly string[]>> {
  const paths = new Map<string, readonly string[]>();
  for (const [index, pkg] of packages.entries()) {
    const id = ids[index];
    if (id !== undefined && pkg.paths.length > 0) paths.set(String(id), pkg.paths);
  }
  return Object.fromEntries(paths);
}
