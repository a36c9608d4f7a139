import type { Queryable } from '../database.ts';

/** Gives a server's agent its credential, in place of an earlier one. */
export async function saveAgentCredential(
  tx: Queryable,
  credential: {
    readonly projectId: string;
    readonly serverId: string;
    readonly hash: Buffer;
    readonly createdAt: number;
  },
): Promise<void> {
  await tx.execute(
    `INSERT INTO agent_credential (project_id, server_id, hash, created_at) VALUES ($1, $2, $3, $4)
     ON CONFLICT (project_id, server_id) DO UPDATE SET hash = excluded.hash, created_at = excluded.created_at`,
    [credential.projectId, credential.serverId, credential.hash, credential.createdAt],
  );
}
