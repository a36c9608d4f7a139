import type { Queryable } from '../database.ts';

/** Deletes the history from before the moment `before` (ms since 1970). Returns how many events went. */
export async function deleteOldEvents(database: Queryable, before: number): Promise<number> {
  return await database.execute(`DELETE FROM finding_event WHERE at < $1`, [before]);
}
