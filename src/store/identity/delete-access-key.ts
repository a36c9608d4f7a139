import type { Queryable } from '../database.ts';

/** Deletes an access key of a user; whether there was such a key. */
export async function deleteAccessKey(
  database: Queryable,
  { accessKey, userId }: { readonly accessKey: string; readonly userId: string },
): Promise<boolean> {
  const deleted = await database.execute('DELETE FROM access_key WHERE access_key = $1 AND user_id = $2', [
    accessKey,
    userId,
  ]);
  return deleted > 0;
}
