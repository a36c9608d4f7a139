import type { Queryable } from '../database.ts';
import { prepared } from '../prepared-sql.ts';

/**
 * How reports and imports keep out of each other's way. A report may match new packages while an import is being written;
 * what it must not do is commit matches of the old set after the import has looked which packages to match again.
 * So a report, as its last step, takes the lock shared and asks for the revision: if it is no longer the one it matched
 * with, it matches again. An import takes the lock alone, just before it looks and commits. So does the job that follows
 * an import, before it commits new results of packages: a report that assessed its server with the old ones either
 * commits before that, and is seen, or notices.
 */

/** Keys of PostgreSQL advisory locks; the first number is Parapet's own space. */
const LOCK_SPACE = 0x70617261;
const ADVISORY_SET_LOCK = 1;
const IMPORT_LOCK = 2;

const SHARE_ADVISORY_SET = prepared(`SELECT pg_advisory_xact_lock_shared($1, $2)`);

/** Shares the advisory set until the transaction ends. */
export async function shareAdvisorySet(tx: Queryable): Promise<void> {
  await tx.query(SHARE_ADVISORY_SET, [LOCK_SPACE, ADVISORY_SET_LOCK]);
}

/** Holds the advisory set alone until the transaction ends: waits for reports that share it, and makes new ones wait. */
export async function holdAdvisorySet(tx: Queryable): Promise<void> {
  await tx.query(`SELECT pg_advisory_xact_lock($1, $2)`, [LOCK_SPACE, ADVISORY_SET_LOCK]);
}

/** Makes this import the only one until its transaction ends. */
export async function holdImport(tx: Queryable): Promise<void> {
  await tx.query(`SELECT pg_advisory_xact_lock($1, $2)`, [LOCK_SPACE, IMPORT_LOCK]);
}

export async function revisionInForce(tx: Queryable): Promise<number> {
  return (await advisoryState(tx)).revision;
}

/** Which advisories are in force, and how often stored matches of packages have changed: both only grow. */
export interface AdvisoryState {
  readonly revision: number;
  readonly matchGeneration: number;
  /** When this PostgreSQL was started: a replica that took over may give numbers another meaning. */
  readonly startedAt: string;
}

/** `AdvisoryState` of `a`, the row of `advisory_set`, or none before the first import. */
export const ADVISORY_STATE_COLUMNS = `coalesce(a.revision, 0) AS revision, coalesce(a.match_generation, 0) AS "matchGeneration",
     pg_postmaster_start_time()::text AS "startedAt"`;

const ADVISORY_STATE = prepared(
  `SELECT ${ADVISORY_STATE_COLUMNS} FROM (VALUES (1)) AS one LEFT JOIN advisory_set a ON true`,
);

export async function advisoryState(tx: Queryable): Promise<AdvisoryState> {
  const [row] = await tx.query<AdvisoryState>(ADVISORY_STATE);
  if (row === undefined) throw new Error('a query of one row had none');
  return row;
}

export function isSameState(a: AdvisoryState, b: AdvisoryState): boolean {
  return a.revision === b.revision && a.matchGeneration === b.matchGeneration && a.startedAt === b.startedAt;
}

/** Notes that stored matches changed; the advisory set must be held alone. */
export async function noteMatchesChanged(tx: Queryable): Promise<void> {
  await tx.execute(`UPDATE advisory_set SET match_generation = match_generation + 1`);
}
