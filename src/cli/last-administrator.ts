import { listUsers } from '../store/identity/list-users.ts';
import type { CommandIo } from './command.ts';
import type { CommandStore } from './with-store.ts';

/**
 * Says on standard error where nobody is left who may do everything everywhere. That is no mistake: the command line
 * needs no user, and gives the right back.
 */
export async function warnWithoutAdministrator(store: CommandStore, io: CommandIo): Promise<void> {
  const users = await listUsers(store.database, store.domainId);
  const isThere = users.some(
    ({ enabled, grants }) =>
      enabled &&
      grants.some(
        (grant) =>
          grant.role === 'admin' && grant.projectId === undefined && grant.enterpriseProjectId === undefined,
      ),
  );
  if (isThere) return;
  io.err(
    'Nobody is left with the role admin everywhere. To change that: parapet user create NAME --role admin, or user enable and user grant.\n',
  );
}
