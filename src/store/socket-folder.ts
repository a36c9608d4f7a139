import { createHash } from 'node:crypto';
import { accessSync, chmodSync, chownSync, constants, lstatSync, mkdirSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import { appError } from '../errors.ts';
import type { DataFolder } from './data-folder.ts';

/** What `sun_path` of a socket address holds besides its closing NUL: 108 bytes on Linux, 104 elsewhere. */
export const SOCKET_PATH_BYTES_MAX = process.platform === 'linux' ? 107 : 103;
/** Part of the socket's file name only; nothing listens on TCP. */
export const SOCKET_PORT = 5432;
const SOCKET_NAME = `.s.PGSQL.${SOCKET_PORT}`;
const FOLDER_MODE = 0o700;

/**
 * The folder of the socket of `folder`'s PostgreSQL: in the data folder, or where that path is too long for a socket, a
 * private one under `/run` or `/tmp`, named after the data folder so that every process finds the same. Creates it
 * where needed, and throws `data-folder-unusable` where somebody else already has it.
 */
export function prepareSocketFolder(folder: DataFolder): string {
  const uid = folder.account?.uid ?? process.getuid?.() ?? 0;
  const path = socketFolder(folder);
  createPrivateFolder(path, folder);
  const found = lstatSync(path);
  if (!found.isDirectory() || found.uid !== uid || (found.mode & 0o077) !== 0) {
    throw appError('data-folder-unusable', {
      folder: folder.path,
      problem: `the folder of its socket, ${path}, is not a private folder (mode 0700) of user ${uid}`,
      way: 'Remove it, or choose another data folder with PARAPET_DATA_DIR.',
    });
  }
  return path;
}

/** Removes the socket's folder where it lies outside the data folder; called when PostgreSQL has stopped. */
export function removeSocketFolder(folder: DataFolder): void {
  const path = socketFolder(folder);
  if (path.startsWith(join(folder.path, '/'))) return;
  try {
    rmdirSync(path);
  } catch {
    // Something lies in it, or it is gone: both are well.
  }
}

function createPrivateFolder(path: string, { account }: DataFolder): void {
  try {
    mkdirSync(path, { mode: FOLDER_MODE });
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return;
    throw error;
  }
  chmodSync(path, FOLDER_MODE);
  if (account !== undefined) chownSync(path, account.uid, account.gid);
}

function socketFolder(folder: DataFolder): string {
  const inside = join(folder.path, 'socket');
  if (Buffer.byteLength(join(inside, SOCKET_NAME)) <= SOCKET_PATH_BYTES_MAX) return inside;
  const name = `parapet-${createHash('sha256').update(folder.path).digest('hex').slice(0, 16)}`;
  return join(isWritable('/run') ? '/run' : '/tmp', name);
}

function isWritable(path: string): boolean {
  try {
    accessSync(path, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
