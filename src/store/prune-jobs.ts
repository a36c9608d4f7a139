import type { Queryable } from './database.ts';

/** How long a job that came to nothing is kept once a newer one of its name took its place: figures and alerts tell of it. */
export const SUPERSEDED_JOB_KEPT_MS = 60 * 60 * 1000;

/**
 * Removes jobs that will not be tried again and whose place a newer one of their name took: those that failed, and those whose
 * completion was lost with the node or its connection. The queue keeps both for ever, the latter as running for the four hours
 * after which it gives a lock up, and as failed from then on. Returns how many went.
 */
export async function pruneJobs(database: Queryable): Promise<number> {
  // A job whose place is taken loses its key (graphile-worker, `add_jobs`). `complete_jobs` leaves those that may still run.
  const removed = await database.query(
    `SELECT id FROM graphile_worker.complete_jobs(ARRAY(
       SELECT id FROM graphile_worker.jobs
       WHERE key IS NULL AND attempts >= max_attempts AND updated_at < now() - $1 * interval '1 millisecond'))`,
    [SUPERSEDED_JOB_KEPT_MS],
  );
  return removed.length;
}
