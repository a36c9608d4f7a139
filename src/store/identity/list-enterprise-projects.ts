import type { EnterpriseProject } from '../../identity/identity-store.ts';
import type { Queryable } from '../database.ts';

/** The enterprise projects of a domain, the built-in one among them, by id. */
export async function listEnterpriseProjects(
  database: Queryable,
  domainId: string,
): Promise<readonly EnterpriseProject[]> {
  return database.query<EnterpriseProject>(
    `SELECT id, domain_id AS "domainId", name, enabled FROM enterprise_project
     WHERE domain_id = $1 ORDER BY id COLLATE "C"`,
    [domainId],
  );
}
