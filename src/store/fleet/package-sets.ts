import type { Queryable } from '../database.ts';
import { prepared } from '../prepared-sql.ts';
import { arrayText } from '../sql-array.ts';

/** How old `used_at` of a set in use may be; the job that removes sets waits twice as long (`prune-sets.ts`). */
export const SET_USE_NOTED_MS = 24 * 60 * 60 * 1000;

// Each list travels as the text of an array, since arrays of arrays must be rectangular. New rows are made in the order of
// their digests, so that two that make the same ones wait for each other instead of deadlocking.
const INTERN = prepared(
  `WITH listed AS MATERIALIZED (
     SELECT w.at, w.ids::integer[] AS package_ids FROM unnest($2::text[]) WITH ORDINALITY AS w (ids, at)),
   wanted AS MATERIALIZED (
     SELECT at, package_ids, substring(sha256(array_send(package_ids)) FOR 16) AS digest FROM listed),
   held AS MATERIALIZED (
     SELECT s.digest, s.id FROM package_set s
     WHERE s.project_id = $1 AND s.used_at > $4 AND s.digest IN (SELECT digest FROM wanted)),
   made AS (
     INSERT INTO package_set (project_id, digest, package_ids, used_at)
     SELECT DISTINCT ON (digest) $1, digest, package_ids, $3::bigint
     FROM wanted WHERE digest NOT IN (SELECT digest FROM held) ORDER BY digest
     ON CONFLICT (project_id, digest) DO UPDATE SET used_at = excluded.used_at
     RETURNING digest, id)
   SELECT n.id FROM wanted w LEFT JOIN (SELECT * FROM held UNION ALL SELECT * FROM made) n USING (digest)
   ORDER BY w.at`,
);

/**
 * Gives sets of packages their numbers, making those that are new; in the order of `sets`, which may repeat. Each ascending, each
 * package once.
 */
export async function internPackageSets(
  tx: Queryable,
  projectId: string,
  { sets, now }: { readonly sets: readonly (readonly number[])[]; readonly now: number },
): Promise<readonly number[]> {
  const rows = await tx.query<{ id: number | null }>(INTERN, [
    projectId,
    sets.map(arrayText),
    now,
    now - SET_USE_NOTED_MS,
  ]);
  return rows.map(({ id }) => {
    if (id === null) throw new Error('a set of packages was neither found nor made');
    return id;
  });
}
