import type { Queryable } from '../database.ts';

/** The moment against which the age of feeds is measured, in ms since 1970; undefined: the present. */
export async function loadFeedsMeasuredAt(tx: Queryable): Promise<number | undefined> {
  const [row] = await tx.query<{ at: number | null }>(`SELECT feeds_measured_at AS at FROM advisory_set`);
  return row?.at ?? undefined;
}

/** Sets that moment with an import: to a snapshot's own date, or to the present where anything else is imported. */
export async function setFeedsMeasuredAt(tx: Queryable, at: number | undefined): Promise<void> {
  await tx.execute(
    `UPDATE advisory_set SET feeds_measured_at = $1::bigint WHERE feeds_measured_at IS DISTINCT FROM $1::bigint`,
    [at ?? null],
  );
}
