import type { Queryable } from '../database.ts';

export interface FleetScope {
  readonly projectId: string;
  readonly enterpriseProjects: 'all' | readonly string[];
}

/** Ids of the listed servers in scope: of `wanted` those that are there, or all. Ascending. */
export async function serverIdsInScope(
  tx: Queryable,
  { projectId, enterpriseProjects }: FleetScope,
  wanted: readonly string[] | undefined,
): Promise<readonly string[]> {
  const rows = await tx.query<{ id: string }>(
    `SELECT id FROM server
     WHERE project_id = $1 AND scan_time IS NOT NULL AND edition <> 'hss.version.null'
       AND ($2::text[] IS NULL OR enterprise_project_id = ANY ($2)) AND ($3::text[] IS NULL OR id = ANY ($3))
     ORDER BY id`,
    [projectId, enterpriseProjects === 'all' ? null : enterpriseProjects, wanted ?? null],
  );
  return rows.map((row) => row.id);
}
