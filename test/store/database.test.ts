import { describe, expect, it } from 'vitest';
import { openDatabase } from '../../src/store/database.ts';
import { sqlStateOf } from '../../src/store/database-errors.ts';
import type { NotificationEvent } from '../../src/store/listener.ts';
import { serverProblem } from '../../src/store/prepare-session.ts';
import { prepared } from '../../src/store/prepared-sql.ts';
import { testDatabase } from '../database.ts';

const { database, connectionString } = await testDatabase('empty');
await database.query('CREATE TABLE counter (id integer PRIMARY KEY, value bigint NOT NULL)');

async function caught(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => undefined,
    (error: unknown) => error,
  );
}

/** Resolves when `condition` holds; the test's own time limit is the only one. */
async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 10));
}

it('has no statement compiled, also where the database would: that takes a hundred times as long as most of them', async () => {
  const separator = connectionString.includes('?') ? '&' : '?';
  const other = openDatabase({
    connectionString: `${connectionString}${separator}options=${encodeURIComponent('-c jit=on')}`,
    connectionsMax: 1,
  });
  expect(await other.query('SHOW jit')).toEqual([{ jit: 'off' }]);
  expect(await other.query(prepared('SHOW jit'))).toEqual([{ jit: 'off' }]);
  await other.close();
});

describe('values', () => {
  it('come as numbers, text, dates and bytes that lose nothing', async () => {
    const [row] = await database.query(
      `SELECT 9007199254740991::bigint AS most, '{1,NULL,-3}'::bigint[] AS list, '{{1,2},{3,4}}'::bigint[] AS table,
              12345678901234567890.5::numeric AS exact, '2026-03-29'::date AS day,
              '2026-03-29 01:30:00+00'::timestamptz AS moment, '\\x00ff'::bytea AS bytes, NULL::bigint AS none`,
    );
    expect(row).toEqual({
      most: Number.MAX_SAFE_INTEGER,
      list: [1, null, -3],
      table: [
        [1, 2],
        [3, 4],
      ],
      exact: '12345678901234567890.5',
      day: '2026-03-29',
      moment: new Date('2026-03-29T01:30:00Z'),
      bytes: Buffer.from([0, 255]),
      none: null,
    });
  });

  it('of int8 that a number cannot hold are refused, and the connection stays usable', async () => {
    expect(await caught(database.query('SELECT 9007199254740993::bigint'))).toBeInstanceOf(RangeError);
    expect(await caught(database.query(`SELECT '{9007199254740993}'::bigint[]`))).toBeInstanceOf(RangeError);
    expect(await database.query('SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });

  it('are parameters and never become a part of the statement', async () => {
    const hostile = `'; DROP TABLE counter; -- \u202e \\ " $1`;
    expect(await database.query('SELECT $1::text AS text', [hostile])).toEqual([{ text: hostile }]);
    expect(await database.query('SELECT $1::text[] AS list', [[hostile, '{}', 'NULL', '']])).toEqual([
      { list: [hostile, '{}', 'NULL', ''] },
    ]);
  });
});

describe('prepared statements', () => {
  const sum = prepared(
    "SELECT $1::integer + $2::integer AS sum, current_setting('plan_cache_mode') AS plans",
  );

  it('run on connections that keep their plans, by themselves and in transactions that ask for it', async () => {
    const kept = [{ sum: 3, plans: 'force_generic_plan' }];
    expect(await database.query(sum, [1, 2])).toEqual(kept);
    const asked = database.transaction((tx) => tx.query(sum, [1, 2]), { keepsPlans: true });
    expect(await asked).toEqual(kept);
    const other = database.transaction((tx) => tx.query(sum, [1, 2]));
    expect(await other).toEqual([{ sum: 3, plans: 'auto' }]);
  });

  it('are prepared once a connection', async () => {
    const names = await database.transaction(
      async (tx) => {
        for (let time = 0; time < 3; time += 1) await tx.query(sum, [time, time]);
        return await tx.query('SELECT name FROM pg_prepared_statements WHERE statement = $1', [sum.text]);
      },
      { keepsPlans: true },
    );
    expect(names).toEqual([{ name: sum.name }]);
  });
});

describe('statements', () => {
  it('of one text return the rows of the last', async () => {
    expect(await database.query('SELECT 1 AS a; SELECT 2 AS a')).toEqual([{ a: 2 }]);
  });

  it('tell how many rows they changed', async () => {
    expect(await database.execute('INSERT INTO counter SELECT n, 0 FROM generate_series(100, 109) n')).toBe(
      10,
    );
    expect(await database.execute('DELETE FROM counter WHERE id >= $1', [105])).toBe(5);
  });

  it('that break a constraint fail with its code, which is no fault of the world', async () => {
    const error = await caught(database.query('INSERT INTO counter VALUES (100, 0)'));
    expect(sqlStateOf(error)).toBe('23505');
    expect(error).not.toHaveProperty('status');
  });

  it('that take too long are ended and said to be slow', async () => {
    const hasty = openDatabase({ connectionString, connectionsMax: 1, statementTimeoutMs: 50 });
    try {
      await expect(hasty.query('SELECT pg_sleep(600)')).rejects.toMatchObject({
        code: 'database-slow',
        status: 503,
      });
      // A transaction may ask for more time than that.
      await hasty.transaction((tx) => tx.query('SELECT pg_sleep(0.1)'), { statementTimeoutMs: 0 });
      await expect(hasty.query('SHOW statement_timeout')).resolves.toEqual([{ statement_timeout: '50ms' }]);
    } finally {
      await hasty.close();
    }
  });

  it('run in UTC and wait for the disk', async () => {
    expect(
      await database.query(
        `SELECT current_setting('TimeZone') AS zone, current_setting('synchronous_commit') AS commit`,
      ),
    ).toEqual([{ zone: 'UTC', commit: 'on' }]);
  });
});

describe('a transaction', () => {
  it('commits what it did, and rolls back when its work throws', async () => {
    await database.transaction((tx) => tx.query('INSERT INTO counter VALUES (1, 10)'));
    await expect(
      database.transaction(async (tx) => {
        await tx.query('UPDATE counter SET value = 99 WHERE id = 1');
        throw new Error('no');
      }),
    ).rejects.toThrow('no');
    expect(await database.query('SELECT value FROM counter WHERE id = 1')).toEqual([{ value: 10 }]);
  });

  it('whose failed statement was overlooked does not pass for committed', async () => {
    const overlooked = database.transaction(async (tx) => {
      await tx.query('INSERT INTO counter VALUES (2, 0)');
      await caught(tx.query('SELECT 1 / 0'));
    });
    await expect(overlooked).rejects.toThrow('its error was dropped');
    expect(await database.query('SELECT 1 FROM counter WHERE id = 2')).toEqual([]);
  });

  it('runs again after a serialization failure until the outcome is right', async () => {
    await database.query('INSERT INTO counter VALUES (3, 0)');
    const increments = Array.from({ length: 3 }, () =>
      database.transaction(
        async (tx) => {
          const [row] = await tx.query<{ value: number }>('SELECT value FROM counter WHERE id = 3');
          await tx.query('UPDATE counter SET value = $1 WHERE id = 3', [(row?.value ?? 0) + 1]);
        },
        { isolation: 'serializable' },
      ),
    );
    await Promise.all(increments);
    expect(await database.query('SELECT value FROM counter WHERE id = 3')).toEqual([{ value: 3 }]);
  });

  it('is tried a bounded number of times, then fails with the last error', async () => {
    let attempts = 0;
    const failing = database.transaction(async (tx) => {
      attempts += 1;
      await tx.query(`DO $$ BEGIN RAISE EXCEPTION 'again' USING ERRCODE = '40001'; END $$`);
    });
    expect(sqlStateOf(await caught(failing))).toBe('40001');
    expect(attempts).toBe(6);
  });

  it('resolves a deadlock by running one of the two again', async () => {
    await database.query('INSERT INTO counter VALUES (4, 0), (5, 0)');
    let arrived = 0;
    const both = until(() => arrived >= 2);
    const crossing = (first: number, second: number) =>
      database.transaction(async (tx) => {
        await tx.query('UPDATE counter SET value = value + 1 WHERE id = $1', [first]);
        arrived += 1;
        await both;
        await tx.query('UPDATE counter SET value = value + 1 WHERE id = $1', [second]);
      });
    await Promise.all([crossing(4, 5), crossing(5, 4)]);
    expect(await database.query('SELECT value FROM counter WHERE id IN (4, 5)')).toEqual([
      { value: 2 },
      { value: 2 },
    ]);
  });

  it('can be read-only, which the database itself enforces', async () => {
    await expect(
      database.transaction((tx) => tx.query('INSERT INTO counter VALUES (6, 0)'), { readOnly: true }),
    ).rejects.toMatchObject({ code: 'database-read-only', status: 503 });
  });

  it('streams a result in bounded batches, also two at once', async () => {
    const sizes = await database.transaction(async (tx) => {
      const found: number[] = [];
      for await (const rows of tx.stream<{ n: number }>(
        'SELECT generate_series(1, $1::int) AS n',
        [25],
        10,
      )) {
        found.push(rows.length);
        for await (const inner of tx.stream('SELECT 1 AS one')) expect(inner).toEqual([{ one: 1 }]);
      }
      return found;
    });
    expect(sizes).toEqual([10, 10, 5]);
  });
});

describe('faults', () => {
  it('of a full disk are said to be that', async () => {
    const raised = database.query(
      `DO $$ BEGIN RAISE EXCEPTION 'could not extend file "base/5/1": No space left on device' USING ERRCODE = '53100'; END $$`,
    );
    await expect(raised).rejects.toMatchObject({ code: 'database-full', status: 503 });
    await expect(raised).rejects.toThrow(/no space left.*Free space/s);
  });

  it('of a database that is not there are said to be that, without its password', async () => {
    const away = openDatabase({
      connectionString: 'postgresql://me:hush@127.0.0.1:1/none',
      connectionsMax: 1,
    });
    const error = await caught(away.query('SELECT 1'));
    expect(error).toMatchObject({ code: 'database-unavailable', status: 503 });
    expect(String(error)).not.toContain('hush');
    await away.close();
  });

  it('of a wrong password or name are said to be a refusal', async () => {
    const wrong = openDatabase({
      connectionString: connectionString.replace(/:[^:@]+@/, ':wrong@'),
      connectionsMax: 1,
    });
    await expect(wrong.query('SELECT 1')).rejects.toMatchObject({ code: 'database-refused' });
    const nameless = openDatabase({
      connectionString: connectionString.replace(/@\/[^?]*/, '@/absent'),
      connectionsMax: 1,
    });
    await expect(nameless.query('SELECT 1')).rejects.toMatchObject({ code: 'database-refused' });
    await Promise.all([wrong.close(), nameless.close()]);
  });

  it('that cut connections off, idle and in use, are over with the next use', async () => {
    const cut = openDatabase({ connectionString, connectionsMax: 4 });
    await Promise.all([cut.query('SELECT 1'), cut.query('SELECT 1')]);
    const inUse = cut.transaction(async (tx) => {
      const [row] = await tx.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
      await database.query('SELECT pg_terminate_backend($1)', [row?.pid ?? 0]);
      await tx.query('SELECT 1');
    });
    await expect(inUse).rejects.toMatchObject({ code: 'database-unavailable' });
    expect(await cut.query('SELECT 1 AS one')).toEqual([{ one: 1 }]);
    await cut.close();
    await expect(cut.query('SELECT 1')).rejects.toMatchObject({ code: 'database-unavailable' });
  });

  it('of a process whose connections all stay in use are said to be that, and over when one is free', async () => {
    const narrow = openDatabase({ connectionString, connectionsMax: 1, connectTimeoutMs: 2_000 });
    await narrow.transaction(async () => {
      await expect(narrow.query('SELECT 1')).rejects.toMatchObject({
        code: 'database-slow',
        message: expect.stringContaining('all connections of this process stayed in use'),
      });
    });
    expect(await narrow.query('SELECT 1 AS one')).toEqual([{ one: 1 }]);
    await narrow.close();
  });

  it('of an unsuitable server are refused in words', () => {
    expect(serverProblem(140_011, '14.11', 'UTF8')).toMatch(/PostgreSQL 14\.11.*needs 15 or later/);
    expect(serverProblem(150_018, '15.18', 'SQL_ASCII')).toMatch(/encoding is SQL_ASCII/);
    expect(serverProblem(150_000, '15.0', 'UTF8')).toBeUndefined();
  });

  it('of a database in another encoding are refused at the first use', async () => {
    await database.query(`CREATE DATABASE latin_${process.pid} ENCODING 'LATIN1' TEMPLATE template0`);
    const latin = openDatabase({
      connectionString: connectionString.replace(/@\/[^?]*/, `@/latin_${process.pid}`),
      connectionsMax: 1,
    });
    await expect(latin.query('SELECT 1')).rejects.toMatchObject({ code: 'database-unsuitable' });
    await expect(latin.query('SELECT 1')).rejects.toMatchObject({ code: 'database-unsuitable' });
    await latin.close();
    await database.query(`DROP DATABASE latin_${process.pid}`);
  });
});

describe('a lock', () => {
  it('is held by one session at a time', async () => {
    const lock = await database.tryLock('test:one');
    expect(lock).toBeDefined();
    expect(await database.tryLock('test:one')).toBeUndefined();
    const other = await database.tryLock('test:other');
    expect(other).toBeDefined();
    await Promise.all([lock?.release(), other?.release()]);
    const again = await database.tryLock('test:one');
    expect(again).toBeDefined();
    await again?.release();
  });

  it('tells when its connection is lost', async () => {
    const lock = await database.tryLock('test:lost');
    await database.query(
      `SELECT pg_terminate_backend(pid) FROM pg_locks
       WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`,
    );
    await until(() => lock?.lost.aborted === true);
    const next = await database.tryLock('test:lost');
    expect(next?.lost.aborted).toBe(false);
    await next?.release();
  });
});

describe('a listener', () => {
  it('hears messages in order, and of a gap after an interruption', async () => {
    const events: NotificationEvent[] = [];
    const listener = await database.listen('news', (event) => events.push(event));
    await database.query(`SELECT pg_notify('news', n::text) FROM generate_series(1, 3) n`);
    await until(() => events.length === 3);
    await database.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
       WHERE datname = current_database() AND query LIKE 'LISTEN%'`,
    );
    await until(() => events.length === 4);
    await database.query(`SELECT pg_notify('news', '4')`);
    await until(() => events.length === 5);
    expect(events).toEqual([
      { kind: 'message', payload: '1' },
      { kind: 'message', payload: '2' },
      { kind: 'message', payload: '3' },
      { kind: 'gap' },
      { kind: 'message', payload: '4' },
    ]);
    await listener.close();
  });

  it('refuses a channel name that PostgreSQL would change', async () => {
    await expect(database.listen('a'.repeat(64), () => undefined)).rejects.toThrow('no channel name');
    await expect(database.listen('News', () => undefined)).rejects.toThrow('no channel name');
  });
});
