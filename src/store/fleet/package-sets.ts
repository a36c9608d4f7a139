import type { Queryable } from '../database.ts';
import { prepared } from '../prepared-sql.ts';
import { arrayText } from '../sql-array.ts';

/** How old `used_at` of a set in use may be; the job that removes sets waits twice as long (`prune-sets.ts`). */
export const SET_USE_NOTED_MS = 24 * 60 * 60 * 1000;

const INTERN = prepared(
  `WITH wanted AS (SELECT substring(sha256(array_send($2::text::integer[])) FOR 16) AS digest),
   held AS (SELECT id FROM package_set WHERE project_id = $1 AND digest = (SELECT digest FROM wanted) AND used_at > $4),
   made AS (
     INSERT INTO package_set (project_id, digest, package_ids, used_at)
     SELECT $1, digest, $2::text::integer[], $3 FROM wanted WHERE NOT EXISTS (SELECT FROM held)
     ON CONFLICT (project_id, digest) DO UPDATE SET used_at = excluded.used_at
     RETURNING id)
   SELECT id FROM held UNION ALL SELECT id FROM made`,
);

/** Gives a set of packages its number, making it if it is new. `packageIds` ascending, each once. */
export async function internPackageSet(
  tx: Queryable,
  projectId: string,
  set: { readonly packageIds: readonly number[]; readonly now: number },
): Promise<number> {
  const rows = await tx.query<{ id: number }>(INTERN, [
    projectId,
    arrayText(set.packageIds),
    set.now,
    set.now - SET_USE_NOTED_MS,
  ]);
  const [row] = rows;
  if (row === undefined) throw new Error('a set of packages was neither found nor made');
  return row.id;
}
