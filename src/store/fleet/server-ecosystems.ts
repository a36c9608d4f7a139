import type { Queryable } from '../database.ts';

/** The ecosystems of the packages of one server, sorted: its system and those of its applications. */
export async function serverEcosystems(
  tx: Queryable,
  server: { readonly projectId: string; readonly serverId: string },
): Promise<readonly string[]> {
  const rows = await tx.query<{ ecosystem: string }>(
    `SELECT DISTINCT p.ecosystem
     FROM server s
     JOIN package_set i ON i.project_id = s.project_id AND i.id = s.package_set
     JOIN package p ON p.project_id = s.project_id AND p.id = ANY (i.package_ids)
     WHERE s.project_id = $1 AND s.id = $2 ORDER BY p.ecosystem`,
    [server.projectId, server.serverId],
  );
  return rows.map(({ ecosystem }) => ecosystem);
}
