/**
 * What follows an import: the packages that it touched are matched again, then the servers that hold a package whose
 * result changed are assessed again. The work lies in two tables that the import filled in its own transaction, so it
 * goes on after a kill, and several processes may share it.
 */
import { setTimeout } from 'node:timers/promises';
import { holdAdvisorySet, revisionInForce } from '../store/advisories/lock-advisory-set.ts';
import type { Database, Queryable } from '../store/database.ts';
import { loadPackages } from '../store/fleet/load-packages.ts';
import { assessServers } from './assess-servers.ts';
import { matchStoredPackages } from './match-packages.ts';

const PACKAGES_PER_BATCH = 500;
const SERVERS_PER_BATCH = 100;

/** How long to wait for work that another process has taken and not finished yet. */
const OTHERS_WORK_DELAY_MS = 200;

export interface FollowProgress {
  readonly packagesDone: number;
  readonly serversDone: number;
}

export interface FollowOptions {
  readonly now: () => number;
  readonly onProgress?: (progress: FollowProgress) => void;
  readonly signal?: AbortSignal;
}

/** Works until nothing is left to follow. Returns how many packages were matched and how many servers changed. */
export async function followAdvisories(
  database: Database,
  options: FollowOptions,
): Promise<{ readonly packages: number; readonly servers: number }> {
  let packages = 0;
  let servers = 0;
  for (;;) {
    options.signal?.throwIfAborted();
    const matched = await rematchBatch(database);
    packages += matched;
    options.onProgress?.({ packagesDone: packages, serversDone: servers });
    if (matched > 0) continue;
    const assessed = await reassessNext(database, options);
    if (assessed === undefined) return { packages, servers };
    servers += assessed;
    options.onProgress?.({ packagesDone: packages, serversDone: servers });
  }
}

/**
 * Like `followAdvisories`, but returns only when everything is followed, also what another process has taken: a `serve`
 * on the same database does this work too. Should that die, its share is done here.
 */
export async function followToTheEnd(
  database: Database,
  options: FollowOptions,
): ReturnType<typeof followAdvisories> {
  let packages = 0;
  let servers = 0;
  for (;;) {
    const done = await followAdvisories(database, options);
    packages += done.packages;
    servers += done.servers;
    if (!(await isFollowing(database))) return { packages, servers };
    await setTimeout(OTHERS_WORK_DELAY_MS, undefined, {
      ...(options.signal === undefined ? {} : { signal: options.signal }),
    });
  }
}

/** Whether an import is in force that not all servers have followed yet. */
export async function isFollowing(database: Queryable): Promise<boolean> {
  const [row] = await database.query<{ following: boolean }>(
    `SELECT EXISTS (SELECT FROM rematch_package) OR EXISTS (SELECT FROM reassess) AS following`,
  );
  return row?.following ?? false;
}

async function rematchBatch(database: Database): Promise<number> {
  return await database.transaction(async (tx) => {
    const claimed = await tx.query<{ project_id: string; package_id: number }>(
      `DELETE FROM rematch_package r USING (
         SELECT project_id, package_id FROM rematch_package
         WHERE project_id = (SELECT project_id FROM rematch_package LIMIT 1)
         ORDER BY package_id LIMIT $1 FOR UPDATE SKIP LOCKED
       ) batch
       WHERE r.project_id = batch.project_id AND r.package_id = batch.package_id
       RETURNING r.project_id, r.package_id`,
      [PACKAGES_PER_BATCH],
    );
    const projectId = claimed[0]?.project_id;
    if (projectId === undefined) return 0;
    const packages = await loadPackages(
      tx,
      projectId,
      claimed.map((row) => row.package_id),
    );
    const revision = await revisionInForce(tx);
    const { changed } = await matchStoredPackages(tx, { projectId, revision }, [...packages.values()]);
    if (changed.length > 0) {
      await tx.execute(
        `INSERT INTO reassess (project_id, package_ids, vulnerabilities) VALUES ($1, $2, '{}')`,
        [projectId, changed],
      );
      // Reports that read the old result commit first, so the servers' turn below sees them: see lock-advisory-set.ts.
      await holdAdvisorySet(tx);
    }
    return claimed.length;
  });
}

/**
 * Assesses the servers of one row of `reassess`, each batch in its own transaction, and removes the row at the end: a kill
 * in between repeats batches, which changes nothing. Undefined: there is none.
 */
async function reassessNext(database: Database, options: FollowOptions): Promise<number | undefined> {
  const [work] = await database.query<{ project_id: string; id: number; servers: readonly string[] }>(
    `SELECT r.project_id, r.id, ARRAY(
       SELECT s.id FROM server s WHERE s.project_id = r.project_id
         AND (s.package_ids && r.package_ids OR s.finding_vulnerability && r.vulnerabilities)
       ORDER BY s.id) AS servers
     FROM reassess r ORDER BY r.id LIMIT 1`,
  );
  if (work === undefined) return undefined;
  let written = 0;
  for (let from = 0; from < work.servers.length; from += SERVERS_PER_BATCH) {
    options.signal?.throwIfAborted();
    written += await database.transaction((tx) =>
      assessServers(tx, {
        projectId: work.project_id,
        serverIds: work.servers.slice(from, from + SERVERS_PER_BATCH),
        cause: 'advisories',
        actor: 'advisories',
        remark: '',
        now: options.now(),
      }),
    );
  }
  await database.execute(`DELETE FROM reassess WHERE project_id = $1 AND id = $2`, [
    work.project_id,
    work.id,
  ]);
  return written;
}
