import type { Queryable } from '../database.ts';
import { deleteAgentCredential } from '../identity/delete-agent-credential.ts';
import type { FleetScope } from './server-ids-in-scope.ts';

/** Deletes one server in scope with its decisions, its history and its agent's credential. False: there is none. */
export async function removeServer(tx: Queryable, scope: FleetScope, id: string): Promise<boolean> {
  const removed = await tx.execute(
    `DELETE FROM server
     WHERE project_id = $1 AND ($2::text[] IS NULL OR enterprise_project_id = ANY ($2)) AND id = $3`,
    [scope.projectId, scope.enterpriseProjects === 'all' ? null : scope.enterpriseProjects, id],
  );
  if (removed === 0) return false;
  for (const table of ['decision', 'finding_event'] as const) {
    await tx.execute(`DELETE FROM ${table} WHERE project_id = $1 AND server_id = $2`, [scope.projectId, id]);
  }
  await deleteAgentCredential(tx, { projectId: scope.projectId, serverId: id });
  return true;
}
