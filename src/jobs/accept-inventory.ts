/**
 * Takes a server's inventory in: stored, matched and summarised in one transaction, so that an acknowledged report is in
 * the view (design.md section 4, "Report"). The way of every inventory, whether an agent sent it or a file was imported.
 */
import { randomUUID } from 'node:crypto';
import type { Inventory } from '../inventory/inventory.ts';
import { withRunningKernel } from '../matching/running-kernel.ts';
import { advisoryState, isSameState, shareAdvisorySet } from '../store/advisories/lock-advisory-set.ts';
import type { Database, Queryable } from '../store/database.ts';
import { internPackages } from '../store/fleet/intern-packages.ts';
import { loadPackages } from '../store/fleet/load-packages.ts';
import { saveInventory } from '../store/fleet/save-inventory.ts';
import { type ServerSettings, saveServer } from '../store/fleet/save-server.ts';
import { assessServers } from './assess-servers.ts';
import { KnownMatches } from './known-matches.ts';
import { matchStoredPackages } from './match-packages.ts';
import { type CoverageClock, refreshUnknown } from './refresh-unknown.ts';

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
  /** Asked first, in the same transaction: what it throws refuses the inventory. */
  readonly precondition?: (tx: Queryable) => Promise<void>;
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
  return await database.transaction(async (tx) => {
    const { projectId } = item;
    const { runningKernel } = item.inventory;
    const inventory = {
      ...item.inventory,
      packages: withRunningKernel(item.inventory.packages, runningKernel),
    };
    const { now } = clock;
    await item.precondition?.(tx);
    const server = await saveServer(tx, {
      projectId,
      identity: item.identity,
      newId: item.newId ?? randomUUID(),
      agentId: item.agentId,
      machineId: item.machineId,
      name: [...item.name].slice(0, SERVER_NAME_LENGTH_MAX_CHARS).join(''),
      publicIp: inventory.server.publicIp,
      privateIp: inventory.server.privateIps.join(','),
      osType: inventory.system?.osType ?? 'Linux',
      system: inventory.system?.key ?? '',
      osName: inventory.system?.name ?? '',
      settings: item.settings,
      now,
    });
    const { state, knowledge, numbers } = await known.at(tx, projectId);
    const { ids, unmatched: unmatchedIds } = await internPackages(tx, projectId, inventory.packages, numbers);
    const unmatched = [...(await loadPackages(tx, projectId, unmatchedIds)).values()];
    await matchStoredPackages(tx, { projectId, revision: state.revision }, unmatched);
    await saveInventory(tx, {
      projectId,
      serverId: server.id,
      digest: item.digest,
      runningKernel,
      packageIds: [...new Set(ids)].sort((a, b) => a - b),
      packagePaths: pathsByPackage(inventory, ids),
      problems: inventory.problems,
      now,
    });
    const assessment = {
      projectId,
      servers: { serverIds: [server.id] },
      cause: 'report',
      actor: 'report',
      remark: '',
      now,
    } as const;
    await assessServers(tx, { ...assessment, knowledge });
    // An import that came in between did not see the packages that this transaction made, and one that is being followed
    // does not see this server yet: see lock-advisory-set.ts.
    await shareAdvisorySet(tx);
    const inForce = await advisoryState(tx);
    if (!isSameState(inForce, state)) {
      await matchStoredPackages(tx, { projectId, revision: inForce.revision }, unmatched);
      await assessServers(tx, { ...assessment, cause: 'advisories' });
    }
    await refreshUnknown(tx, clock, { projectId, serverId: server.id });
    return { serverId: server.id, isNew: server.isNew, packages: new Set(ids).size };
  });
}

function pathsByPackage(
  inventory: Inventory,
  ids: readonly number[],
): Readonly<Record<string, readonly string[]>> {
  const paths = new Map<string, readonly string[]>();
  for (const [index, pkg] of inventory.packages.entries()) {
    const id = ids[index];
    if (id !== undefined && pkg.paths.length > 0) paths.set(String(id), pkg.paths);
  }
  return Object.fromEntries(paths);
}
