import type { Queryable } from '../database.ts';

/** Lets the running service follow what was left to it at once, not with the next minute. Nothing is done where no service ever ran. */
export async function requestFollowing(database: Queryable): Promise<void> {
  const [queue] = await database.query<{ there: boolean }>(
    `SELECT to_regnamespace('graphile_worker') IS NOT NULL AS there`,
  );
  if (queue?.there !== true) return;
  await database.query(
    `SELECT graphile_worker.add_job('follow-advisories', '{}'::json, job_key => 'follow-advisories', max_attempts => 3)`,
  );
}
