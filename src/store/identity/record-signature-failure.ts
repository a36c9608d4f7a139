import type { Queryable } from '../database.ts';

/** More than this many wrong signatures in a row lock a key (contract 5.2). */
export const SIGNATURE_FAILURES_MAX = 5;
export const SIGNATURE_LOCK_MS = 5 * 60_000;

/** Counts a wrong signature; the one beyond the limit locks the key and starts the count again. */
export async function recordSignatureFailure(
  database: Queryable,
  { accessKey, at }: { readonly accessKey: string; readonly at: number },
): Promise<void> {
  await database.execute(
    `UPDATE access_key SET
       failures = CASE WHEN failures >= $2 THEN 0 ELSE failures + 1 END,
       locked_until = CASE WHEN failures >= $2 THEN $3::bigint ELSE locked_until END
     WHERE access_key = $1`,
    [accessKey, SIGNATURE_FAILURES_MAX, at + SIGNATURE_LOCK_MS],
  );
}
