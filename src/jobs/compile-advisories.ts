/** Renews the compiled advisory file from the advisory set in force, so that `parapet scan` needs no database. */
import { join } from 'node:path';
import { COMPILED_FILE_NAME } from '../advisories/compiled-format.ts';
import { writeCompiled } from '../advisories/compiled-write.ts';
import { filedName } from '../matching/candidate.ts';
import { loadFeedCoverage } from '../store/advisories/load-feed-coverage.ts';
import { revisionInForce } from '../store/advisories/lock-advisory-set.ts';
import {
  loadKnownExploited,
  loadProbabilities,
  streamAdvisories,
} from '../store/advisories/stream-advisories.ts';
import type { Database } from '../store/database.ts';

/** Lower probabilities change no priority (matching/priority.ts). */
const PROBABILITY_MIN = 0.1;

/** Writes the file into `dataFolder`, whole or not at all, from one moment of the database. */
export async function compileAdvisories(database: Database, dataFolder: string, now: number): Promise<void> {
  await database.transaction(
    async (tx) => {
      await writeCompiled(join(dataFolder, COMPILED_FILE_NAME), {
        revision: await revisionInForce(tx),
        writtenAt: now,
        advisories: streamAdvisories(tx),
        knownExploited: await loadKnownExploited(tx),
        probabilities: await loadProbabilities(tx, PROBABILITY_MIN),
        coverage: await loadFeedCoverage(tx),
        filedName,
      });
    },
    { isolation: 'repeatable read', readOnly: true },
  );
}
