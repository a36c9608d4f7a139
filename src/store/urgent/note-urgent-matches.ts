import type { Queryable } from '../database.ts';

/** The clock of an item is not set twice within this time: reports of a whole fleet must not wait for one row. */
const MATCH_NOTED_MS = 60_000;

/** Sets the clock of the open items among whose vulnerabilities findings were just opened. */
export async function noteUrgentMatches(
  tx: Queryable,
  found: { readonly projectId: string; readonly vulnerabilities: readonly number[]; readonly now: number },
): Promise<void> {
  if (found.vulnerabilities.length === 0) return;
  // Who finds the row taken leaves it: the other sets it to the same minute.
  await tx.execute(
    `UPDATE urgent_item SET first_match_at = coalesce(first_match_at, $3::bigint), last_match_at = $3::bigint
     WHERE (project_id, id) IN (
       SELECT project_id, id FROM urgent_item
       WHERE project_id = $1 AND state = 'open' AND vulnerability = ANY ($2::integer[])
         AND (last_match_at IS NULL OR last_match_at <= $3::bigint - ${MATCH_NOTED_MS})
       FOR UPDATE SKIP LOCKED)`,
    [found.projectId, found.vulnerabilities, found.now],
  );
}
