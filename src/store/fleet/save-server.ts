import { foldCase } from '../../server-view/server-view.ts';
import type { Queryable } from '../database.ts';
import { prepared } from '../prepared-sql.ts';
import { storableText } from '../storable-text.ts';

/** What a server is given when it is first seen; later set by people (`set-server.ts`). Only what is given is set. */
export interface ServerSettings {
  readonly enterpriseProjectId?: string | undefined;
  readonly region?: string | undefined;
  readonly groupId?: string | undefined;
  readonly assetValue?: 'important' | 'common' | 'test' | undefined;
  readonly clusterId?: string | undefined;
  readonly nodeType?: 'cce' | 'not_cce' | undefined;
  readonly edition?: string | undefined;
  readonly publicIp?: string | undefined;
}

/** What a report or an imported file says of the server itself. */
export interface ReportedServer {
  readonly projectId: string;
  /** What it is known by: `agent:…`, `id:…`, `uuid:…` or `name:…`. */
  readonly identity: string;
  /** Id to give it if it is new. */
  readonly newId: string;
  readonly agentId: string;
  readonly machineId: string;
  readonly name: string;
  readonly publicIp: string;
  readonly privateIp: string;
  readonly osType: 'Linux' | 'Windows';
  readonly system: string;
  readonly osName: string;
  readonly settings: ServerSettings;
  readonly now: number;
}

/**
 * How a report's word about its server, in the columns of `from`, becomes that of the row: fields that a person pinned stay,
 * and what it does not tell.
 */
export const REPORTED_COLUMNS = (from: string): string => `
  agent_id = CASE WHEN ${from}.agent_id = '' THEN server.agent_id ELSE ${from}.agent_id END,
  machine_id = CASE WHEN ${from}.machine_id = '' THEN server.machine_id ELSE ${from}.machine_id END,
  name = CASE WHEN 'name' = ANY (server.pinned_fields) THEN server.name ELSE ${from}.name END,
  name_folded = CASE WHEN 'name' = ANY (server.pinned_fields) THEN server.name_folded ELSE ${from}.name_folded END,
  public_ip = CASE WHEN 'public_ip' = ANY (server.pinned_fields) OR ${from}.public_ip = '' THEN server.public_ip ELSE ${from}.public_ip END,
  private_ip = CASE WHEN 'private_ip' = ANY (server.pinned_fields) OR ${from}.private_ip = '' THEN server.private_ip ELSE ${from}.private_ip END,
  os_type = ${from}.os_type, system = ${from}.system, os_name = ${from}.os_name`;

/** The same word in the form in which it is stored. */
export function reportedValues(server: Omit<ReportedServer, 'newId' | 'settings'>) {
  const name = storableText(server.name);
  return {
    agentId: server.agentId,
    machineId: server.machineId,
    name,
    nameFolded: foldCase(name),
    publicIp: foldCase(server.publicIp),
    privateIp: foldCase(server.privateIp),
    osType: server.osType,
    system: server.system,
    osName: storableText(server.osName),
  };
}

const SAVE_SERVER = prepared(
  `INSERT INTO server (project_id, id, identity, agent_id, machine_id, name, name_folded, public_ip, private_ip, os_type, system, os_name,
     created_at, enterprise_project_id, region, group_id, asset_value, cluster_id, node_type, edition)
   VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, coalesce($14, '0'), coalesce($15, ''), $16,
     coalesce($17, 'common'), coalesce($18, ''), coalesce($19, 'not_cce'), coalesce($20, 'hss.version.premium'))
   ON CONFLICT (project_id, identity) DO UPDATE SET ${REPORTED_COLUMNS('excluded')}
   RETURNING id, (xmax = 0) AS is_new`,
);

/**
 * Makes the server or brings up to date what its report says of it, and locks its row until the transaction ends. Settings
 * count only for a new server; fields that a person pinned stay.
 */
export async function saveServer(
  tx: Queryable,
  server: ReportedServer,
): Promise<{ readonly id: string; readonly isNew: boolean }> {
  const { settings } = server;
  const values = reportedValues({ ...server, publicIp: settings.publicIp ?? server.publicIp });
  const [row] = await tx.query<{ id: string; is_new: boolean }>(SAVE_SERVER, [
    server.projectId,
    server.newId,
    server.identity,
    values.agentId,
    values.machineId,
    values.name,
    values.nameFolded,
    values.publicIp,
    values.privateIp,
    values.osType,
    values.system,
    values.osName,
    server.now,
    settings.enterpriseProjectId ?? null,
    settings.region ?? null,
    settings.groupId ?? null,
    settings.assetValue ?? null,
    settings.clusterId ?? null,
    settings.nodeType ?? (settings.clusterId ? 'cce' : null),
    settings.edition ?? null,
  ]);
  if (row === undefined) throw new Error(`server ${server.identity} was neither found nor made`);
  return { id: row.id, isNew: row.is_new };
}
