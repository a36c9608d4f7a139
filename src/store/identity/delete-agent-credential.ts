import type { Queryable } from '../database.ts';

/** Takes a server's agent credential away, as when the server is removed; whether it had one. */
export async function deleteAgentCredential(
  tx: Queryable,
  { projectId, serverId }: { readonly projectId: string; readonly serverId: string },
): Promise<boolean> {
  const deleted = await tx.execute('DELETE FROM agent_credential WHERE project_id = $1 AND server_id = $2', [
    projectId,
    serverId,
  ]);
  return deleted > 0;
}
