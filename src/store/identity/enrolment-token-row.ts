import type { EnrolmentDefaults, EnrolmentToken } from '../../identity/identity-store.ts';

/** The columns that `enrolmentTokenOf` reads. The hash of the secret is not among them. */
export const ENROLMENT_TOKEN_COLUMNS =
  'id, project_id, enterprise_project_id, name, defaults, created_at, expires_at, uses_left';

export interface EnrolmentTokenRow {
  readonly id: string;
  readonly project_id: string;
  readonly enterprise_project_id: string;
  readonly name: string;
  readonly defaults: string;
  readonly created_at: number;
  readonly expires_at: number | null;
  readonly uses_left: number | null;
}

export function enrolmentTokenOf(row: EnrolmentTokenRow): EnrolmentToken {
  // Written by saveEnrolmentToken and by nothing else.
  const defaults: EnrolmentDefaults = JSON.parse(row.defaults);
  return {
    id: row.id,
    projectId: row.project_id,
    enterpriseProjectId: row.enterprise_project_id,
    name: row.name,
    defaults,
    createdAt: row.created_at,
    ...(row.expires_at === null ? {} : { expiresAt: row.expires_at }),
    ...(row.uses_left === null ? {} : { usesLeft: row.uses_left }),
  };
}
