/**
 * One private PostgreSQL as a process of the system: made, found running, started, stopped. Nothing here knows who uses
 * it (`embedded.ts`); every function but `isRunning` must be called under the folder's start lock.
 */
import { spawn } from 'node:child_process';
import {
  closeSync,
  constants,
  existsSync,
  fstatSync,
  ftruncateSync,
  openSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  rmSync,
  statfsSync,
} from 'node:fs';
import { totalmem } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import type { Config } from '../config.ts';
import { appError } from '../errors.ts';
import { clusterFolder, type DataFolder } from './data-folder.ts';
import {
  identity,
  isAbsence,
  logFile,
  makeCluster,
  PRIVATE_DATABASE,
  passwordFile,
  privateConnectionString,
  programFailure,
  readClusterVersion,
} from './postgres-cluster.ts';
import { findPostgresPrograms, type PostgresPrograms, PROGRAM_ENVIRONMENT } from './postgres-programs.ts';
import { prepareSocketFolder, SOCKET_PORT } from './socket-folder.ts';

/** Recovery after a crash replays up to max_wal_size; a slow disk may take minutes for it. */
export const START_TIMEOUT_MS = 600_000;
export const STOP_TIMEOUT_MS = 30_000;
const POLL_MS = 25;
/** After kill -9 of PostgreSQL its other processes live on for moments, and it refuses to start beside them. */
const START_ATTEMPTS_MAX = 60;
const START_RETRY_MS = 250;
const LOG_BYTES_MAX = 4_194_304;
const SHARED_BUFFERS_MB_MIN = 128;
const SHARED_BUFFERS_MB_MAX = 4_096;
const LOG_MB_MIN = 1_024;
const LOG_MB_MAX = 8_192;

/** What the private PostgreSQL is always started with; given on its command line, so that no file can say otherwise. */
const SETTINGS: Readonly<Record<string, string>> = {
  listen_addresses: '',
  port: String(SOCKET_PORT),
  unix_socket_permissions: '0700',
  max_connections: '250',
  fsync: 'on',
  full_page_writes: 'on',
  synchronous_commit: 'on',
  shared_buffers: `${sharedBuffersMb(memoryBytes())}MB`,
  // Packing whole pages took a tenth of the time in which an advisory is followed. LZ4 takes less, and another PostgreSQL of the
  // same version may not be able to read it.
  wal_compression: 'off',
  jit: 'off',
  timezone: 'UTC',
  log_timezone: 'UTC',
  // Starts, stops and crashes are logged; failed statements are answered to whoever sent them.
  log_min_messages: 'log',
  log_checkpoints: 'off',
  log_autovacuum_min_duration: '-1',
  logging_collector: 'off',
};

/**
 * An eighth of the machine's memory, because Parapet itself and the system's cache live there too. With the 256 MB that it was
 * before, PostgreSQL wrote pages out and read them back while an advisory was followed on 2,000,000 servers.
 */
function sharedBuffersMb(bytes: number): number {
  const share = Math.floor(bytes / 8 / 1024 / 1024);
  return Math.min(SHARED_BUFFERS_MB_MAX, Math.max(SHARED_BUFFERS_MB_MIN, share));
}

/**
 * How much PostgreSQL may log between two checkpoints, after each of which every page is logged whole once more: a sixteenth
 * of the disk. It takes that room only while so much is written, as when an advisory touches a large part of the fleet.
 */
function logMb({ path }: DataFolder): number {
  const { blocks, bsize } = statfsSync(path);
  const share = Math.floor((blocks * bsize) / 16 / 1024 / 1024);
  return Math.min(LOG_MB_MAX, Math.max(LOG_MB_MIN, share));
}

/** Of the machine, or what a container may use of it. */
function memoryBytes(): number {
  const limit = process.constrainedMemory();
  return limit > 0 ? Math.min(limit, totalmem()) : totalmem();
}

/** Who to ask, and how to reach it. */
export interface RunningPostgres {
  readonly pid: number;
  readonly socketFolder: string;
}

/**
 * Makes sure that the folder's PostgreSQL runs and answers: one left over is adopted, a missing one is made. `settings`
 * add to the usual ones. Throws in words: no programs, a full or read-only disk, or what PostgreSQL itself said; errors of
 * the file system come as they are.
 */
export async function ensurePostgres(
  config: Pick<Config, 'postgresBin' | 'searchPath'>,
  folder: DataFolder,
  settings: Readonly<Record<string, string>> = {},
): Promise<RunningPostgres> {
  const socketFolder = prepareSocketFolder(folder);
  const leftOver = findPostmaster(folder);
  const running = leftOver === undefined ? undefined : await adopt(folder, leftOver, socketFolder);
  if (running !== undefined) return running;
  const version = readClusterVersion(folder);
  const programs = findPostgresPrograms(config, folder, version);
  if (version === undefined) makeCluster(programs, folder);
  return start(programs, folder, socketFolder, settings);
}

/** Stops PostgreSQL: its clients are cut off, what they committed stays. Returns when it has ended. */
export async function stopPostgres(folder: DataFolder): Promise<void> {
  const pid = findPostmaster(folder);
  if (pid === undefined) return;
  for (const signal of ['SIGINT', 'SIGQUIT'] as const) {
    signalProcess(pid, signal);
    if (await waitUntil(() => !isRunning(pid), STOP_TIMEOUT_MS)) return;
  }
  throw appError('postgres-failed', {
    problem: `(process ${pid}) did not stop. Look at ${logFile(folder)}.`,
  });
}

/** Whether process `pid` lives; one that has ended and waits to be collected does not. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EPERM')) return false;
  }
  try {
    const [, state] = /\) (\S)/.exec(readFileSync(`/proc/${pid}/stat`, 'utf8')) ?? [];
    return state !== 'Z' && state !== 'X';
  } catch {
    // No /proc: the signal has answered. With one, the process has just ended.
    return !existsSync('/proc/self/stat');
  }
}

/** The process of the folder's running PostgreSQL, or undefined. Clears away what a dead one left in the way. */
function findPostmaster(folder: DataFolder): number | undefined {
  const cluster = clusterFolder(folder);
  const file = join(cluster, 'postmaster.pid');
  let pid: number;
  try {
    pid = Number.parseInt(readFileSync(file, 'utf8'), 10);
  } catch (error) {
    if (isAbsence(error)) return undefined;
    throw error;
  }
  if (!(pid > 0) || !isRunning(pid)) return undefined;
  const home = workingFolder(pid);
  if (home === undefined || home === realpathSync(cluster)) return pid;
  // Another program got the number since, as happens whenever a container starts anew. PostgreSQL would take it for itself.
  rmSync(file);
  return undefined;
}

/** The working folder of a process, which for PostgreSQL is its cluster; undefined where the system does not say. */
function workingFolder(pid: number): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/cwd`);
  } catch {
    return undefined;
  }
}

/** Waits until a PostgreSQL that was found running answers. Undefined when it ends instead, as when it was stopping. */
async function adopt(
  folder: DataFolder,
  pid: number,
  socketFolder: string,
): Promise<RunningPostgres | undefined> {
  const [, , , , itsSocketFolder] = readFileSync(join(clusterFolder(folder), 'postmaster.pid'), 'utf8').split(
    '\n',
  );
  if (itsSocketFolder !== socketFolder) {
    // It was started before the folder was moved: nobody would find it there.
    await stopPostgres(folder);
    return undefined;
  }
  return (await waitForAnswer(folder, socketFolder, () => isRunning(pid)))
    ? { pid, socketFolder }
    : undefined;
}

async function start(
  programs: PostgresPrograms,
  folder: DataFolder,
  socketFolder: string,
  settings: Readonly<Record<string, string>>,
): Promise<RunningPostgres> {
  const options = Object.entries({
    ...SETTINGS,
    max_wal_size: `${logMb(folder)}MB`,
    ...settings,
    // A list of folders: quoted, because a comma or a quote may be part of a name.
    unix_socket_directories: `"${socketFolder.replaceAll('"', '""')}"`,
  }).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  for (let attempt = 1; ; attempt += 1) {
    const log = openLog(folder);
    let pid: number;
    try {
      pid = await spawnPostgres(programs, folder, options, log.fd);
    } finally {
      closeSync(log.fd);
    }
    try {
      if (await waitForAnswer(folder, socketFolder, () => isRunning(pid))) return { pid, socketFolder };
    } catch (error) {
      signalProcess(pid, 'SIGINT');
      throw error;
    }
    const said = readFileSync(logFile(folder)).subarray(log.offset).toString('utf8');
    const isBesideOld = /pre-existing shared memory block|lock file "[^"]*" already exists/.test(said);
    if (!isBesideOld || attempt >= START_ATTEMPTS_MAX) throw programFailure(folder, said, 'did not start');
    await delay(START_RETRY_MS);
  }
}

/** Starts it in a session of its own: what a terminal or a service manager sends to Parapet's group is not meant for it. */
function spawnPostgres(
  programs: PostgresPrograms,
  folder: DataFolder,
  options: readonly string[],
  log: number,
): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(join(programs.folder, 'postgres'), ['-D', clusterFolder(folder), ...options], {
      ...identity(folder),
      cwd: '/',
      env: PROGRAM_ENVIRONMENT,
      detached: true,
      stdio: ['ignore', log, log],
    });
    child.once('error', (error) => reject(programFailure(folder, error.message, 'did not start')));
    child.once('spawn', () => {
      child.unref();
      if (child.pid !== undefined) resolve(child.pid);
    });
  });
}

/** Waits until a login succeeds, and makes Parapet's database where it is missing. False when `isAlive` ends before. */
async function waitForAnswer(
  folder: DataFolder,
  socketFolder: string,
  isAlive: () => boolean,
): Promise<boolean> {
  const deadline = Date.now() + START_TIMEOUT_MS;
  for (;;) {
    const problem = await tryLogin(folder, socketFolder);
    if (problem === undefined) return true;
    if (!isAlive()) return false;
    // 28: the password is wrong, and stays so.
    if (problem.code?.startsWith('28') === true || Date.now() >= deadline) {
      throw appError('postgres-failed', {
        problem: `runs but cannot be used: ${problem.message}. The password in ${passwordFile(folder)} may have been changed: restore the data folder from a backup.`,
      });
    }
    await delay(POLL_MS);
  }
}

async function tryLogin(
  folder: DataFolder,
  socketFolder: string,
): Promise<{ readonly message: string; readonly code?: string } | undefined> {
  const client = new Client({ connectionString: privateConnectionString(folder, socketFolder, 'postgres') });
  client.on('error', () => undefined);
  try {
    await client.connect();
    const { rowCount } = await client.query('SELECT FROM pg_database WHERE datname = $1', [PRIVATE_DATABASE]);
    if (rowCount === 0) await client.query(`CREATE DATABASE ${PRIVATE_DATABASE} TEMPLATE template0`);
    return undefined;
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return 'code' in error && typeof error.code === 'string'
      ? { message: error.message, code: error.code }
      : { message: error.message };
  } finally {
    await client.end().catch(() => undefined);
  }
}

function signalProcess(pid: number, signal: 'SIGINT' | 'SIGQUIT'): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}

function openLog(folder: DataFolder): { readonly fd: number; readonly offset: number } {
  const { O_WRONLY, O_CREAT, O_APPEND, O_NOFOLLOW } = constants;
  const fd = openSync(logFile(folder), O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW, 0o600);
  const { size } = fstatSync(fd);
  if (size <= LOG_BYTES_MAX) return { fd, offset: size };
  ftruncateSync(fd);
  return { fd, offset: 0 };
}

async function waitUntil(condition: () => boolean, timeoutMs: number): Promise<boolean> {
  const deadline = Date.now() + timeoutMs;
  while (!condition()) {
    if (Date.now() >= deadline) return false;
    await delay(POLL_MS);
  }
  return true;
}

function delay(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
