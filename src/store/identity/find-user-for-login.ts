import type { IdentityStore, UserForLogin } from '../../identity/identity-store.ts';
import type { Queryable } from '../database.ts';
import { USER_COLUMNS, type UserRow, userOf } from './user-row.ts';

/** A user by name (of a domain) or id. A domain that is named must be the user's; a name needs one. */
export async function findUserForLogin(
  database: Queryable,
  { user, domain }: Parameters<IdentityStore['findUserForLogin']>[0],
): Promise<UserForLogin | undefined> {
  if ('name' in user && domain === undefined) return undefined;
  const [row] = await database.query<UserRow & { readonly password_hash: string }>(
    `SELECT ${USER_COLUMNS}, u.password_hash FROM app_user u JOIN domain d ON d.id = u.domain_id
     WHERE ($1::text IS NULL OR u.id = $1) AND ($2::text IS NULL OR u.name = $2)
       AND ($3::text IS NULL OR d.id = $3) AND ($4::text IS NULL OR d.name = $4)
     LIMIT 1`,
    [
      'id' in user ? user.id : null,
      'name' in user ? user.name : null,
      domain !== undefined && 'id' in domain ? domain.id : null,
      domain !== undefined && 'name' in domain ? domain.name : null,
    ],
  );
  return row === undefined ? undefined : { ...userOf(row), passwordHash: row.password_hash };
}
