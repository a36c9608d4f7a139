import type { Project } from '../../identity/rights.ts';
import type { Queryable } from '../database.ts';

/** A project by id, whichever domain has it. */
export async function findProject(database: Queryable, projectId: string): Promise<Project | undefined> {
  const [row] = await database.query<Project>(
    'SELECT id, domain_id AS "domainId", name, enabled FROM project WHERE id = $1',
    [projectId],
  );
  return row;
}
