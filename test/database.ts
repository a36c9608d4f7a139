import { randomBytes } from 'node:crypto';
import { afterAll, inject } from 'vitest';
import { type Database, openDatabase } from '../src/store/database.ts';
import { openEmbedded } from '../src/store/embedded.ts';
import { migrate, readMigrations } from '../src/store/migrate.ts';

const TEMPLATE = 'parapet_test_template';
const CONNECTIONS_MAX = 8;
/** Tests of the store need no disk: what they prove about durability is proved in processes of their own. */
const TEST_SETTINGS = { fsync: 'off', full_page_writes: 'off', synchronous_commit: 'off' };

export interface TestDatabase {
  readonly database: Database;
  readonly connectionString: string;
}

/**
 * A database for one test file: a copy of the migrated template (or, `empty`, without any schema), dropped after the
 * file's last test. To be called while the file is loaded: `const { database } = await testDatabase();`
 */
export async function testDatabase(kind: 'migrated' | 'empty' = 'migrated'): Promise<TestDatabase> {
  const postgres = await openEmbedded(inject('testPostgresConfig'), 'command', TEST_SETTINGS);
  const admin = openDatabase({ connectionString: postgres.connectionString, connectionsMax: 2 });
  const name = `test_${process.pid}_${randomBytes(6).toString('hex')}`;
  if (kind === 'migrated') await makeTemplate(admin, postgres.connectionString);
  await admin.query(`CREATE DATABASE ${name} TEMPLATE ${kind === 'migrated' ? TEMPLATE : 'template0'}`);
  const connectionString = named(postgres.connectionString, name);
  const database = openDatabase({ connectionString, connectionsMax: CONNECTIONS_MAX });
  afterAll(async () => {
    await database.close();
    await admin.query(`DROP DATABASE ${name} WITH (FORCE)`);
    // The folder's PostgreSQL stays for the next file: whoever ends the run stops it.
    await admin.close();
  });
  return { database, connectionString };
}

/** Made once a run, by whichever test file comes first; `datistemplate` says that it is finished. */
async function makeTemplate(admin: Database, connectionString: string): Promise<void> {
  await admin.transaction(
    async (tx) => {
      // Held while another connection does the work: CREATE DATABASE runs in no transaction.
      await tx.query('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [TEMPLATE]);
      const [found] = await admin.query<{ finished: boolean }>(
        'SELECT datistemplate AS finished FROM pg_database WHERE datname = $1',
        [TEMPLATE],
      );
      if (found?.finished === true) return;
      if (found !== undefined) await admin.query(`DROP DATABASE ${TEMPLATE} WITH (FORCE)`);
      await admin.query(`CREATE DATABASE ${TEMPLATE} TEMPLATE template0`);
      const database = openDatabase({
        connectionString: named(connectionString, TEMPLATE),
        connectionsMax: 1,
      });
      try {
        await migrate(database, await readMigrations());
      } finally {
        await database.close();
      }
      await admin.query(`ALTER DATABASE ${TEMPLATE} IS_TEMPLATE true`);
    },
    { statementTimeoutMs: 0 },
  );
}

function named(connectionString: string, database: string): string {
  return connectionString.replace(/@\/[^?]*/, `@/${database}`);
}
