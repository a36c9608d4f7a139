import type { Queryable } from '../database.ts';
import { orNameTaken } from './name-taken.ts';

/** Makes a user of a domain, enabled and without rights; `createdAt` in ms since 1970. Throws `identity-exists`. */
export async function createUser(
  tx: Queryable,
  user: {
    readonly id: string;
    readonly domainId: string;
    readonly name: string;
    readonly passwordHash: string;
    readonly createdAt: number;
  },
): Promise<void> {
  await orNameTaken({ kind: 'user', name: user.name }, () =>
    tx.execute(
      'INSERT INTO app_user (id, domain_id, name, password_hash, created_at) VALUES ($1, $2, $3, $4, $5)',
      [user.id, user.domainId, user.name, user.passwordHash, user.createdAt],
    ),
  );
}
