import type { AgentIdentity } from '../../identity/identity-store.ts';
import type { Queryable } from '../database.ts';
import { prepared } from '../prepared-sql.ts';

const FIND_AGENT = prepared(
  `SELECT c.project_id AS "projectId", c.server_id AS "serverId"
   FROM agent_credential c JOIN project p ON p.id = c.project_id
   WHERE c.hash = $1 AND p.enabled`,
);

/** The server that an agent credential stands for, by the credential's hash; none where its project is disabled. */
export async function findAgent(
  database: Queryable,
  credentialHash: Buffer,
): Promise<AgentIdentity | undefined> {
  const [row] = await database.query<AgentIdentity>(FIND_AGENT, [credentialHash]);
  return row;
}
