/**
 * What a reader of the change feed has seen: a snapshot of the database, in PostgreSQL's own words (documentation 9.27.9,
 * `pg_snapshot`). A transaction is seen when its number is below `xmax` and it was not in progress; everything else is read
 * the next time. So a transaction that began early and commits late is never passed over, and none is read twice.
 */
export interface SnapshotMark {
  readonly xmin: bigint;
  readonly xmax: bigint;
  readonly inProgress: readonly bigint[];
}

const SNAPSHOT = /^(\d+):(\d+):((?:\d+(?:,\d+)*)?)$/;

/** Reads `xmin:xmax:xip,xip`, as `pg_current_snapshot()::text` gives it. */
export function snapshotMark(text: string): SnapshotMark {
  const [, xmin, xmax, inProgress] = SNAPSHOT.exec(text) ?? [];
  if (xmin === undefined || xmax === undefined || inProgress === undefined) {
    throw new Error(`not a snapshot: ${text}`);
  }
  return {
    xmin: BigInt(xmin),
    xmax: BigInt(xmax),
    inProgress: inProgress === '' ? [] : inProgress.split(',').map(BigInt),
  };
}
