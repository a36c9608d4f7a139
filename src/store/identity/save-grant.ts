import { appError } from '../../errors.ts';
import type { Grant } from '../../identity/rights.ts';
import type { Queryable } from '../database.ts';

/**
 * Grants a role to a user for a project (or all) and an enterprise project (or all), in place of the role they have
 * there. The places must be of the user's domain: `identity-not-found`.
 */
export async function saveGrant(
  database: Queryable,
  {
    userId,
    grant,
    grantedAt,
  }: { readonly userId: string; readonly grant: Grant; readonly grantedAt: number },
): Promise<void> {
  const saved = await database.execute(
    `INSERT INTO role_grant (user_id, project_id, enterprise_project_id, role, granted_at)
     SELECT u.id, $2, $3, $4, $5 FROM app_user u
     WHERE u.id = $1
       AND ($2::text IS NULL OR EXISTS (SELECT FROM project p WHERE p.id = $2 AND p.domain_id = u.domain_id))
       AND ($3::text IS NULL OR EXISTS (SELECT FROM enterprise_project e WHERE e.id = $3 AND e.domain_id = u.domain_id))
     ON CONFLICT (user_id, project_id, enterprise_project_id) DO UPDATE SET role = excluded.role, granted_at = excluded.granted_at`,
    [userId, grant.projectId ?? null, grant.enterpriseProjectId ?? null, grant.role, grantedAt],
  );
  if (saved === 0) {
    const place = [grant.projectId, grant.enterpriseProjectId].filter((part) => part !== undefined);
    throw appError('identity-not-found', {
      kind: 'user, project or enterprise project',
      name: [userId, ...place].join(', '),
    });
  }
}
