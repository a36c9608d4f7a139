/** What becomes of background jobs of which the queue never heard how they ended. */
import { describe, expect, it } from 'vitest';
import { startJobs } from '../../src/jobs/schedule.ts';
import { createLog } from '../../src/log.ts';
import { pruneJobs } from '../../src/store/prune-jobs.ts';
import { testDatabase } from '../database.ts';
import { clockAt } from './fleet-fixture.ts';

const { database, connectionString } = await testDatabase();

interface JobRow {
  readonly key: string | null;
  readonly locked: boolean;
  readonly attempts: number;
}

const jobs = async (): Promise<readonly JobRow[]> =>
  await database.query<JobRow>(
    `SELECT key, locked_at IS NOT NULL AS locked, attempts FROM graphile_worker.jobs
     WHERE task_identifier = 'refresh-unknown' ORDER BY id`,
  );

/** Runs a node until it has done one job of the name. */
async function runUntilDone(name: string): Promise<void> {
  const done = Promise.withResolvers<void>();
  const running = await startJobs({
    database,
    connectionString,
    clock: () => clockAt(0),
    log: createLog('silent'),
    feeds: undefined,
    onJobEnded: (job) => {
      if (job === name) done.resolve();
    },
  });
  await done.promise;
  await running.stop();
}

/** As a node leaves it that was killed, or cut off, before it could say that the job is done. */
async function loseCompletion(): Promise<void> {
  await database.query(
    `SELECT graphile_worker.add_job('refresh-unknown', job_key => 'refresh-unknown', max_attempts => 3)`,
  );
  await database.execute(
    `UPDATE graphile_worker._private_jobs SET locked_at = now(), locked_by = 'a node that is gone', attempts = 1
     WHERE key = 'refresh-unknown'`,
  );
}

it('a node that stops leaves no job locked that it has done', async () => {
  await runUntilDone('refresh-unknown');
  expect(await jobs()).toEqual([]);
});

describe('a job whose completion was lost', () => {
  it('keeps no other of its name from running, and is itself not run again', async () => {
    await loseCompletion();
    await runUntilDone('refresh-unknown');
    expect(await jobs()).toEqual([{ key: null, locked: true, attempts: 3 }]);
  });

  it('is kept while it may still run, and is gone once the queue has given its lock up', async () => {
    const later = (column: string): string =>
      `UPDATE graphile_worker._private_jobs SET ${column} = now() - interval '5 hours'`;
    await database.execute(later('updated_at'));
    expect(await pruneJobs(database)).toBe(0);
    await database.execute(later('locked_at'));
    expect(await pruneJobs(database)).toBe(1);
    expect(await jobs()).toEqual([]);
  });
});

describe('a job that failed', () => {
  it('is told of until a newer one has taken its place for an hour', async () => {
    await database.query(
      `SELECT graphile_worker.add_job('refresh-unknown', job_key => 'refresh-unknown', max_attempts => 3)`,
    );
    await database.execute(
      `UPDATE graphile_worker._private_jobs SET attempts = 3, updated_at = now() - interval '2 hours'
       WHERE key = 'refresh-unknown'`,
    );
    expect(await pruneJobs(database)).toBe(0);
    await runUntilDone('refresh-unknown');
    expect(await pruneJobs(database)).toBe(0);
    expect(await jobs()).toEqual([{ key: null, locked: false, attempts: 3 }]);
    await database.execute(
      `UPDATE graphile_worker._private_jobs SET updated_at = now() - interval '2 hours'`,
    );
    expect(await pruneJobs(database)).toBe(1);
  });
});
