/** What the database itself knows of how things stand: read at every scrape of `/metrics`, in some milliseconds. */
import { listFeeds, type StoredFeed } from './advisories/list-feeds.ts';
import type { Database, Queryable } from './database.ts';

/** Longest that one of these statements may take. */
const FIGURES_STATEMENT_TIMEOUT_MS = 4_000;
/** Jobs and feeds that are told one by one: more would be no figures any more. */
export const JOBS_TOLD_MAX = 100;
export const FEEDS_TOLD_MAX = 500;

export interface JobFigures {
  readonly job: string;
  /** Jobs whose time has come and that nobody has taken. */
  readonly waiting: number;
  readonly running: number;
  /** Jobs that failed as often as they may. */
  readonly failed: number;
  /** Of the one that waits longest, in seconds; 0 where none waits. */
  readonly oldestWaitingSeconds: number;
}

export interface StoreFigures {
  readonly pingMs: number;
  readonly revision: number;
  /** Milliseconds since 1970. */
  readonly advisoriesChangedAt: number;
  readonly packagesToMatch: number;
  readonly changesToFollow: number;
  readonly feeds: readonly StoredFeed[];
  readonly jobs: readonly JobFigures[];
}

/** Reads them all, of one moment. Fails as any use of the database does. */
export async function readStoreFigures(database: Database): Promise<StoreFigures> {
  return await database.transaction(
    async (tx) => {
      const began = performance.now();
      await tx.query('SELECT 1');
      const pingMs = performance.now() - began;
      const [set] = await tx.query<Omit<StoreFigures, 'pingMs' | 'feeds' | 'jobs'>>(
        `SELECT revision, changed_at AS "advisoriesChangedAt",
           (SELECT count(*) FROM rematch_package) AS "packagesToMatch",
           (SELECT count(*) FROM reassess) AS "changesToFollow"
         FROM advisory_set`,
      );
      if (set === undefined) throw new Error('table advisory_set has lost its row');
      const feeds = (await listFeeds(tx)).slice(0, FEEDS_TOLD_MAX);
      return { ...set, pingMs, feeds, jobs: await readJobs(tx) };
    },
    {
      isolation: 'repeatable read',
      readOnly: true,
      statementTimeoutMs: FIGURES_STATEMENT_TIMEOUT_MS,
    },
  );
}

async function readJobs(tx: Queryable): Promise<readonly JobFigures[]> {
  const [queue] = await tx.query<{ exists: boolean }>(
    `SELECT to_regclass('graphile_worker.jobs') IS NOT NULL AS exists`,
  );
  // The queue makes its tables when the first process starts it.
  if (queue?.exists !== true) return [];
  return await tx.query<JobFigures>(
    `SELECT task_identifier AS job,
       count(*) FILTER (WHERE locked_at IS NULL AND attempts < max_attempts AND run_at <= now()) AS waiting,
       count(*) FILTER (WHERE locked_at IS NOT NULL AND attempts <= max_attempts) AS running,
       count(*) FILTER (WHERE locked_at IS NULL AND attempts >= max_attempts) AS failed,
       coalesce(extract(epoch FROM now() - min(run_at)
         FILTER (WHERE locked_at IS NULL AND attempts < max_attempts AND run_at <= now())), 0)::double precision
         AS "oldestWaitingSeconds"
     FROM graphile_worker.jobs GROUP BY task_identifier ORDER BY task_identifier LIMIT $1`,
    [JOBS_TOLD_MAX],
  );
}
