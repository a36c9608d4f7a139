import type { Database } from '../database.ts';
import { SET_USE_NOTED_MS } from './package-sets.ts';

const SETS_PER_STATEMENT = 10_000;

/**
 * Removes sets of packages and of findings that no server has any more; `now` in ms since 1970. Who points a server at a set
 * has noted that within SET_USE_NOTED_MS before, so one that was not used for twice as long is in nobody's open transaction.
 * Returns how many.
 */
export async function pruneSets(database: Database, now: number): Promise<number> {
  let removed = 0;
  for (const table of ['package_set', 'finding_set'] as const) {
    for (let count = SETS_PER_STATEMENT; count === SETS_PER_STATEMENT; removed += count) {
      count = await database.execute(
        `DELETE FROM ${table} t USING (
           SELECT project_id, id FROM ${table} u WHERE u.used_at < $1
             AND NOT EXISTS (SELECT FROM server s WHERE s.project_id = u.project_id AND s.${table} = u.id)
           LIMIT $2) unused
         WHERE t.project_id = unused.project_id AND t.id = unused.id AND t.used_at < $1`,
        [now - 2 * SET_USE_NOTED_MS, SETS_PER_STATEMENT],
      );
    }
  }
  return removed;
}
