import type { User } from '../../identity/identity-store.ts';
import type { Queryable } from '../database.ts';
import { USER_COLUMNS, type UserRow, userOf } from './user-row.ts';

/** The users of a domain, by name. */
export async function listUsers(database: Queryable, domainId: string): Promise<readonly User[]> {
  const rows = await database.query<UserRow>(
    `SELECT ${USER_COLUMNS} FROM app_user u JOIN domain d ON d.id = u.domain_id
     WHERE u.domain_id = $1 ORDER BY u.name COLLATE "C"`,
    [domainId],
  );
  return rows.map(userOf);
}
