import type { Queryable } from '../database.ts';

/** Whether findings without a known fix are listed and counted in this project (design.md section 4: off unless set). */
export async function includesUnfixed(tx: Queryable, projectId: string): Promise<boolean> {
  const [row] = await tx.query<{ include_unfixed: boolean }>(
    `SELECT include_unfixed FROM project_setting WHERE project_id = $1`,
    [projectId],
  );
  return row?.include_unfixed ?? false;
}

export async function setIncludesUnfixed(
  tx: Queryable,
  projectId: string,
  includeUnfixed: boolean,
): Promise<void> {
  await tx.execute(
    `INSERT INTO project_setting (project_id, include_unfixed) VALUES ($1, $2)
     ON CONFLICT (project_id) DO UPDATE SET include_unfixed = excluded.include_unfixed`,
    [projectId, includeUnfixed],
  );
}
