import type { Queryable } from '../database.ts';
import type { FleetScope } from './server-ids-in-scope.ts';

/** The ecosystems of the packages of the servers in scope, sorted. For a whole project, packages that no server has any more count too. */
export async function projectEcosystems(
  tx: Queryable,
  { projectId, enterpriseProjects }: FleetScope,
): Promise<readonly string[]> {
  const rows = await (enterpriseProjects === 'all'
    ? tx.query<{ ecosystem: string }>(
        'SELECT DISTINCT ecosystem FROM package WHERE project_id = $1 ORDER BY ecosystem',
        [projectId],
      )
    : tx.query<{ ecosystem: string }>(
        `SELECT DISTINCT p.ecosystem
         FROM (
           SELECT DISTINCT unnest(i.package_ids) AS id
           FROM (SELECT DISTINCT package_set FROM server
                 WHERE project_id = $1 AND enterprise_project_id = ANY ($2::text[])) s
           JOIN package_set i ON i.project_id = $1 AND i.id = s.package_set
         ) held JOIN package p ON p.project_id = $1 AND p.id = held.id
         ORDER BY p.ecosystem`,
        [projectId, enterpriseProjects],
      ));
  return rows.map(({ ecosystem }) => ecosystem);
}
