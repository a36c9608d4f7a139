import type { Queryable } from '../database.ts';

/** Revokes a token by its hash; whether there was such a token. */
export async function revokeToken(database: Queryable, hash: Buffer): Promise<boolean> {
  return (await database.execute('UPDATE token SET revoked = true WHERE hash = $1', [hash])) > 0;
}
