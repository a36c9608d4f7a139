import type { Queryable } from '../database.ts';

/** Deletes a user with grants, tokens and access keys; whether there was one. What they decided keeps their name. */
export async function deleteUser(database: Queryable, userId: string): Promise<boolean> {
  return (await database.execute('DELETE FROM app_user WHERE id = $1', [userId])) > 0;
}
