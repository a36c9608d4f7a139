import type { Queryable } from '../database.ts';

/** Sets a user's password and revokes their tokens; whether there is such a user. */
export async function setUserPassword(
  database: Queryable,
  { userId, passwordHash }: { readonly userId: string; readonly passwordHash: string },
): Promise<boolean> {
  const changed = await database.query<{ readonly id: string }>(
    `WITH changed AS (UPDATE app_user SET password_hash = $2 WHERE id = $1 RETURNING id),
       revoked AS (UPDATE token SET revoked = true WHERE user_id = $1)
     SELECT id FROM changed`,
    [userId, passwordHash],
  );
  return changed.length > 0;
}
