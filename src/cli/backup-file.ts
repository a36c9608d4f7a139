/** A backup as a file: gzip over the lines of store/backup/backup-format.ts. Written whole or not at all. */
import { randomBytes } from 'node:crypto';
import { createReadStream, createWriteStream, existsSync, statSync } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { ARCHIVE_LIMITS } from '../archive/limits.ts';
import { readLines } from '../archive/lines.ts';
import { unpackBounded } from '../archive/unpack-bounded.ts';
import { appError, isAppError } from '../errors.ts';
import {
  BACKUP_LINE_BYTES_MAX,
  type BackupHeader,
  type BackupItem,
  type BackupTable,
  readBackupLines,
} from '../store/backup/backup-format.ts';

/** Only the user who makes it may read it: password hashes and sealed keys are in it. */
const FILE_MODE = 0o600;
const CHUNK_BYTES = 256 * 1024;
/** Long runs of equal values pack to as little as deflate can: 1,032 to one. */
const BACKUP_LIMITS = { ...ARCHIVE_LIMITS, ratioMax: 1_100, unpackedBytesMax: Number.MAX_SAFE_INTEGER };

/**
 * Writes the lines to `path`: beside it first, read back whole, synced, then put in the place of what was there. Throws
 * `backup-unwritable` for a failure of the file; what `lines` throws comes out as it is. Nothing half-done stays.
 */
export async function writeBackupFile(path: string, lines: AsyncIterable<string>): Promise<void> {
  if (existsSync(path) && statSync(path).isDirectory()) {
    throw appError('backup-unwritable', { file: path, problem: 'it is a folder' });
  }
  const draft = join(dirname(path), `.parapet-backup-${randomBytes(6).toString('hex')}`);
  let failure: { readonly error: unknown } | undefined;
  const watched = async function* (): AsyncGenerator<string> {
    const source = lines[Symbol.asyncIterator]();
    // What fails here is the source's; a failure of the file arrives at `yield`, where the stream throws it in.
    const next = async (): Promise<IteratorResult<string>> => {
      try {
        return await source.next();
      } catch (error) {
        failure = { error };
        throw error;
      }
    };
    try {
      for (let item = await next(); item.done !== true; item = await next()) yield item.value;
    } finally {
      await source.return?.();
    }
  };
  try {
    await pipeline(
      // One piece waits at most: a piece may be a row of 30 MB.
      Readable.from(watched(), { highWaterMark: 1 }),
      createGzip(),
      createWriteStream(draft, { flags: 'wx', mode: FILE_MODE }),
    );
    await syncFile(draft);
    for await (const _batch of readBackupFile(draft, path));
    await rename(draft, path);
    await syncFile(dirname(path));
  } catch (error) {
    await rm(draft, { force: true });
    if (failure !== undefined) throw failure.error;
    if (isAppError(error)) throw error;
    throw appError('backup-unwritable', { file: path, problem: fileProblem(error) }, error);
  }
}

/** The items of the backup at `path`. Throws `backup-unreadable`, naming it `shownAs`. */
export async function* readBackupFile(
  path: string,
  shownAs: string = path,
): AsyncGenerator<readonly BackupItem[]> {
  try {
    yield* readBackupLines(linesOf(path, shownAs), shownAs);
  } catch (error) {
    if (isAppError(error, 'archive-unreadable')) {
      const problem = 'it is no gzip file, is damaged, or was cut short';
      throw appError('backup-unreadable', { file: shownAs, problem }, error);
    }
    if (error instanceof Error && 'syscall' in error) {
      throw appError('backup-unreadable', { file: shownAs, problem: fileProblem(error) }, error);
    }
    throw error;
  }
}

/** Reads the whole backup once, so that a damaged one is refused before anything is touched. */
export async function checkBackupFile(path: string): Promise<{
  readonly header: BackupHeader;
  readonly rows: ReadonlyMap<BackupTable, number>;
}> {
  const rows = new Map<BackupTable, number>();
  let header: BackupHeader | undefined;
  let table: BackupTable | undefined;
  for await (const batch of readBackupFile(path)) {
    for (const item of batch) {
      if (item.kind === 'header') header = item.header;
      else if (item.kind === 'table') table = item.start.table;
      else if (table !== undefined) rows.set(table, (rows.get(table) ?? 0) + 1);
    }
  }
  if (header === undefined) throw appError('backup-unreadable', { file: path, problem: 'it is empty' });
  return { header, rows };
}

async function* linesOf(path: string, shownAs: string): AsyncGenerator<readonly string[]> {
  const packed = createReadStream(path, { highWaterMark: CHUNK_BYTES });
  const content = unpackBounded(packed, shownAs, BACKUP_LIMITS, 'gzip');
  for await (const batch of readLines(content, { lineBytesMax: BACKUP_LINE_BYTES_MAX })) {
    for (const { number, isTooLong } of batch) {
      if (!isTooLong) continue;
      const problem = `line ${number} is longer than ${BACKUP_LINE_BYTES_MAX} bytes`;
      throw appError('backup-unreadable', { file: shownAs, problem });
    }
    yield batch.map((line) => line.text);
  }
}

async function syncFile(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function fileProblem(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  switch (code) {
    case 'ENOENT':
      return 'there is no such file or folder';
    case 'EACCES':
    case 'EPERM':
      return 'this user may not';
    case 'ENOSPC':
    case 'EDQUOT':
      return 'the disk is full';
    case 'EROFS':
      return 'it lies on a read-only file system';
    case 'EISDIR':
      return 'it is a folder';
    default:
      return error instanceof Error ? error.message : String(error);
  }
}
