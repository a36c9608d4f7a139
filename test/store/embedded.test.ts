import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { openDatabase } from '../../src/store/database.ts';
import { openEmbedded } from '../../src/store/embedded.ts';
import {
  makePlace,
  openElsewhere,
  type Place,
  postgresPid,
  until,
  withDatabase,
} from './embedded-processes.ts';

const places: Place[] = [];

function place(name?: string): Place {
  const made = makePlace(name);
  places.push(made);
  return made;
}

afterEach(async () => {
  for (const made of places.splice(0)) await made.remove();
});

describe('the private PostgreSQL', () => {
  it('is made safe: synced, with checksums, in UTF-8 ordered by bytes, on a private socket alone', async () => {
    const { config } = place();
    const postgres = await openEmbedded(config, 'serve');
    await withDatabase(postgres.connectionString, async (database) => {
      expect(
        await database.query(
          `SELECT current_setting('fsync') AS fsync, current_setting('full_page_writes') AS pages,
                  current_setting('data_checksums') AS checksums, current_setting('listen_addresses') AS addresses,
                  current_setting('unix_socket_permissions') AS socket, current_setting('server_encoding') AS encoding,
                  (SELECT datcollate FROM pg_database WHERE datname = current_database()) AS collation,
                  (SELECT string_agg(DISTINCT type || ' ' || auth_method, ', ') FROM pg_hba_file_rules) AS rules`,
        ),
      ).toEqual([
        {
          fsync: 'on',
          pages: 'on',
          checksums: 'on',
          addresses: '',
          socket: '0700',
          encoding: 'UTF8',
          collation: 'C',
          rules: 'host reject, local scram-sha-256',
        },
      ]);
    });
    const modeOf = (...path: string[]) => (statSync(join(config.dataDir, ...path)).mode & 0o777).toString(8);
    expect([modeOf('postgresql'), modeOf('socket'), modeOf('locks')]).toEqual(['700', '700', '700']);
    expect([modeOf('postgresql-password'), modeOf('postgresql.log')]).toEqual(['600', '600']);
    if (process.getuid?.() === 0) {
      expect(statSync(join(config.dataDir, 'postgresql')).uid).not.toBe(0);
      expect(statSync(config.dataDir).uid).toBe(0);
    }
    await postgres.close();
    expect(readdirSync(config.dataDir).filter((name) => /unfinished|initdb/.test(name))).toEqual([]);
  });

  it('does not have its password among the arguments of a process', async () => {
    const { config } = place();
    const postgres = await openEmbedded(config, 'serve');
    const password = readFileSync(join(config.dataDir, 'postgresql-password'), 'utf8');
    expect(password.length).toBeGreaterThanOrEqual(32);
    expect(execFileSync('ps', ['-eo', 'args'], { encoding: 'utf8' })).not.toContain(password);
    await postgres.close();
  });

  it('keeps what was committed over a stop and a start', async () => {
    const { config } = place();
    const first = await openEmbedded(config, 'serve');
    await withDatabase(first.connectionString, (database) =>
      database.query('CREATE TABLE kept AS SELECT 42 AS n'),
    );
    const pid = postgresPid(config);
    await first.close();
    expect(postgresPid(config)).toBeUndefined();
    const second = await openEmbedded(config, 'serve');
    expect(postgresPid(config)).not.toBe(pid);
    await withDatabase(second.connectionString, async (database) => {
      expect(await database.query('SELECT n FROM kept')).toEqual([{ n: 42 }]);
    });
    await second.close();
  });

  it('works in a folder whose name holds spaces, commas, quotes, dollars and letters of all kinds', async () => {
    const { config } = place(`a b, "c" 'd' $e %41 \\ übergröße 漏洞`);
    const postgres = await openEmbedded(config, 'command');
    await withDatabase(postgres.connectionString, async (database) => {
      expect(await database.query('SELECT 1 AS one')).toEqual([{ one: 1 }]);
    });
    await postgres.close();
  });

  it('has its socket in a private folder elsewhere where the path would be too long for one', async () => {
    const { config } = place(join('long'.repeat(20), 'longer'.repeat(30)));
    const postgres = await openEmbedded(config, 'command');
    const other = await openElsewhere(config, 'command');
    const [folder = ''] =
      /\/(?:run|tmp)\/parapet-[0-9a-f]{16}/.exec(decodeURIComponent(postgres.connectionString)) ?? [];
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    await withDatabase(other.connectionString, async (database) => {
      expect(await database.query('SELECT 1 AS one')).toEqual([{ one: 1 }]);
    });
    await postgres.close();
    await other.leave();
    expect(existsSync(folder)).toBe(false);
  });

  it('is refused, not guessed at, where no programs of its version are there', async () => {
    const { config } = place();
    await (await openEmbedded(config, 'command')).close();
    writeFileSync(join(config.dataDir, 'postgresql', 'PG_VERSION'), '99\n');
    await expect(openEmbedded(config, 'command')).rejects.toMatchObject({
      code: 'postgres-missing',
      message: expect.stringMatching(
        /made by version 99, and only that version opens it.*PARAPET_POSTGRES_BIN/s,
      ),
    });
    writeFileSync(join(config.dataDir, 'postgresql', 'PG_VERSION'), 'nonsense');
    await expect(openEmbedded(config, 'command')).rejects.toMatchObject({ code: 'data-folder-unusable' });
  });

  it('says in words that its password is missing or wrong', async () => {
    const { config } = place();
    await (await openEmbedded(config, 'command')).close();
    writeFileSync(join(config.dataDir, 'postgresql-password'), 'not the password');
    await expect(openEmbedded(config, 'command')).rejects.toMatchObject({
      code: 'postgres-failed',
      message: expect.stringMatching(/cannot be used.*restore/s),
    });
    await until(() => postgresPid(config) === undefined);
  });
});

describe('processes on one data folder', () => {
  it('are one serve at most: the second is refused with the number of the first', async () => {
    const { config } = place();
    const serving = await openElsewhere(config, 'serve');
    await expect(openEmbedded(config, 'serve')).rejects.toMatchObject({
      code: 'data-folder-in-use',
      message: expect.stringContaining(`process ${serving.child.pid}`),
    });
    expect(await serving.leave()).toBe(0);
    await (await openEmbedded(config, 'serve')).close();
  });

  it('share PostgreSQL while serve and commands come and go, and the last to leave stops it', async () => {
    const { config } = place();
    const early = await openElsewhere(config, 'command');
    const pid = postgresPid(config);
    const serving = await openElsewhere(config, 'serve');
    expect(await early.leave()).toBe(0);
    const late = await openElsewhere(config, 'command');
    expect(await serving.leave()).toBe(0);
    expect(postgresPid(config)).toBe(pid);
    await withDatabase(late.connectionString, async (database) => {
      expect(await database.query('SELECT 1 AS one')).toEqual([{ one: 1 }]);
    });
    expect(await late.leave()).toBe(0);
    expect(postgresPid(config)).toBeUndefined();
  });

  it('start at the same moment on a folder that does not exist yet, and all work', async () => {
    const { config } = place();
    const opened = await Promise.all([1, 2, 3].map(() => openElsewhere(config, 'command')));
    for (const { connectionString } of opened) {
      await withDatabase(connectionString, async (database) => {
        expect(await database.query('SELECT 1 AS one')).toEqual([{ one: 1 }]);
      });
    }
    expect(await Promise.all(opened.map((each) => each.leave()))).toEqual([0, 0, 0]);
    expect(postgresPid(config)).toBeUndefined();
  });
});

describe('after kill -9', () => {
  it('of PostgreSQL, serve starts it again, and the same connections go on with all that was committed', async () => {
    const { config } = place();
    const postgres = await openEmbedded(config, 'serve');
    const database = openDatabase({ connectionString: postgres.connectionString, connectionsMax: 4 });
    await database.query('CREATE TABLE kept (n integer)');
    for (const n of [1, 2]) {
      await database.query('INSERT INTO kept VALUES ($1)', [n]);
      const pid = postgresPid(config) ?? 0;
      process.kill(pid, 'SIGKILL');
      await until(() => postgresPid(config) !== pid && postgresPid(config) !== undefined);
      await until(() =>
        database.query('SELECT 1').then(
          () => true,
          (error: unknown) => {
            expect(error).toMatchObject({ code: 'database-unavailable' });
            return false;
          },
        ),
      );
    }
    expect(await database.query('SELECT n FROM kept ORDER BY n')).toEqual([{ n: 1 }, { n: 2 }]);
    // The second kill may have met the start that answered the first; then that start failed, and another one did not.
    await until(() => postgres.problem() === undefined);
    await database.close();
    await postgres.close();
  });

  it('of Parapet, the next one adopts the PostgreSQL that it left, and stops it at its end', async () => {
    const { config } = place();
    const killed = await openElsewhere(config, 'serve');
    await withDatabase(killed.connectionString, (database) =>
      database.query('CREATE TABLE kept AS SELECT 42 AS n'),
    );
    const pid = postgresPid(config);
    killed.child.kill('SIGKILL');
    await killed.leave();
    expect(postgresPid(config)).toBe(pid);
    const next = await openEmbedded(config, 'serve');
    expect(postgresPid(config)).toBe(pid);
    await withDatabase(next.connectionString, async (database) => {
      expect(await database.query('SELECT n FROM kept')).toEqual([{ n: 42 }]);
    });
    await next.close();
    expect(postgresPid(config)).toBeUndefined();
  });

  it('of both, the next one starts without a hand', async () => {
    const { config } = place();
    const killed = await openElsewhere(config, 'serve');
    await withDatabase(killed.connectionString, (database) =>
      database.query('CREATE TABLE kept AS SELECT 42 AS n'),
    );
    process.kill(killed.child.pid ?? 0, 'SIGKILL');
    process.kill(postgresPid(config) ?? 0, 'SIGKILL');
    await killed.leave();
    const next = await openEmbedded(config, 'serve');
    await withDatabase(next.connectionString, async (database) => {
      expect(await database.query('SELECT n FROM kept')).toEqual([{ n: 42 }]);
    });
    await next.close();
  });

  it('and a new start of the machine, a process that got the old number does not stand in the way', async () => {
    const { config } = place();
    await (await openEmbedded(config, 'command')).close();
    const stale = [process.pid, join(config.dataDir, 'postgresql'), 1, 5432, '', '', '', 'ready', ''];
    writeFileSync(join(config.dataDir, 'postgresql', 'postmaster.pid'), stale.join('\n'));
    const postgres = await openEmbedded(config, 'serve');
    expect(postgresPid(config)).not.toBe(process.pid);
    await postgres.close();
  });
});
