import type { Queryable } from '../database.ts';

/** Takes back what `saveGrant` gave at exactly this place; whether there was such a grant. */
export async function deleteGrant(
  database: Queryable,
  grant: {
    readonly userId: string;
    readonly projectId: string | undefined;
    readonly enterpriseProjectId: string | undefined;
  },
): Promise<boolean> {
  const deleted = await database.execute(
    `DELETE FROM role_grant WHERE user_id = $1
       AND project_id IS NOT DISTINCT FROM $2 AND enterprise_project_id IS NOT DISTINCT FROM $3`,
    [grant.userId, grant.projectId ?? null, grant.enterpriseProjectId ?? null],
  );
  return deleted > 0;
}
