/**
 * Vitest's global setup: a data folder for the one PostgreSQL of a test run. The first test that asks for a database
 * starts it there (`database.ts`), so that a run of pure units pays nothing; after the last test it is stopped and the
 * folder removed.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { readProcessConfig } from '../src/config.ts';
import { findDataFolder } from '../src/store/data-folder.ts';
import type { EmbeddedConfig } from '../src/store/embedded.ts';
import { stopPostgres } from '../src/store/postgres-process.ts';
import { removeSocketFolder } from '../src/store/socket-folder.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    readonly testPostgresConfig: EmbeddedConfig;
  }
}

export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const { searchPath } = readProcessConfig();
  const dataDir = mkdtempSync(join(tmpdir(), 'parapet-test-'));
  const config = {
    dataDir,
    dataDirIsDefault: false,
    databaseUrl: undefined,
    postgresBin: undefined,
    searchPath,
  };
  project.provide('testPostgresConfig', config);
  return async () => {
    const folder = findDataFolder(config);
    await stopPostgres(folder);
    removeSocketFolder(folder);
    rmSync(dataDir, { recursive: true, force: true });
  };
}
