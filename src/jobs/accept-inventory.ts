/**
 * Takes a server's inventory in: stored, matched and summarised in one transaction, so that an acknowledged report is in
 * the view (design.md section 4, "Report"). The way of every inventory, whether an agent sent it or a file was imported.
 * The server's row is written once, at the end.
 */
import { randomUUID } from 'node:crypto';
import { appError } from '../errors.ts';
import type { Inventory } from '../inventory/inventory.ts';
import type { Database, Queryable } from '../store/database.ts';
import { type LockedServer, lockReportedServer } from '../store/fleet/lock-reported-server.ts';
import { type ServerSettings, saveServer } from '../store/fleet/save-server.ts';
import { KnownMatches } from './known-matches.ts';
import type { CoverageClock } from './refresh-unknown.ts';
import { confirmReports, type ReportSurroundings, type ReportToTake, takeReports } from './take-reports.ts';

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
  by: ReportSurroundings,
): Promise<AcceptedInventory> {
  const { inventory, digest } = item;
  const reported = reportedServer(item, by.clock.now);
  const { server, isNew } = await lockOrMake(tx, item, reported);
  const taken = await takeReports(tx, item.projectId, [{ server, reported, inventory, digest }], by);
  await confirmReports(tx, [taken], by.clock);
  return { serverId: server.id, isNew, packages: taken.packages[0] ?? 0 };
}

/** What a report says of its server itself. */
export function reportedServer(
  {
    projectId,
    identity,
    agentId,
    machineId,
    name,
    inventory,
    settings,
  }: Pick<
    InventoryToAccept,
    'projectId' | 'identity' | 'agentId' | 'machineId' | 'name' | 'inventory' | 'settings'
  >,
  now: number,
): ReportToTake['reported'] {
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
  reported: ReportToTake['reported'],
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
