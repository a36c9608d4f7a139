import type { BootstrapStore } from '../../identity/bootstrap.ts';
import type { Database } from '../database.ts';
import { createDomain } from './create-domain.ts';
import { createProject } from './create-project.ts';
import { createUser } from './create-user.ts';
import { findDomain } from './find-domain.ts';
import { saveGrant } from './save-grant.ts';

const BOOTSTRAP_LOCK = 'parapet:bootstrap';

/** Runs the work of a first start in one transaction; of several processes that start at once, one after the other. */
export function bootstrapExclusively(database: Database) {
  return <T>(work: (store: BootstrapStore) => Promise<T>): Promise<T> =>
    database.transaction(async (tx) => {
      await tx.query('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [BOOTSTRAP_LOCK]);
      return work({
        findDomain: (name) => findDomain(tx, name),
        createDomain: (domain) => createDomain(tx, domain),
        createProject: (project) => createProject(tx, project),
        createUser: (user) => createUser(tx, user),
        saveGrant: (grant) => saveGrant(tx, grant),
      });
    });
}
