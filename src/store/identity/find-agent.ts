import type { AgentIdentity } from '../../identity/identity-store.ts';
import type { Queryable } from '../database.ts';
import { prepared } from '../prepared-sql.ts';

const FIND_AGENTS = prepared(
  `SELECT r.at - 1 AS at, c.project_id AS "projectId", c.server_id AS "serverId"
   FROM unnest($1::bytea[]) WITH ORDINALITY AS r (hash, at)
   JOIN agent_credential c ON c.hash = r.hash JOIN project p ON p.id = c.project_id
   WHERE p.enabled`,
);

/** The servers that agent credentials stand for, by the credentials' hashes; none where its project is disabled. */
export async function findAgents(
  database: Queryable,
  credentialHashes: readonly Buffer[],
): Promise<readonly (AgentIdentity | undefined)[]> {
  const rows = await database.query<AgentIdentity & { readonly at: number }>(FIND_AGENTS, [credentialHashes]);
  const agents: (AgentIdentity | undefined)[] = credentialHashes.map(() => undefined);
  for (const { at, projectId, serverId } of rows) agents[at] = { projectId, serverId };
  return agents;
}

/** The same of one credential. */
export async function findAgent(
  database: Queryable,
  credentialHash: Buffer,
): Promise<AgentIdentity | undefined> {
  return (await findAgents(database, [credentialHash]))[0];
}
