import type { Queryable } from '../database.ts';

const LAST_USED_STEP_MS = 60_000;

/** Ends a row of wrong signatures and notes when the key was used; writes nothing where neither changed. */
export async function recordSignatureSuccess(
  database: Queryable,
  { accessKey, at }: { readonly accessKey: string; readonly at: number },
): Promise<void> {
  await database.execute(
    `UPDATE access_key SET failures = 0, last_used_at = $2
     WHERE access_key = $1 AND (failures > 0 OR last_used_at IS NULL OR last_used_at < $3)`,
    [accessKey, at, at - LAST_USED_STEP_MS],
  );
}
