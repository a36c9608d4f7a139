/**
 * The private PostgreSQL of a data folder and its users. Every process that uses it holds the lock `users` together with
 * the others; whoever finds it not running starts it, and the last to leave stops it, so neither the order in which
 * processes come and go nor the death of any of them matters. `parapet serve` besides holds the lock `serve` alone, and
 * starts PostgreSQL again when it dies. Starting and stopping happen under the lock `start`, one at a time.
 */
import { accessSync, constants, mkdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Config } from '../config.ts';
import { AppError, appError } from '../errors.ts';
import { type DataFolder, findDataFolder, folderError, prepareDataFolder } from './data-folder.ts';
import { type FolderLock, lockFile, tryLockFile } from './folder-lock.ts';
import { PRIVATE_DATABASE, privateConnectionString } from './postgres-cluster.ts';
import { ensurePostgres, isRunning, START_TIMEOUT_MS, stopPostgres } from './postgres-process.ts';
import { removeSocketFolder } from './socket-folder.ts';

const WATCH_MS = 200;
const RESTART_DELAY_MS = 250;
const RESTART_DELAY_MS_MAX = 30_000;

export type EmbeddedConfig = Pick<
  Config,
  'dataDir' | 'dataDirIsDefault' | 'databaseUrl' | 'postgresBin' | 'searchPath'
>;

export interface EmbeddedPostgres {
  /** Holds the password. */
  readonly connectionString: string;
  readonly folder: string;
  /** Why the process that died could not be started again so far, or undefined. */
  problem(): string | undefined;
  /** Leaves it; the last user stops it. All connections must be closed before. */
  close(): Promise<void>;
}

/**
 * Opens the private PostgreSQL of the configured data folder for `parapet serve` or for another command. Throws
 * `data-folder-in-use` where another `serve` has the folder, and in words whatever keeps it from running. `settings` of
 * PostgreSQL add to the usual ones when this process is the one to start it.
 */
export async function openEmbedded(
  config: EmbeddedConfig,
  role: 'serve' | 'command',
  settings: Readonly<Record<string, string>> = {},
): Promise<EmbeddedPostgres> {
  const folder = findDataFolder(config);
  prepareDataFolder(folder);
  let serving: FolderLock | undefined;
  try {
    const locks = prepareLocks(folder);
    if (role === 'serve') serving = takeServeLock(folder, locks);
    const ensure = () => ensurePostgres(config, folder, settings);
    const { running, using } = await withStartLock(folder, locks, async () => {
      checkContainer(folder, locks);
      return { running: await ensure(), using: tryLockFile(locks.users, 'shared') };
    });
    if (using === undefined) throw inUse(folder, 'another process that starts or stops its PostgreSQL');
    const restart = async () => (await withStartLock(folder, locks, ensure)).pid;
    const watch = serving === undefined ? undefined : watchPostgres(running.pid, restart);
    return {
      connectionString: privateConnectionString(folder, running.socketFolder, PRIVATE_DATABASE),
      folder: folder.path,
      problem: () => watch?.problem(),
      close: async () => {
        await watch?.stop();
        try {
          await leave(folder, locks, using);
        } finally {
          serving?.release();
        }
      },
    };
  } catch (error) {
    serving?.release();
    throw folderError(folder, error);
  }
}

interface Locks {
  readonly serve: string;
  readonly start: string;
  readonly users: string;
  /** Says who holds `serve`; only for the sentence that names it. */
  readonly servePid: string;
  /** Says where PostgreSQL was started: in which boot of the machine, and in which of its containers. */
  readonly startedIn: string;
}

function prepareLocks(folder: DataFolder): Locks {
  const path = join(folder.path, 'locks');
  mkdirSync(path, { recursive: true, mode: 0o700 });
  accessSync(path, constants.R_OK | constants.W_OK | constants.X_OK);
  return {
    serve: join(path, 'serve.lock'),
    start: join(path, 'start.lock'),
    users: join(path, 'users.lock'),
    servePid: join(path, 'serve.pid'),
    startedIn: join(path, 'started-in'),
  };
}

function takeServeLock(folder: DataFolder, locks: Locks): FolderLock {
  const lock = tryLockFile(locks.serve, 'exclusive');
  if (lock === undefined) throw inUse(folder, `another parapet serve${whoServes(locks)}`);
  replaceFile(locks.servePid, `${process.pid}\n`);
  return lock;
}

function whoServes(locks: Locks): string {
  const pid = readText(locks.servePid)?.trim();
  return pid === undefined ? '' : ` (process ${pid})`;
}

/** Written anew and not over what lies there, which might be a link. */
function replaceFile(path: string, text: string): void {
  rmSync(path, { force: true });
  writeFileSync(path, text, { flag: 'wx', mode: 0o600 });
}

/**
 * Refuses where processes of another container use the folder: they share its files and locks with this one, but not the
 * process numbers and the memory by which PostgreSQL would see that it runs already.
 */
function checkContainer(folder: DataFolder, locks: Locks): void {
  const here = container();
  const alone = tryLockFile(locks.users, 'exclusive');
  alone?.release();
  if (alone === undefined && readText(locks.startedIn) !== here) {
    throw inUse(folder, 'processes of another container');
  }
  if (readText(locks.startedIn) !== here) replaceFile(locks.startedIn, here);
}

function container(): string {
  try {
    return `${readText('/proc/sys/kernel/random/boot_id')?.trim()} ${readlinkSync('/proc/self/ns/pid')}`;
  } catch {
    return 'one machine without containers';
  }
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

function inUse(folder: DataFolder, by: string): Error {
  return appError('data-folder-in-use', { folder: folder.path, by });
}

/** Runs `work` while no other process starts or stops the folder's PostgreSQL. */
async function withStartLock<T>(folder: DataFolder, locks: Locks, work: () => Promise<T>): Promise<T> {
  const lock = await lockFile(locks.start, 'exclusive', START_TIMEOUT_MS);
  if (lock === undefined) throw inUse(folder, 'another process that starts or stops its PostgreSQL');
  try {
    return await work();
  } catch (error) {
    throw folderError(folder, error);
  } finally {
    lock.release();
  }
}

async function leave(folder: DataFolder, locks: Locks, using: FolderLock): Promise<void> {
  await withStartLock(folder, locks, async () => {
    using.release();
    const alone = tryLockFile(locks.users, 'exclusive');
    if (alone === undefined) return;
    try {
      await stopPostgres(folder);
      removeSocketFolder(folder);
    } finally {
      alone.release();
    }
  });
}

interface Watch {
  problem(): string | undefined;
  stop(): Promise<void>;
}

/** Looks after process `pid`, and when it has ended, calls `restart` until that succeeds, after 0.25 to 30 seconds. */
function watchPostgres(pid: number, restart: () => Promise<number>): Watch {
  let current = pid;
  let problem: string | undefined;
  let delayMs = RESTART_DELAY_MS;
  let isStopped = false;
  let working: Promise<void> = Promise.resolve();
  let timer = setTimeout(look, WATCH_MS);

  function look(): void {
    working = isRunning(current) ? Promise.resolve() : revive();
    void working.then(() => {
      if (!isStopped) timer = setTimeout(look, problem === undefined ? WATCH_MS : delayMs);
    });
  }

  async function revive(): Promise<void> {
    try {
      current = await restart();
      problem = undefined;
      delayMs = RESTART_DELAY_MS;
    } catch (error) {
      problem = error instanceof AppError ? error.message : String(error);
      delayMs = Math.min(delayMs * 2, RESTART_DELAY_MS_MAX);
    }
  }

  return {
    problem: () => problem,
    stop: async () => {
      isStopped = true;
      clearTimeout(timer);
      await working;
    },
  };
}
