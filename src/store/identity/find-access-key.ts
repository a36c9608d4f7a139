import type { AccessKeyForSigning } from '../../identity/identity-store.ts';
import type { Queryable } from '../database.ts';
import { USER_COLUMNS, type UserRow, userOf } from './user-row.ts';

interface AccessKeyRow extends UserRow {
  readonly status: 'active' | 'inactive';
  readonly sealed_secret_key: Buffer;
  readonly failures: number;
  readonly locked_until: number | null;
}

/** An access key with what a signature is checked against. */
export async function findAccessKey(
  database: Queryable,
  accessKey: string,
): Promise<AccessKeyForSigning | undefined> {
  const [row] = await database.query<AccessKeyRow>(
    `SELECT ${USER_COLUMNS}, k.status, k.sealed_secret_key, k.failures, k.locked_until
     FROM access_key k JOIN app_user u ON u.id = k.user_id JOIN domain d ON d.id = u.domain_id
     WHERE k.access_key = $1`,
    [accessKey],
  );
  if (row === undefined) return undefined;
  return {
    user: userOf(row),
    status: row.status,
    sealedSecretKey: row.sealed_secret_key,
    failures: row.failures,
    ...(row.locked_until === null ? {} : { lockedUntil: row.locked_until }),
  };
}
