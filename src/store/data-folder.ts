/**
 * The data folder: where it lies and who owns what in it. As an ordinary user all of it is that user's. As root,
 * PostgreSQL runs under an account of its own (it refuses root), which gets the folders it writes in; the data folder
 * itself stays root's and is opened for passing through, so that this account cannot replace root's keys beside it.
 */
import { spawnSync } from 'node:child_process';
import {
  accessSync,
  chmodSync,
  constants,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  statSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import type { Config } from '../config.ts';
import { appError } from '../errors.ts';

/** What takes the place of the default folder where the account of PostgreSQL cannot reach that. */
export const SYSTEM_DATA_FOLDER = '/var/lib/parapet';
const ACCOUNT_NAMES = ['postgres', '_postgresql', '_postgres', 'nobody'] as const;

/** An account of the system that PostgreSQL runs under when Parapet runs as root. */
export interface Account {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

export interface DataFolder {
  readonly path: string;
  /** Undefined where PostgreSQL runs as the user of this process. */
  readonly account: Account | undefined;
}

/** Where what lies in a data folder. */
export function clusterFolder(folder: DataFolder): string {
  return join(folder.path, 'postgresql');
}

/**
 * The data folder of this process: the configured one, or `/var/lib/parapet` in place of the default one when Parapet
 * runs as root and the account of its PostgreSQL cannot reach that. Creates nothing. Throws `data-folder-unusable`
 * where the folder is out of reach.
 */
export function findDataFolder(
  config: Pick<Config, 'dataDir' | 'dataDirIsDefault' | 'databaseUrl'>,
): DataFolder {
  // Nobody but this process needs a folder without a database in it.
  if (process.getuid?.() !== 0 || config.databaseUrl !== undefined) {
    return { path: config.dataDir, account: undefined };
  }
  const configured = folderFor(config.dataDir);
  if (canPass(configured.account, dirname(configured.path))) return configured;
  if (config.dataDirIsDefault) {
    const system = folderFor(SYSTEM_DATA_FOLDER);
    if (canPass(system.account, dirname(system.path))) return system;
  }
  throw appError('data-folder-unusable', {
    folder: config.dataDir,
    problem: `Parapet runs as root, its PostgreSQL runs as ${configured.account.name}, and ${configured.account.name} cannot pass through a folder above it`,
    way: 'Choose a folder that every user can reach with PARAPET_DATA_DIR (such as /var/lib/parapet), open the folders above it (chmod o+x), run Parapet as an ordinary user, or give a database with DATABASE_URL.',
  });
}

function folderFor(path: string): DataFolder & { readonly account: Account } {
  return { path, account: ownerOfCluster(path) ?? systemAccount(path) };
}

/** An existing cluster runs under whoever owns it: an ordinary user's folder stays that user's when root starts it. */
function ownerOfCluster(path: string): Account | undefined {
  const cluster = join(path, 'postgresql');
  if (!existsSync(cluster)) return undefined;
  const { uid, gid } = lstatSync(cluster);
  return uid === 0 ? undefined : { name: `user ${uid}`, uid, gid };
}

function systemAccount(folder: string): Account {
  const passwd = existsSync('/etc/passwd') ? readFileSync('/etc/passwd', 'utf8') : '';
  const lines = passwd.split('\n').map((line) => line.split(':'));
  for (const name of ACCOUNT_NAMES) {
    const [, , uid, gid] = lines.find(([entry]) => entry === name) ?? [];
    // macOS writes nobody's -2, which is 4294967294 to the system.
    if (uid && gid && Number(uid) !== 0) return { name, uid: Number(uid) >>> 0, gid: Number(gid) >>> 0 };
  }
  throw appError('data-folder-unusable', {
    folder,
    problem:
      'Parapet runs as root, PostgreSQL refuses to, and the system has neither a user postgres nor a user nobody',
    way: 'Create one of them, run Parapet as an ordinary user, or give a database with DATABASE_URL.',
  });
}

/** Whether `account` can pass through `folder`, or, where that does not exist yet, through the nearest one above it. */
export function canPass(account: Account, folder: string): boolean {
  let existing = folder;
  while (!existsSync(existing) && dirname(existing) !== existing) existing = dirname(existing);
  // Asked of the system itself, which knows access lists and mounts that the mode bits do not show.
  const probe = spawnSync('/bin/sh', ['-c', 'cd -- "$1"', 'sh', existing], {
    uid: account.uid,
    gid: account.gid,
    cwd: '/',
    env: {},
    stdio: 'ignore',
  });
  return probe.status === 0;
}

/** Creates the data folder where it is missing, and makes sure that it can be written and passed through. */
export function prepareDataFolder(folder: DataFolder): void {
  try {
    makeFolders(folder.path, folder.account === undefined ? 0o700 : 0o711);
    if (!statSync(folder.path).isDirectory()) {
      throw unusable(folder, 'it is no folder', 'Choose another one with PARAPET_DATA_DIR.');
    }
    accessSync(folder.path, constants.R_OK | constants.W_OK | constants.X_OK);
    if (folder.account !== undefined && !canPass(folder.account, folder.path)) {
      chmodSync(folder.path, (statSync(folder.path).mode & 0o7777) | 0o011);
    }
  } catch (error) {
    throw folderError(folder, error);
  }
  if (folder.account !== undefined && !canPass(folder.account, folder.path)) {
    const way = 'Open the folders above it (chmod o+x), or choose another one with PARAPET_DATA_DIR.';
    throw unusable(folder, `${folder.account.name}, as whom PostgreSQL runs, cannot pass through it`, way);
  }
}

/**
 * Makes a folder and those above it that are missing. Not by mkdir's own `recursive`: Node.js tries for ever where a folder
 * is there but takes no new ones and says ENOENT, as /proc does.
 */
function makeFolders(path: string, mode: number): void {
  try {
    mkdirSync(path, { mode });
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'EEXIST') return;
    const parent = dirname(path);
    if (code !== 'ENOENT' || existsSync(parent)) throw error;
    makeFolders(parent, mode);
    mkdirSync(path, { mode });
  }
}

function unusable(folder: DataFolder, problem: string, way: string, cause?: unknown): Error {
  return appError('data-folder-unusable', { folder: folder.path, problem, way }, cause);
}

/** The words for a failed file operation in the data folder; an error that is none comes back as it is. */
export function folderError(folder: DataFolder, error: unknown): unknown {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  const choose = 'or choose another one with PARAPET_DATA_DIR.';
  switch (code) {
    case 'EROFS':
      return unusable(folder, 'it lies on a read-only file system', `Make that writable, ${choose}`, error);
    case 'EACCES':
    case 'EPERM': {
      const user = process.getuid?.() === undefined ? 'this user' : `user ${process.getuid?.()}`;
      return unusable(folder, `${user} may not write in it`, `Give the user that right, ${choose}`, error);
    }
    case 'ENOSPC':
    case 'EDQUOT':
      return unusable(folder, 'its disk is full', `Free space there, ${choose}`, error);
    case 'ENOENT':
      return unusable(folder, 'it cannot be made there', 'Choose another one with PARAPET_DATA_DIR.', error);
    case 'ENOTDIR':
    case 'EEXIST':
      return unusable(
        folder,
        'a file lies where it or a folder above it should be',
        `Move that, ${choose}`,
        error,
      );
    default:
      return error;
  }
}
