import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Config, readConfig } from '../src/config.ts';
import { openStore, type Store } from '../src/store/open-store.ts';

export interface BenchStore {
  readonly config: Config;
  readonly store: Store;
  readonly folder: string;
  /** Stops the database and removes the folder. */
  readonly close: () => Promise<void>;
}

/** A store of the bench's own: DATABASE_URL is not looked at, so nothing of an operator's is ever touched. */
export async function openBenchStore(): Promise<BenchStore> {
  const folder = await mkdtemp(join(tmpdir(), 'parapet-bench-'));
  // As root PostgreSQL runs under another user, who has to pass through.
  await chmod(folder, 0o711);
  const env = { PATH: process.env['PATH'], PARAPET_DATA_DIR: join(folder, 'data'), PARAPET_PORT: '0' };
  const config = readConfig({ env, cwd: folder });
  const store = await openStore(config, { role: 'serve' });
  return {
    config,
    store,
    folder,
    close: async () => {
      await store.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
