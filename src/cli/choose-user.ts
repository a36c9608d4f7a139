import { appError } from '../errors.ts';
import type { User } from '../identity/identity-store.ts';
import { listUsers } from '../store/identity/list-users.ts';
import type { CommandStore } from './with-store.ts';

/** The user that `wanted` names, by name or id. Throws `identity-not-found`. */
export async function chooseUser(store: CommandStore, wanted: string): Promise<User> {
  const users = await listUsers(store.database, store.domainId);
  const found = users.find((user) => user.name === wanted) ?? users.find((user) => user.id === wanted);
  if (found === undefined) throw appError('identity-not-found', { kind: 'user', name: wanted });
  return found;
}
