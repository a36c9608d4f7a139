import type { AccessKey } from '../../identity/identity-store.ts';
import type { Queryable } from '../database.ts';

interface AccessKeyRow {
  readonly access_key: string;
  readonly user_id: string;
  readonly status: 'active' | 'inactive';
  readonly description: string;
  readonly created_at: number;
  readonly last_used_at: number | null;
}

/** The access keys of a user, oldest first, without their secrets. */
export async function listAccessKeys(database: Queryable, userId: string): Promise<readonly AccessKey[]> {
  const rows = await database.query<AccessKeyRow>(
    `SELECT access_key, user_id, status, description, created_at, last_used_at FROM access_key
     WHERE user_id = $1 ORDER BY created_at, access_key`,
    [userId],
  );
  return rows.map((row) => ({
    accessKey: row.access_key,
    userId: row.user_id,
    status: row.status,
    description: row.description,
    createdAt: row.created_at,
    ...(row.last_used_at === null ? {} : { lastUsedAt: row.last_used_at }),
  }));
}
