import type { User } from '../../identity/identity-store.ts';
import type { Grant, Role } from '../../identity/rights.ts';

/** Columns of a user, from `app_user u JOIN domain d`, with the grants gathered into one value. */
export const USER_COLUMNS = `u.id AS user_id, u.name AS user_name, u.enabled AS user_enabled, u.domain_id, d.name AS domain_name,
  (SELECT coalesce(json_agg(json_build_object('project', g.project_id, 'enterpriseProject', g.enterprise_project_id, 'role', g.role)), '[]')
   FROM role_grant g WHERE g.user_id = u.id) AS grants`;

export interface UserRow {
  readonly user_id: string;
  readonly user_name: string;
  readonly user_enabled: boolean;
  readonly domain_id: string;
  readonly domain_name: string;
  readonly grants: readonly {
    readonly project: string | null;
    readonly enterpriseProject: string | null;
    readonly role: Role;
  }[];
}

export function userOf(row: UserRow): User {
  return {
    id: row.user_id,
    domainId: row.domain_id,
    domainName: row.domain_name,
    name: row.user_name,
    enabled: row.user_enabled,
    grants: row.grants.map(
      (grant): Grant => ({
        ...(grant.project === null ? {} : { projectId: grant.project }),
        ...(grant.enterpriseProject === null ? {} : { enterpriseProjectId: grant.enterpriseProject }),
        role: grant.role,
      }),
    ),
  };
}
