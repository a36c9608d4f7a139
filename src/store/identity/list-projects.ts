import type { Project } from '../../identity/rights.ts';
import type { Queryable } from '../database.ts';

/** The projects of a domain, by name. */
export async function listProjects(database: Queryable, domainId: string): Promise<readonly Project[]> {
  return database.query<Project>(
    'SELECT id, domain_id AS "domainId", name, enabled FROM project WHERE domain_id = $1 ORDER BY name COLLATE "C"',
    [domainId],
  );
}
