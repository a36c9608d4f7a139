import type { Queryable } from '../database.ts';

/** Most servers that are listed: enough to tell whose database it is. */
const SERVERS_LISTED_MAX = 10_000;

/** Ids and names of the servers of every project, by id, at most `SERVERS_LISTED_MAX`. */
export async function listServerNames(
  tx: Queryable,
): Promise<readonly { readonly id: string; readonly name: string }[]> {
  return await tx.query<{ id: string; name: string }>(`SELECT id, name FROM server ORDER BY id LIMIT $1`, [
    SERVERS_LISTED_MAX,
  ]);
}
