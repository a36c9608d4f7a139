import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { type Config, readConfig } from '../../src/config.ts';
import { findDataFolder } from '../../src/store/data-folder.ts';
import { openEmbedded } from '../../src/store/embedded.ts';
import type { NotificationEvent } from '../../src/store/listener.ts';
import { readMigrations } from '../../src/store/migrate.ts';
import { openStore } from '../../src/store/open-store.ts';
import { stopPostgres } from '../../src/store/postgres-process.ts';
import { findPostgresPrograms } from '../../src/store/postgres-programs.ts';
import { makePlace, type Place, postgresPid, until, withDatabase } from './embedded-processes.ts';

const places: Place[] = [];

function place(): Place {
  const made = makePlace();
  places.push(made);
  return made;
}

afterEach(async () => {
  for (const made of places.splice(0)) await made.remove();
});

function configOf({ root, config }: Place, databaseUrl?: string): Config {
  const env = {
    PARAPET_DATA_DIR: config.dataDir,
    DATABASE_URL: databaseUrl ?? '',
    PATH: config.searchPath.join(':'),
  };
  return readConfig({ env, cwd: root });
}

async function fails(work: Promise<unknown>): Promise<boolean> {
  return work.then(
    () => false,
    () => true,
  );
}

describe('a store without DATABASE_URL', () => {
  it('is the private PostgreSQL with the schema of this program, for serve and commands alike', async () => {
    const here = place();
    const serving = await openStore(configOf(here), { role: 'serve' });
    const command = await openStore(configOf(here), { role: 'command' });
    const [row] = await command.database.query<{ number: number }>(
      'SELECT max(number) AS number FROM schema_migration',
    );
    expect(row?.number).toBe((await readMigrations()).length);
    expect(await serving.problem()).toBeUndefined();
    await Promise.all([serving.close(), command.close()]);
    expect(postgresPid(here.config)).toBeUndefined();
  });

  it('that a newer Parapet has made is refused in words, and nothing is left running', async () => {
    const here = place();
    const store = await openStore(configOf(here), { role: 'command' });
    await store.database.query(
      `INSERT INTO schema_migration (number, name, checksum) VALUES (9999, '9999-later.sql', '')`,
    );
    await store.close();
    await expect(openStore(configOf(here), { role: 'serve' })).rejects.toMatchObject({
      code: 'schema-newer',
      message: expect.stringContaining('schema 9999, made by a newer Parapet'),
    });
    expect(postgresPid(here.config)).toBeUndefined();
  });

  it('whose PostgreSQL cannot come back says why, and comes back as soon as it can', async () => {
    const here = place();
    const store = await openStore(configOf(here), { role: 'serve' });
    // As if the programs of its version had been removed while it ran.
    writeFileSync(join(here.config.dataDir, 'postgresql', 'PG_VERSION'), '99\n');
    process.kill(postgresPid(here.config) ?? 0, 'SIGKILL');
    await until(async () => /made by version 99/.test((await store.problem()) ?? ''));
    await expect(store.database.query('SELECT 1')).rejects.toMatchObject({
      code: 'database-unavailable',
      status: 503,
    });
    const major = restoreVersion(here);
    await until(async () => (await store.problem()) === undefined);
    expect(
      await store.database.query(`SELECT current_setting('server_version_num')::int / 10000 AS major`),
    ).toEqual([{ major }]);
    await store.close();
  });
});

/** Puts the right version back, and returns it. */
function restoreVersion({ config }: Place): number {
  const { major } = findPostgresPrograms(config, findDataFolder(config), undefined);
  writeFileSync(join(config.dataDir, 'postgresql', 'PG_VERSION'), `${major}\n`);
  return major;
}

describe('a store with DATABASE_URL', () => {
  it('goes on by itself when the database was gone and is back, and hears of the gap', async () => {
    const there = place();
    const server = await openEmbedded(there.config, 'command');
    const store = await openStore(configOf(place(), server.connectionString), { role: 'serve' });
    const events: NotificationEvent[] = [];
    await store.database.listen('news', (event) => events.push(event));
    const lock = await store.database.tryLock('test:away');
    await store.database.query('CREATE TABLE kept AS SELECT 42 AS n');

    await stopPostgres(findDataFolder(there.config));
    await until(() => fails(store.database.query('SELECT 1')));
    await expect(store.database.query('SELECT 1')).rejects.toMatchObject({
      code: 'database-unavailable',
      status: 503,
    });
    expect(await store.problem()).toMatch(/^The database cannot be reached: .*connects again by itself/);
    expect(lock?.lost.aborted).toBe(true);

    const again = await openEmbedded(there.config, 'command');
    expect(await store.database.query('SELECT n FROM kept')).toEqual([{ n: 42 }]);
    await until(() => events.length > 0);
    await store.database.query(`SELECT pg_notify('news', 'back')`);
    await until(() => events.length > 1);
    expect(events).toEqual([{ kind: 'gap' }, { kind: 'message', payload: 'back' }]);
    await store.close();
    await Promise.all([server.close(), again.close()]);
  });

  it('is waited for by serve at its start, but not by a command', async () => {
    const there = place();
    const server = await openEmbedded(there.config, 'command');
    await server.close();
    const config = configOf(place(), server.connectionString);
    await expect(openStore(config, { role: 'command' })).rejects.toMatchObject({
      code: 'database-unavailable',
    });
    const opening = openStore(config, { role: 'serve' });
    const late = await openEmbedded(there.config, 'command');
    const store = await opening;
    expect(await store.problem()).toBeUndefined();
    await store.close();
    await late.close();
  });

  it('needs no right to create anything where the schema is complete', async () => {
    const there = place();
    const server = await openEmbedded(there.config, 'command');
    await (await openStore(configOf(place(), server.connectionString), { role: 'command' })).close();
    await withDatabase(server.connectionString, (database) =>
      database.query(
        `CREATE ROLE modest LOGIN PASSWORD 'modest'; REVOKE CREATE ON SCHEMA public FROM PUBLIC;
         GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO modest`,
      ),
    );
    const url = server.connectionString.replace(/\/\/[^@]+@/, '//modest:modest@');
    const store = await openStore(configOf(place(), url), { role: 'serve' });
    expect(await store.problem()).toBeUndefined();
    await store.close();
    await server.close();
  });
});
