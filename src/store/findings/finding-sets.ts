import { FINDING_STATUS_WORDS, FINDING_STATUSES, isHandled } from '../../findings/finding.ts';
import type { FindingColumns } from '../../findings/finding-columns.ts';
import type { Queryable } from '../database.ts';
import { SET_USE_NOTED_MS } from '../fleet/package-sets.ts';

/** By the number of the status. */
const IS_HANDLED = FINDING_STATUS_WORDS.map(isHandled);
const FIXED = FINDING_STATUSES.vul_status_fixed;

/** Gives sets of findings their numbers, making those that are new; in the order of `sets`, which may repeat. */
export async function internFindingSets(
  tx: Queryable,
  projectId: string,
  { sets, now }: { readonly sets: readonly FindingColumns[]; readonly now: number },
): Promise<readonly number[]> {
  // Arrays of arrays must be rectangular in PostgreSQL, so each travels as the text of an array. New rows are made in the
  // order of their digests, so that two that make the same ones wait for each other instead of deadlocking.
  const rows = await tx.query<{ at: number; id: number }>(
    `WITH wanted AS MATERIALIZED (
       SELECT at, v::integer[] AS vulnerability, s::smallint[] AS status, p::smallint[] AS priority, f::boolean[] AS fixable,
         is_plain, has_fixed,
         substring(sha256(array_send(v::integer[]) || array_send(s::smallint[]) || array_send(p::smallint[])
           || array_send(f::boolean[])) FOR 16) AS digest
       FROM unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::boolean[], $7::boolean[]) WITH ORDINALITY
         AS w (v, s, p, f, is_plain, has_fixed, at)),
     held AS MATERIALIZED (
       SELECT f.digest, f.id FROM finding_set f
       WHERE f.project_id = $1 AND f.used_at > $9 AND f.digest IN (SELECT digest FROM wanted)),
     made AS (
       INSERT INTO finding_set (project_id, digest, vulnerability, status, priority, fixable, is_plain, has_fixed, used_at)
       SELECT DISTINCT ON (digest) $1, digest, vulnerability, status, priority, fixable, is_plain, has_fixed, $8::bigint
       FROM wanted WHERE digest NOT IN (SELECT digest FROM held) ORDER BY digest
       ON CONFLICT (project_id, digest) DO UPDATE SET used_at = excluded.used_at
       RETURNING digest, id)
     SELECT w.at, n.id FROM wanted w JOIN (SELECT * FROM held UNION ALL SELECT * FROM made) n USING (digest) ORDER BY w.at`,
    [
      projectId,
      sets.map((set) => arrayText(set.vulnerability)),
      sets.map((set) => arrayText(set.status)),
      sets.map((set) => arrayText(set.priority)),
      sets.map((set) => arrayText(set.fixable)),
      sets.map((set) => !set.fixable.includes(false) && !set.status.some((status) => IS_HANDLED[status])),
      sets.map((set) => set.status.includes(FIXED)),
      now,
      now - SET_USE_NOTED_MS,
    ],
  );
  if (rows.length !== sets.length) throw new Error('a set of findings was neither found nor made');
  return rows.map((row) => row.id);
}

/** The text form of a PostgreSQL array of plain words, numbers or truth values. */
export function arrayText(values: readonly (number | string | boolean)[]): string {
  return `{${values.join(',')}}`;
}
