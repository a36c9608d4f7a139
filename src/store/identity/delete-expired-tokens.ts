import type { Queryable } from '../database.ts';

/** Deletes the login tokens that expired before the moment `before` (ms since 1970). Returns how many went. */
export async function deleteExpiredTokens(database: Queryable, before: number): Promise<number> {
  return await database.execute('DELETE FROM token WHERE expires_at < $1', [before]);
}
