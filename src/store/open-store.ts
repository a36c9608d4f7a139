import type { Config } from '../config.ts';
import { AppError, appError, isAppError } from '../errors.ts';
import { type Database, openDatabase } from './database.ts';
import { openEmbedded } from './embedded.ts';
import { migrate, readMigrations } from './migrate.ts';

/** How long `serve` waits at its start for a database of DATABASE_URL that is not there yet. */
export const DATABASE_WAIT_MS = 60_000;
const DATABASE_RETRY_MS = 500;

/** The opened database of this process, with the schema of this program in it. */
export interface Store {
  readonly database: Database;
  /** For parts that make connections of their own, such as background jobs. It holds the password: never log it. */
  readonly connectionString: string;
  /** Why the database cannot be used right now, in a sentence, or undefined: for readiness. */
  problem(): Promise<string | undefined>;
  /** Closes every connection, then leaves or stops the private PostgreSQL. */
  close(): Promise<void>;
}

export interface OpenStoreOptions {
  /**
   * `serve`: alone on the data folder, starts PostgreSQL again when it dies, waits for a database that is not up yet.
   * `command`: joins a running `serve` or other commands on the same folder, or is the first there.
   */
  readonly role: 'serve' | 'command';
}

/**
 * Opens the store: the database of DATABASE_URL, or the private PostgreSQL of the data folder, and brings its schema up
 * to date. Throws in words what keeps it from that; then nothing is left running.
 */
export async function openStore(config: Config, { role }: OpenStoreOptions): Promise<Store> {
  const embedded = config.databaseUrl === undefined ? await openEmbedded(config, role) : undefined;
  const connectionString = embedded?.connectionString ?? config.databaseUrl ?? '';
  const database = openDatabase({ connectionString, connectionsMax: config.databaseConnectionsMax });
  const close = async () => {
    await database.close();
    await embedded?.close();
  };
  try {
    await waitForDatabase(database, role === 'serve' ? DATABASE_WAIT_MS : 0);
    await migrate(database, await readMigrations());
  } catch (error) {
    await close();
    throw error;
  }
  return {
    database,
    connectionString,
    close,
    problem: async () => embedded?.problem() ?? (await ask(database)),
  };
}

async function waitForDatabase(database: Database, waitMs: number): Promise<void> {
  const deadline = Date.now() + waitMs;
  for (;;) {
    try {
      await database.query('SELECT 1');
      return;
    } catch (error) {
      if (!isAppError(error, 'database-unavailable') || Date.now() >= deadline) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, DATABASE_RETRY_MS));
  }
}

async function ask(database: Database): Promise<string | undefined> {
  try {
    await database.query('SELECT 1');
    return undefined;
  } catch (error) {
    return error instanceof AppError
      ? error.message
      : appError('database-unavailable', { problem: String(error) }).message;
  }
}
