import type { StoredToken } from '../../identity/identity-store.ts';
import type { Queryable } from '../database.ts';
import { USER_COLUMNS, type UserRow, userOf } from './user-row.ts';

interface TokenRow extends UserRow {
  readonly project_id: string | null;
  readonly issued_at: number;
  readonly expires_at: number;
  readonly revoked: boolean;
}

/** A token by its hash, revoked and expired ones included, with its user as they are now. */
export async function findToken(database: Queryable, hash: Buffer): Promise<StoredToken | undefined> {
  const [row] = await database.query<TokenRow>(
    `SELECT ${USER_COLUMNS}, t.project_id, t.issued_at, t.expires_at, t.revoked
     FROM token t JOIN app_user u ON u.id = t.user_id JOIN domain d ON d.id = u.domain_id
     WHERE t.hash = $1`,
    [hash],
  );
  if (row === undefined) return undefined;
  return {
    user: userOf(row),
    ...(row.project_id === null ? {} : { projectId: row.project_id }),
    issuedAt: row.issued_at,
    expiresAt: row.expires_at,
    revoked: row.revoked,
  };
}
