/**
 * The background jobs: what runs when. graphile-worker keeps the queue in the database, so of several nodes one runs each
 * job, and a job that a killed node had begun is run again. Every job here may run twice without harm.
 */
import { Logger, parseCronItems, type Runner, run, type TaskList } from 'graphile-worker';
import type { Log } from '../log.ts';
import { noteAgedVulnerabilities } from '../store/advisories/note-aged-vulnerabilities.ts';
import type { Database } from '../store/database.ts';
import { deleteOldEvents } from '../store/findings/delete-old-events.ts';
import { pruneSets } from '../store/fleet/prune-sets.ts';
import { deleteExpiredTokens } from '../store/identity/delete-expired-tokens.ts';
import { EXPIRED_TOKEN_KEPT_MS } from '../store/identity/save-token.ts';
import { pruneJobs } from '../store/prune-jobs.ts';
import { openQueuePool } from '../store/queue-pool.ts';
import { pruneViewChanges } from '../store/server-view/prune-changes.ts';
import { assessDueServers } from './assess-due-servers.ts';
import { followAdvisories } from './follow-advisories.ts';
import { type CoverageClock, refreshUnknown } from './refresh-unknown.ts';
import { type FeedSchedule, updateDueFeeds } from './update-due-feeds.ts';

/** Jobs of this process that may run at the same time. */
const JOBS_AT_ONCE_MAX = 2;
/** Connections the queue needs beside those of the database's own pool. */
const QUEUE_CONNECTIONS_MAX = 3;
/** How long the history of findings is kept: a year is counted in statistics (contract 6.9), and a month more to look back. */
export const HISTORY_KEPT_MS = 400 * 24 * 60 * 60 * 1000;

/** A job that failed is tried again after some seconds; every minute brings a new one anyway. */
const ATTEMPTS_MAX = 3;

const EVERY_MINUTE = '* * * * *';
/** A process that stood still for longer than this, twice over at most, loads its server view anew. */
const EVERY_TEN_MINUTES = '*/10 * * * *';
const EVERY_NIGHT = '17 3 * * *';

const SCHEDULE = {
  'follow-advisories': EVERY_MINUTE,
  'assess-due-servers': EVERY_MINUTE,
  'refresh-unknown': EVERY_MINUTE,
  'update-feeds': EVERY_MINUTE,
  'prune-view-changes': EVERY_TEN_MINUTES,
  'prune-jobs': EVERY_TEN_MINUTES,
  'delete-expired-tokens': EVERY_NIGHT,
  'delete-old-events': EVERY_NIGHT,
  'prune-sets': EVERY_NIGHT,
} as const;

type JobName = keyof typeof SCHEDULE;

export interface JobParts {
  readonly database: Database;
  readonly connectionString: string;
  readonly clock: () => CoverageClock;
  readonly log: Log;
  /** Which feeds are kept up to date; undefined: none. */
  readonly feeds: FeedSchedule | undefined;
  /** Told of each run of a job, for counting. */
  readonly onJobEnded: (job: string, outcome: 'done' | 'failed', durationMs: number) => void;
}

export interface Jobs {
  /** Waits for what is running, then ends. */
  readonly stop: () => Promise<void>;
}

/** Starts the queue, and once at the start the jobs that catch up on what passed while no node ran. */
export async function startJobs(parts: JobParts): Promise<Jobs> {
  const queue = openQueuePool(parts.connectionString, QUEUE_CONNECTIONS_MAX);
  const runner = await run({
    pgPool: queue.pool,
    concurrency: JOBS_AT_ONCE_MAX,
    noHandleSignals: true,
    logger: queueLogger(parts.log),
    taskList: taskListOf(parts),
    parsedCronItems: parseCronItems(
      (Object.keys(SCHEDULE) as JobName[]).map((task) => ({
        task,
        match: SCHEDULE[task],
        options: { backfillPeriod: 0, maxAttempts: ATTEMPTS_MAX, jobKey: task, jobKeyMode: 'replace' },
      })),
    ),
  });
  for (const name of ['follow-advisories', 'assess-due-servers', 'refresh-unknown'] as const)
    await enqueue(runner, name);
  return {
    stop: async () => {
      await runner.stop();
      await queue.close();
    },
  };
}

/** One waiting job of a name is enough: a second is the same work. */
async function enqueue(runner: Runner, name: JobName): Promise<void> {
  await runner.addJob(name, {}, { jobKey: name, maxAttempts: ATTEMPTS_MAX });
}

function taskListOf({ database, clock, log, feeds, onJobEnded }: JobParts): TaskList {
  const jobs: Readonly<Record<JobName, (signal: AbortSignal) => Promise<object>>> = {
    'follow-advisories': async (signal) => ({
      vulnerabilitiesAged: await noteAgedVulnerabilities(database, clock().now),
      ...(await followAdvisories(database, { now: () => clock().now, signal })),
    }),
    'assess-due-servers': async (signal) => ({
      servers: await assessDueServers(database, () => clock().now, signal),
    }),
    'refresh-unknown': async () => ({ servers: await refreshUnknown(database, clock()) }),
    'update-feeds': async (signal) =>
      feeds === undefined
        ? {}
        : updateDueFeeds(database, feeds, {
            now: () => clock().now,
            log,
            signal,
          }),
    'prune-view-changes': async () => ({ changes: await pruneViewChanges(database) }),
    'prune-jobs': async () => ({ jobs: await pruneJobs(database) }),
    'delete-expired-tokens': async () => ({
      tokens: await deleteExpiredTokens(database, clock().now - EXPIRED_TOKEN_KEPT_MS),
    }),
    'delete-old-events': async () => ({
      events: await deleteOldEvents(database, clock().now - HISTORY_KEPT_MS),
    }),
    'prune-sets': async () => ({ sets: await pruneSets(database, clock().now) }),
  };
  return Object.fromEntries(
    Object.entries(jobs).map(([name, work]) => [
      name,
      async (_payload: unknown, helpers: { readonly abortSignal?: AbortSignal }) => {
        // Not the queue's own lock on a name: a killed node would hold that for hours. This one ends with its connection.
        const lock = await database.tryLock(`job:${name}`);
        if (lock === undefined) return;
        const began = performance.now();
        let outcome: 'done' | 'failed' = 'failed';
        try {
          const signals = [helpers.abortSignal, lock.lost].filter((signal) => signal !== undefined);
          const result = await work(AbortSignal.any(signals));
          outcome = 'done';
          log.debug('job done', { job: name, ...result });
        } finally {
          onJobEnded(name, outcome, performance.now() - began);
          await lock.release();
        }
      },
    ]),
  );
}

function queueLogger(log: Log): Logger {
  return new Logger(() => (level, message, meta) => {
    const fields = meta === undefined ? {} : { error: meta['error'] };
    if (level === 'error') log.error(message, fields);
    else if (level === 'warning') log.warn(message, fields);
    else log.debug(message);
  });
}
