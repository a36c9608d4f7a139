import type { Queryable } from '../database.ts';
import type { StoredMatch } from './load-packages.ts';

/** Writes what packages are affected by, and with which advisory set that was worked out. */
export async function saveMatches(
  tx: Queryable,
  target: { readonly projectId: string; readonly revision: number },
  matches: ReadonlyMap<number, readonly StoredMatch[]>,
): Promise<void> {
  // Arrays of arrays must be rectangular in PostgreSQL, so each package's lists travel as JSON.
  const entries = [...matches.entries()].sort(([a], [b]) => a - b);
  await tx.query(
    `UPDATE package p SET
       match_vulnerability = ARRAY(SELECT (m ->> 0)::integer FROM json_array_elements(u.matches) AS m),
       match_fixed_version = ARRAY(SELECT m ->> 1 FROM json_array_elements(u.matches) AS m),
       matched_revision = $2
     FROM unnest($3::integer[], $4::json[]) AS u (id, matches)
     WHERE p.project_id = $1 AND p.id = u.id`,
    [
      target.projectId,
      target.revision,
      entries.map(([id]) => id),
      entries.map(([, list]) => JSON.stringify(list.map((m) => [m.vulnerability, m.fixedVersion ?? null]))),
    ],
  );
}
