/**
 * The cluster of the private PostgreSQL: its files in the data folder, how they are made, and the password of its one
 * user. Whoever changes something here holds the folder's start lock.
 */
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chownSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { appError } from '../errors.ts';
import { clusterFolder, type DataFolder, folderError } from './data-folder.ts';
import { type PostgresPrograms, PROGRAM_ENVIRONMENT } from './postgres-programs.ts';
import { SOCKET_PORT } from './socket-folder.ts';

const INITDB_TIMEOUT_MS = 300_000;
const SAID_BYTES_MAX = 2_000;
export const PRIVATE_USER = 'parapet';
export const PRIVATE_DATABASE = 'parapet';

/** The connection string of `database` in a running private PostgreSQL. It holds the password. */
export function privateConnectionString(folder: DataFolder, socketFolder: string, database: string): string {
  const password = encodeURIComponent(readPassword(folder));
  const host = encodeURIComponent(socketFolder);
  return `postgresql://${PRIVATE_USER}:${password}@/${database}?host=${host}&port=${SOCKET_PORT}&sslmode=disable`;
}

/** The major version of the existing cluster, or undefined where there is none yet. */
export function readClusterVersion(folder: DataFolder): number | undefined {
  const cluster = clusterFolder(folder);
  if (!existsSync(cluster)) return undefined;
  const file = join(cluster, 'PG_VERSION');
  const text = existsSync(file) ? readFileSync(file, 'utf8').trim() : '';
  if (/^\d{1,3}$/.test(text)) return Number(text);
  throw appError('data-folder-unusable', {
    folder: folder.path,
    problem: `${cluster} holds no PostgreSQL cluster (it has no file PG_VERSION, or a strange one)`,
    way: 'Restore the folder from a backup, or move it away to start anew.',
  });
}

/** Makes a cluster: in a folder beside its place, which becomes visible whole. */
export function makeCluster(programs: PostgresPrograms, folder: DataFolder): void {
  const unfinished = `${clusterFolder(folder)}-unfinished`;
  const passwordForInitdb = join(folder.path, 'initdb-password');
  const owner = folder.account;
  try {
    rmSync(unfinished, { recursive: true, force: true });
    rmSync(passwordForInitdb, { force: true });
    mkdirSync(unfinished, { mode: 0o700 });
    writePassword(folder);
    writeFileSync(passwordForInitdb, readPassword(folder), { mode: 0o600, flag: 'wx' });
    if (owner !== undefined) {
      chownSync(unfinished, owner.uid, owner.gid);
      chownSync(passwordForInitdb, owner.uid, owner.gid);
    }
    runInitdb(programs, folder, unfinished, passwordForInitdb);
    renameSync(unfinished, clusterFolder(folder));
  } finally {
    rmSync(passwordForInitdb, { force: true });
  }
}

function runInitdb(
  programs: PostgresPrograms,
  folder: DataFolder,
  cluster: string,
  passwordFile: string,
): void {
  const answer = spawnSync(
    join(programs.folder, 'initdb'),
    [
      ...['-D', cluster, '-U', PRIVATE_USER, `--pwfile=${passwordFile}`],
      // Text is ordered by bytes, the same on every system and in every version of its libraries.
      ...['--encoding=UTF8', '--locale=C', '--data-checksums'],
      ...['--auth-local=scram-sha-256', '--auth-host=reject', '--no-instructions'],
    ],
    { ...identity(folder), cwd: '/', env: PROGRAM_ENVIRONMENT, encoding: 'utf8', timeout: INITDB_TIMEOUT_MS },
  );
  if (answer.status === 0) return;
  const said = answer.error?.message ?? answer.stderr;
  throw programFailure(folder, said, 'could not be made');
}

/** The user to run PostgreSQL's programs as. */
export function identity({ account }: DataFolder): { readonly uid?: number; readonly gid?: number } {
  return account === undefined ? {} : { uid: account.uid, gid: account.gid };
}

/** The error for what PostgreSQL's programs said: the disk's state in our words, everything else in theirs. */
export function programFailure(folder: DataFolder, said: string, what: string): unknown {
  const code = /No space left on device|Disk quota exceeded/.test(said)
    ? 'ENOSPC'
    : /Read-only file system/.test(said)
      ? 'EROFS'
      : undefined;
  if (code !== undefined) return folderError(folder, Object.assign(new Error(said), { code }));
  const lines = said.slice(-SAID_BYTES_MAX).trim().split('\n');
  const telling = lines.filter((line) => /FATAL|PANIC|ERROR|error/.test(line));
  const words = (telling.length > 0 ? telling : lines).join(' ').trim() || 'it said nothing';
  return appError('postgres-failed', { problem: `${what}: ${words}. Its log is ${logFile(folder)}.` });
}

export function logFile(folder: DataFolder): string {
  return join(folder.path, 'postgresql.log');
}

export function passwordFile(folder: DataFolder): string {
  return join(folder.path, 'postgresql-password');
}

/** Makes the password, unless an interrupted start has left one. */
function writePassword(folder: DataFolder): void {
  if (existsSync(passwordFile(folder))) return;
  const unfinished = `${passwordFile(folder)}-unfinished`;
  rmSync(unfinished, { force: true });
  writeFileSync(unfinished, randomBytes(24).toString('base64url'), { mode: 0o600, flag: 'wx' });
  renameSync(unfinished, passwordFile(folder));
}

function readPassword(folder: DataFolder): string {
  try {
    return readFileSync(passwordFile(folder), 'utf8').trim();
  } catch (error) {
    if (isAbsence(error)) {
      throw appError('data-folder-unusable', {
        folder: folder.path,
        problem: `the file ${passwordFile(folder)}, which holds the password of its database, is missing`,
        way: 'Restore it from a backup of the data folder.',
      });
    }
    throw error;
  }
}

/** Whether a file operation failed because the file is not there. */
export function isAbsence(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR');
}
