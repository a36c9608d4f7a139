import {
  FINDING_STATUS_WORDS,
  FINDING_STATUSES,
  FIXING_PRIORITIES,
  isHandled,
} from '../../findings/finding.ts';
import type { ChangedColumns, FindingColumns } from '../../findings/finding-columns.ts';
import type { Queryable, Sql, SqlValue } from '../database.ts';
import { SET_USE_NOTED_MS } from '../fleet/package-sets.ts';
import { KEPT_PLAN_LIST_MAX, prepared } from '../prepared-sql.ts';
import { arrayText } from '../sql-array.ts';

const FIXED = FINDING_STATUSES.vul_status_fixed;
const UNFIX = FINDING_STATUSES.vul_status_unfix;
/** Numbers of the statuses that are handled, as the literal of an array. */
const HANDLED = `'{${FINDING_STATUS_WORDS.flatMap((word, number) => (isHandled(word) ? [number] : [])).join(',')}}'`;

/**
 * SQL that interns the sets of the query `columns`: of `at` (from 1), `vulnerability`, `status`, `priority`, `fixable` and
 * `content`, which no other set has and of which the digest is made; with parameters from $4 on. New rows are made in the order
 * of their digests, so that two that make the same ones wait for each other instead of deadlocking.
 */
const internSql = (columns: string): string =>
  `WITH wanted AS MATERIALIZED (
     SELECT c.*, substring(sha256(content) FOR 16) AS digest FROM (${columns}) c),
   held AS MATERIALIZED (
     SELECT f.digest, f.id FROM finding_set f
     WHERE f.project_id = $1 AND f.used_at > $3 AND f.digest IN (SELECT digest FROM wanted)),
   made AS (
     INSERT INTO finding_set (project_id, digest, vulnerability, status, priority, fixable, is_plain, has_fixed, used_at)
     SELECT DISTINCT ON (digest) $1, digest, vulnerability, status, priority, fixable,
       NOT (false = ANY (fixable)) AND NOT (status && ${HANDLED}::smallint[]), ${FIXED} = ANY (status), $2::bigint
     FROM wanted WHERE digest NOT IN (SELECT digest FROM held) ORDER BY digest
     ON CONFLICT (project_id, digest) DO UPDATE SET used_at = excluded.used_at
     RETURNING digest, id)
   SELECT w.at, n.id FROM wanted w LEFT JOIN (SELECT * FROM held UNION ALL SELECT * FROM made) n USING (digest)
   ORDER BY w.at`;

// Arrays of arrays must be rectangular in PostgreSQL, so each travels as the text of an array.
const INTERN_WHOLE = internSql(
  // Where all are alike, as on most servers, two of the columns will do: writing an array out takes most of the time.
  `SELECT w.*, array_send(vulnerability) || array_send(priority)
     || CASE WHEN ${UNFIX} = ALL (status) AND true = ALL (fixable) THEN '' ELSE array_send(status) || array_send(fixable) END AS content
   FROM (
     SELECT at, v::integer[] AS vulnerability, s::smallint[] AS status, p::smallint[] AS priority, f::boolean[] AS fixable
     FROM unnest($4::text[], $5::text[], $6::text[], $7::text[]) WITH ORDINALITY AS w (v, s, p, f, at)) w`,
);
// Of reports; the plan for many depends on how many.
const INTERN_FEW = prepared(INTERN_WHOLE);
// A set that is made of another one is known by that one and what changes, and not by its columns, of which the digest would take
// half the time. One that is made in two ways has two rows then; what the read model shows of it is shared all the same.
const INTERN_CHANGED = internSql(
  `SELECT w.at, n.*, convert_to('changed', 'UTF8') || coalesce(b.digest, '') || convert_to(concat_ws(' ', w.t, w.s, w.p, w.f), 'UTF8') AS content
   FROM unnest($4::bigint[], $5::text[], $6::text[], $7::text[], $8::text[]) WITH ORDINALITY AS w (base, t, s, p, f, at)
   LEFT JOIN finding_set b ON b.project_id = $1 AND b.id = w.base
   CROSS JOIN LATERAL findings_with(coalesce(b.vulnerability, '{}'), coalesce(b.status, '{}'), coalesce(b.priority, '{}'),
     coalesce(b.fixable, '{}'), w.t::integer[], w.s::smallint[], w.p::smallint[], w.f::boolean[]) n`,
);

/** Gives sets of findings their numbers, making those that are new; in the order of `sets`, which may repeat. */
export async function internFindingSets(
  tx: Queryable,
  projectId: string,
  { sets, now }: { readonly sets: readonly FindingColumns[]; readonly now: number },
): Promise<readonly number[]> {
  if (sets.length === 0) return [];
  return await intern(tx, projectId, {
    sql: sets.length <= KEPT_PLAN_LIST_MAX ? INTERN_FEW : INTERN_WHOLE,
    params: [
      sets.map((set) => arrayText(set.vulnerability)),
      sets.map((set) => arrayText(set.status)),
      sets.map((set) => arrayText(set.priority)),
      sets.map((set) => arrayText(set.fixable)),
    ],
    now,
  });
}

/** The same of sets that are told by what they change of another one. */
export async function internChangedSets(
  tx: Queryable,
  projectId: string,
  { sets, now }: { readonly sets: readonly ChangedColumns[]; readonly now: number },
): Promise<readonly number[]> {
  if (sets.length === 0) return [];
  const changes = sets.map(({ touched, findings }) => {
    const found = new Map(findings.map((finding) => [finding.vulnerability, finding]));
    return touched.map((vulnerability) => found.get(vulnerability));
  });
  return await intern(tx, projectId, {
    sql: INTERN_CHANGED,
    params: [
      sets.map((set) => set.base ?? null),
      sets.map((set) => arrayText(set.touched)),
      changes.map((own) => arrayText(own.map((one) => (one ? FINDING_STATUSES[one.status] : 'NULL')))),
      changes.map((own) => arrayText(own.map((one) => (one ? FIXING_PRIORITIES[one.priority] : 'NULL')))),
      changes.map((own) => arrayText(own.map((one) => one?.fixable ?? 'NULL'))),
    ],
    now,
  });
}

interface Wanted {
  /** Of `internSql`. */
  readonly sql: Sql;
  /** From $4 on. */
  readonly params: readonly SqlValue[];
  readonly now: number;
}

async function intern(
  tx: Queryable,
  projectId: string,
  { sql, params, now }: Wanted,
): Promise<readonly number[]> {
  const rows = await tx.query<{ at: number; id: number | null }>(sql, [
    projectId,
    now,
    now - SET_USE_NOTED_MS,
    ...params,
  ]);
  return rows.map(({ id }) => {
    if (id === null) throw new Error('a set of findings was neither found nor made');
    return id;
  });
}
