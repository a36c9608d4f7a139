import type { EnrolmentToken } from '../../identity/identity-store.ts';
import type { Queryable } from '../database.ts';
import { ENROLMENT_TOKEN_COLUMNS, type EnrolmentTokenRow, enrolmentTokenOf } from './enrolment-token-row.ts';

/** The enrolment tokens of a project, oldest first, used up and expired ones included. */
export async function listEnrolmentTokens(
  database: Queryable,
  projectId: string,
): Promise<readonly EnrolmentToken[]> {
  const rows = await database.query<EnrolmentTokenRow>(
    `SELECT ${ENROLMENT_TOKEN_COLUMNS} FROM enrolment_token WHERE project_id = $1 ORDER BY created_at, id`,
    [projectId],
  );
  return rows.map(enrolmentTokenOf);
}
