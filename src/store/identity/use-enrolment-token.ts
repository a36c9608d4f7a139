import type { EnrolmentToken } from '../../identity/identity-store.ts';
import type { Queryable } from '../database.ts';
import { ENROLMENT_TOKEN_COLUMNS, type EnrolmentTokenRow, enrolmentTokenOf } from './enrolment-token-row.ts';

/**
 * Uses an enrolment token once, by its hash. Undefined where it is unknown, expired or used up; run it in the transaction
 * that enrols the server, so that a failed enrolment costs no use.
 */
export async function useEnrolmentToken(
  tx: Queryable,
  { hash, at }: { readonly hash: Buffer; readonly at: number },
): Promise<EnrolmentToken | undefined> {
  const [row] = await tx.query<EnrolmentTokenRow>(
    `UPDATE enrolment_token SET uses_left = uses_left - 1
     WHERE hash = $1 AND (expires_at IS NULL OR expires_at > $2) AND (uses_left IS NULL OR uses_left > 0)
     RETURNING ${ENROLMENT_TOKEN_COLUMNS}`,
    [hash, at],
  );
  return row === undefined ? undefined : enrolmentTokenOf(row);
}
