import type { Queryable } from '../database.ts';

/** Enables or disables a user. Disabling revokes their tokens and silences their access keys; whether there is such a user. */
export async function setUserEnabled(
  database: Queryable,
  { userId, enabled }: { readonly userId: string; readonly enabled: boolean },
): Promise<boolean> {
  const changed = await database.query<{ readonly id: string }>(
    `WITH changed AS (UPDATE app_user SET enabled = $2 WHERE id = $1 RETURNING id),
       revoked AS (UPDATE token SET revoked = true WHERE user_id = $1 AND NOT $2)
     SELECT id FROM changed`,
    [userId, enabled],
  );
  return changed.length > 0;
}
