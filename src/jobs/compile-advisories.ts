/** Renews the compiled advisory file from the advisory set in force, so that `parapet scan` needs no database. */
import { join } from 'node:path';
import { COMPILED_FILE_NAME } from '../advisories/compiled-format.ts';
import { CompiledAdvisories } from '../advisories/compiled-read.ts';
import { writeCompiled } from '../advisories/compiled-write.ts';
import { appError, isAppError } from '../errors.ts';
import { filedName } from '../matching/candidate.ts';
import { loadFeedCoverage } from '../store/advisories/load-feed-coverage.ts';
import { revisionInForce } from '../store/advisories/lock-advisory-set.ts';
import {
  loadKnownExploited,
  loadProbabilities,
  loadWorth,
  streamAdvisories,
} from '../store/advisories/stream-advisories.ts';
import type { Database, Transaction } from '../store/database.ts';

/** Lower probabilities change no priority (matching/priority.ts). */
const PROBABILITY_MIN = 0.1;

/** Codes of failures of the file; the database's connection fails with others. */
const FILE_FAULTS = new Set([
  'ENOSPC',
  'EDQUOT',
  'EACCES',
  'EPERM',
  'EROFS',
  'EIO',
  'ENOENT',
  'ENOTDIR',
  'EMFILE',
]);

/**
 * Writes the file into `dataFolder`, whole or not at all, from one moment of the database; nothing is done where the file
 * is of the advisory set in force already. Throws `compiled-unwritable`; what is in force stays in force.
 */
export async function compileAdvisories(database: Database, dataFolder: string, now: number): Promise<void> {
  const path = join(dataFolder, COMPILED_FILE_NAME);
  // Of two imports at once the later one's file must be the one that stays.
  while ((await revisionInForce(database)) !== revisionOf(path)) {
    await database.transaction((tx) => compile(tx, path, now), {
      isolation: 'repeatable read',
      readOnly: true,
    });
  }
}

async function compile(tx: Transaction, path: string, now: number): Promise<void> {
  const input = {
    revision: await revisionInForce(tx),
    writtenAt: now,
    advisories: streamAdvisories(tx),
    knownExploited: await loadKnownExploited(tx),
    probabilities: await loadProbabilities(tx, PROBABILITY_MIN),
    worth: await loadWorth(tx),
    coverage: (await loadFeedCoverage(tx)).feeds,
    filedName,
  };
  try {
    await writeCompiled(path, input);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && FILE_FAULTS.has(String(error.code)))) throw error;
    throw appError('compiled-unwritable', { path, problem: error.message }, error);
  }
}

/** The advisory set that the file at `path` was made of; undefined where there is no usable one. */
function revisionOf(path: string): number | undefined {
  try {
    const compiled = new CompiledAdvisories(path);
    compiled.close();
    return compiled.contents.revision;
  } catch (error) {
    if (isAppError(error)) return undefined;
    throw error;
  }
}
