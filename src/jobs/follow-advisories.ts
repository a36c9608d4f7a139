/**
 * What follows an import: the packages that it touched are matched again, then the servers that hold a package whose
 * result changed are assessed again. The work lies in two tables that the import filled in its own transaction, so it
 * goes on after a kill, and several processes may share it.
 */
import { setTimeout } from 'node:timers/promises';
import {
  holdAdvisorySet,
  noteMatchesChanged,
  revisionInForce,
} from '../store/advisories/lock-advisory-set.ts';
import type { Database, Queryable } from '../store/database.ts';
import type { ServerChoice } from '../store/findings/load-assessable.ts';
import { loadPackages } from '../store/fleet/load-packages.ts';
import {
  packageSetsHolding,
  packagesAffectedBy,
  serversBySet,
  serversListingAsFixed,
  serversOfSet,
} from '../store/fleet/package-set-holders.ts';
import { notePackageSets } from '../store/server-view/note-package-sets.ts';
import { assessServers } from './assess-servers.ts';
import { assessTouched, type FollowingTask, TOUCHED_VULNERABILITIES_MAX } from './assess-touched.ts';
import { KnownMatches } from './known-matches.ts';
import { matchStoredPackages } from './match-packages.ts';

const PACKAGES_PER_BATCH = 500;
/** Their reports wait for the batch. */
const SERVERS_PER_BATCH = 2_000;
const BATCHES_AT_ONCE = 2;

/** How long to wait for work that another process has taken and not finished yet. */
const OTHERS_WORK_DELAY_MS = 200;

export interface FollowProgress {
  readonly packagesDone: number;
  readonly serversDone: number;
}

export interface FollowOptions {
  readonly now: () => number;
  /** About how many servers are assessed in one transaction; without it SERVERS_PER_BATCH. */
  readonly serversPerBatch?: number;
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
    const before = servers;
    const assessed = await reassessNext(database, {
      ...options,
      onBatch: (done) => options.onProgress?.({ packagesDone: packages, serversDone: before + done }),
    });
    if (assessed === undefined) return { packages, servers };
    servers += assessed;
    options.onProgress?.({ packagesDone: packages, serversDone: servers });
  }
}

/**
 * Like `followAdvisories`, but returns only when everything is followed, also what another process has taken: a `serve`
 * on the same database does this work too (then `isShared`, and the numbers are of this process alone). Should that die, its
 * share is done here.
 */
export async function followToTheEnd(
  database: Database,
  options: FollowOptions,
): Promise<{ readonly packages: number; readonly servers: number; readonly isShared: boolean }> {
  let packages = 0;
  let servers = 0;
  let isShared = false;
  for (;;) {
    const done = await followAdvisories(database, options);
    packages += done.packages;
    servers += done.servers;
    if (!(await isFollowing(database))) return { packages, servers, isShared };
    isShared = true;
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
    const { changed, touched } = await matchStoredPackages(tx, { projectId, revision }, [
      ...packages.values(),
    ]);
    if (changed.length > 0) {
      await tx.execute(
        `INSERT INTO reassess (project_id, package_ids, vulnerabilities, matched_vulnerabilities) VALUES ($1, $2, '{}', $3)`,
        [projectId, changed, touched],
      );
      // Reports that read the old result commit first, so the servers' turn below sees them: see lock-advisory-set.ts.
      await holdAdvisorySet(tx);
      await noteMatchesChanged(tx);
    }
    return claimed.length;
  });
}

interface BatchOptions {
  /** Told after each batch how many servers have been written so far. */
  readonly onBatch: (written: number) => void;
}

interface ReassessWork {
  readonly projectId: string;
  /** Numbers of the rows that this does. */
  readonly rows: readonly number[];
  readonly packageIds: readonly number[];
  /** Those whose own facts changed. */
  readonly vulnerabilities: readonly number[];
  /** All vulnerabilities of which anything changed; undefined: not known, so that servers are assessed whole. */
  readonly touched: readonly number[] | undefined;
}

/**
 * Assesses the servers of all that `reassess` says of one project, each batch in its own transaction, and removes those rows
 * at the end: a kill in between repeats batches, which changes nothing. Undefined: there is none, or another process is at it.
 */
async function reassessNext(
  database: Database,
  options: FollowOptions & BatchOptions,
): Promise<number | undefined> {
  const lock = await database.tryLock('reassess');
  if (lock === undefined) return undefined;
  try {
    const work = await nextWork(database);
    if (work === undefined) return undefined;
    const { projectId } = work;
    const affected = await packagesAffectedBy(database, projectId, work.vulnerabilities);
    const packageIds = [...new Set([...work.packageIds, ...affected])];
    const packageSets = await packageSetsHolding(database, projectId, packageIds);
    const fixed = await serversListingAsFixed(database, projectId, work.vulnerabilities);
    const perBatch = options.serversPerBatch ?? SERVERS_PER_BATCH;
    const choices = choicesOf(database, projectId, { packageSets, fixed, perBatch });
    const written = await reassessAll(database, work, choices, options);
    await database.execute(`DELETE FROM reassess WHERE project_id = $1 AND id = ANY ($2::bigint[])`, [
      projectId,
      work.rows,
    ]);
    return written;
  } finally {
    await lock.release();
  }
}

async function nextWork(database: Queryable): Promise<ReassessWork | undefined> {
  const rows = await database.query<{
    project_id: string;
    id: number;
    package_ids: readonly number[];
    vulnerabilities: readonly number[];
    matched: readonly number[] | null;
  }>(
    `SELECT project_id, id, package_ids, vulnerabilities, matched_vulnerabilities AS matched FROM reassess
     WHERE project_id = (SELECT project_id FROM reassess ORDER BY id LIMIT 1)`,
  );
  const projectId = rows[0]?.project_id;
  if (projectId === undefined) return undefined;
  return {
    projectId,
    rows: rows.map((row) => row.id),
    packageIds: rows.flatMap((row) => row.package_ids),
    vulnerabilities: [...new Set(rows.flatMap((row) => row.vulnerabilities))],
    touched: rows.some((row) => row.matched === null && row.package_ids.length > 0)
      ? undefined
      : [...new Set(rows.flatMap((row) => [...row.vulnerabilities, ...(row.matched ?? [])]))],
  };
}

interface Chosen {
  readonly packageSets: readonly number[];
  readonly fixed: readonly string[];
  readonly perBatch: number;
}

/** All servers that have one of the sets, then those that list something as fixed, in batches of at most `perBatch`. */
async function* choicesOf(
  database: Queryable,
  projectId: string,
  { packageSets, fixed, perBatch }: Chosen,
): AsyncGenerator<ServerChoice> {
  let sets: number[] = [];
  let servers = 0;
  for (const [packageSet, count] of await serversBySet(database, projectId, packageSets)) {
    if (count > perBatch) {
      yield* partsOfSet(database, projectId, { packageSet, perBatch });
      continue;
    }
    if (servers + count > perBatch && sets.length > 0) {
      yield { packageSets: sets };
      sets = [];
      servers = 0;
    }
    sets.push(packageSet);
    servers += count;
  }
  if (sets.length > 0) yield { packageSets: sets };
  for (let from = 0; from < fixed.length; from += perBatch)
    yield { serverIds: fixed.slice(from, from + perBatch) };
}

/** A set that so many servers have that one batch of them would be too large. */
async function* partsOfSet(
  database: Queryable,
  projectId: string,
  { packageSet, perBatch }: { readonly packageSet: number; readonly perBatch: number },
): AsyncGenerator<ServerChoice> {
  for (let after = ''; ; ) {
    const serverIds = await serversOfSet(database, projectId, {
      packageSet,
      after,
      limit: perBatch,
    });
    if (serverIds.length > 0) yield { serverIds };
    if (serverIds.length < perBatch) return;
    after = serverIds.at(-1) ?? '';
  }
}

/** Two batches at a time: while the database writes one, the next is worked out. */
async function reassessAll(
  database: Database,
  { projectId, touched }: ReassessWork,
  choices: AsyncGenerator<ServerChoice>,
  options: FollowOptions & BatchOptions,
): Promise<number> {
  const known = new KnownMatches();
  let written = 0;
  const worker = async (): Promise<void> => {
    try {
      // Both take from one generator, which hands each batch to one of them.
      for (let next = await choices.next(); next.done !== true; next = await choices.next()) {
        options.signal?.throwIfAborted();
        const task = {
          projectId,
          servers: next.value,
          cause: 'advisories',
          actor: 'advisories',
          remark: '',
          now: options.now(),
        } satisfies FollowingTask;
        const count = await reassessBatch(database, known, task, touched);
        // Not `written += await …`: that reads the sum before the other worker has added to it.
        written += count;
        options.onBatch(written);
      }
    } catch (error) {
      await choices.return(undefined);
      throw error;
    }
  };
  // Both are over before anything is thrown: the lock is released then, and another process may go on.
  const ended = await Promise.allSettled(Array.from({ length: BATCHES_AT_ONCE }, worker));
  for (const end of ended) if (end.status === 'rejected') throw end.reason;
  return written;
}

async function reassessBatch(
  database: Database,
  known: KnownMatches,
  task: FollowingTask,
  touched: readonly number[] | undefined,
): Promise<number> {
  const isFew = touched !== undefined && touched.length <= TOUCHED_VULNERABILITIES_MAX;
  for (;;) {
    try {
      return await database.transaction(
        async (tx) => {
          let written = 0;
          if ('packageSets' in task.servers) await notePackageSets(tx);
          const held = await known.during(tx, async (knowledge) => {
            const own = { ...task, knowledge };
            written = isFew ? await assessTouched(tx, own, touched) : await assessServers(tx, own);
          });
          if (!held) throw new MatchesMovedOn();
          return written;
        },
        // The rows that say what is left go in a transaction of its own, which waits for the disk.
        { mayBeLost: true },
      );
    } catch (error) {
      if (!(error instanceof MatchesMovedOn)) throw error;
    }
  }
}

/** Rolls a batch back that was assessed with what is no longer in force. */
class MatchesMovedOn extends Error {}
