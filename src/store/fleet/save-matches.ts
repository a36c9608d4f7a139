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
       match_replacing = u.replacing::integer[],
       match_replaced = u.replaced::integer[],
       matched_revision = $2
     FROM unnest($3::integer[], $4::json[], $5::text[], $6::text[]) AS u (id, matches, replacing, replaced)
     WHERE p.project_id = $1 AND p.id = u.id`,
    [
      target.projectId,
      target.revision,
      entries.map(([id]) => id),
      entries.map(([, list]) => JSON.stringify(list.map((m) => [m.vulnerability, m.fixedVersion ?? null]))),
      entries.map(([, list]) => replacements(list, (match) => match.vulnerability)),
      entries.map(([, list]) => replacements(list, (_, replaced) => replaced)),
    ],
  );
}

/** One side of the pairs of updates and what each replaces, as PostgreSQL writes an array; null: there are none. */
function replacements(
  matches: readonly StoredMatch[],
  side: (match: StoredMatch, replaced: number) => number,
): string | null {
  const numbers = matches.flatMap((match) => (match.replaced ?? []).map((replaced) => side(match, replaced)));
  return numbers.length === 0 ? null : `{${numbers.join(',')}}`;
}
