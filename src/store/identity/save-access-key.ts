import { appError } from '../../errors.ts';
import type { IdentityStore } from '../../identity/identity-store.ts';
import type { Queryable } from '../database.ts';

/** Beyond any rotation of keys; signing in looks one key up, so the bound is for the list and for runaway scripts. */
export const ACCESS_KEYS_PER_USER_MAX = 100;

/** Saves a new access key of a user. Throws `identity-limit` at `ACCESS_KEYS_PER_USER_MAX`. */
export async function saveAccessKey(
  database: Queryable,
  key: Parameters<IdentityStore['saveAccessKey']>[0],
): Promise<void> {
  const saved = await database.execute(
    `INSERT INTO access_key (access_key, user_id, sealed_secret_key, description, created_at)
     SELECT $1, $2, $3, $4, $5::bigint WHERE (SELECT count(*) FROM access_key WHERE user_id = $2) < $6`,
    [
      key.accessKey,
      key.userId,
      key.sealedSecretKey,
      key.description,
      key.createdAt,
      ACCESS_KEYS_PER_USER_MAX,
    ],
  );
  if (saved === 0) {
    throw appError('identity-limit', { kind: 'access keys of this user', max: ACCESS_KEYS_PER_USER_MAX });
  }
}
