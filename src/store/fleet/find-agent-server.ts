import type { Queryable } from '../database.ts';
import { prepared } from '../prepared-sql.ts';
import type { ServerSettings } from './save-server.ts';

/** The server that an agent's credential stands for. */
export interface AgentServer {
  readonly id: string;
  /** `agent:…`; of a clone that became a server of its own, with its machine id behind. */
  readonly identity: string;
  readonly agentId: string;
  /** Empty where the machine has none, or none was told yet. */
  readonly machineId: string;
  readonly name: string;
  readonly settings: ServerSettings;
}

const SERVER_OF_AGENT = `SELECT id, identity, agent_id, machine_id, name, enterprise_project_id, region, group_id, asset_value, cluster_id,
     node_type, edition
   FROM server s
   WHERE project_id = $1 AND id = $2
     AND EXISTS (SELECT FROM agent_credential c WHERE c.project_id = s.project_id AND c.server_id = s.id)`;
const READ_SERVER = prepared(SERVER_OF_AGENT);
const LOCK_SERVER = prepared(`${SERVER_OF_AGENT} FOR UPDATE OF s`);

/**
 * The server with its settings, as long as its agent still has a credential; undefined once it was removed or its
 * credential revoked. `lock` holds the row until the transaction ends, in the order in which a removal takes its locks.
 */
export async function findAgentServer(
  tx: Queryable,
  agent: { readonly projectId: string; readonly serverId: string },
  lock: 'lock' | 'read' = 'read',
): Promise<AgentServer | undefined> {
  const [row] = await tx.query<ServerRow>(lock === 'lock' ? LOCK_SERVER : READ_SERVER, [
    agent.projectId,
    agent.serverId,
  ]);
  if (row === undefined) return undefined;
  return {
    id: row.id,
    identity: row.identity,
    agentId: row.agent_id,
    machineId: row.machine_id,
    name: row.name,
    settings: {
      enterpriseProjectId: row.enterprise_project_id,
      region: row.region,
      groupId: row.group_id ?? undefined,
      assetValue: row.asset_value,
      clusterId: row.cluster_id,
      nodeType: row.node_type,
      edition: row.edition,
    },
  };
}

interface ServerRow {
  readonly id: string;
  readonly identity: string;
  readonly agent_id: string;
  readonly machine_id: string;
  readonly name: string;
  readonly enterprise_project_id: string;
  readonly region: string;
  readonly group_id: string | null;
  readonly asset_value: 'important' | 'common' | 'test';
  readonly cluster_id: string;
  readonly node_type: 'cce' | 'not_cce';
  readonly edition: string;
}
