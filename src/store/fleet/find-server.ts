import type { Queryable } from '../database.ts';

export interface FoundServer {
  readonly id: string;
  readonly name: string;
  readonly identity: string;
}

/** Servers of the project whose id is `wanted`, else those whose name is, whether listed or not; by name and id, ten at most. */
export async function findServers(
  tx: Queryable,
  projectId: string,
  wanted: string,
): Promise<readonly FoundServer[]> {
  const rows = await tx.query<FoundServer>(
    `SELECT id, name, identity FROM server WHERE project_id = $1 AND (id = $2 OR name = $2)
     ORDER BY id <> $2, name COLLATE "C", id LIMIT 10`,
    [projectId, wanted],
  );
  const [first] = rows;
  return first?.id === wanted ? [first] : rows;
}
