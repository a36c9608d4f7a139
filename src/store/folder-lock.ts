import { accessSync, closeSync, constants, openSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';

const WAIT_STEP_MS = 50;
const SQLITE_BUSY = 5;

/**
 * A lock on a file that the kernel drops with the process that holds it, however that ends. Node.js has no call for
 * such a lock, and a file with a process id in it is wrong after a crash, in containers that share a folder, and while
 * two look at it at once; SQLite, which is a part of Node.js, takes exactly this kind. The file stays empty.
 */
export interface FolderLock {
  release(): void;
}

/** Kept here, because a handle that is collected as garbage would drop its lock. */
const held = new Set<DatabaseSync>();

/** Takes the lock alone (`exclusive`) or together with others (`shared`); undefined where it is held otherwise. */
export function tryLockFile(path: string, mode: 'exclusive' | 'shared'): FolderLock | undefined {
  createLockFile(path);
  const sqlite = new DatabaseSync(path, { timeout: 0 });
  try {
    // Its journal would be a second file, and a write.
    sqlite.exec('PRAGMA journal_mode = MEMORY');
    sqlite.exec(mode === 'exclusive' ? 'BEGIN EXCLUSIVE' : 'BEGIN; SELECT count(*) FROM sqlite_schema');
  } catch (error) {
    sqlite.close();
    if (error instanceof Error && 'errcode' in error && error.errcode === SQLITE_BUSY) return undefined;
    throw error;
  }
  held.add(sqlite);
  return {
    release: () => {
      if (held.delete(sqlite)) sqlite.close();
    },
  };
}

/** Like `tryLockFile`, but waits for the lock; undefined when `waitMs` have passed. */
export async function lockFile(
  path: string,
  mode: 'exclusive' | 'shared',
  waitMs: number,
): Promise<FolderLock | undefined> {
  const deadline = Date.now() + waitMs;
  for (;;) {
    const lock = tryLockFile(path, mode);
    if (lock !== undefined || Date.now() >= deadline) return lock;
    await new Promise((resolve) => setTimeout(resolve, WAIT_STEP_MS));
  }
}

function createLockFile(path: string): void {
  try {
    closeSync(openSync(path, 'wx', 0o600));
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
    // In the system's words; SQLite would only say that it cannot open it.
    accessSync(path, constants.R_OK | constants.W_OK);
  }
}
