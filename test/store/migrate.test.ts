import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openDatabase } from '../../src/store/database.ts';
import { migrate, readMigrations } from '../../src/store/migrate.ts';
import { testDatabase } from '../database.ts';

const { database, connectionString } = await testDatabase('empty');
let folder = '';

beforeEach(async () => {
  await database.query('DROP SCHEMA public CASCADE; CREATE SCHEMA public');
  folder = mkdtempSync(join(tmpdir(), 'parapet-migrations-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function write(name: string, sql: string): void {
  writeFileSync(join(folder, name), sql);
}

describe('migrations', () => {
  it('are read in order, and other files are left alone', async () => {
    write('0002-second.sql', 'SELECT 2');
    write('0001-first.sql', 'SELECT 1');
    write('schema.sql', 'not a migration');
    const migrations = await readMigrations(folder);
    expect(migrations.map(({ number, name }) => [number, name])).toEqual([
      [1, '0001-first.sql'],
      [2, '0002-second.sql'],
    ]);
  });

  it('with a gap or with one number twice are a mistake of the program', async () => {
    write('0001-first.sql', 'SELECT 1');
    write('0003-third.sql', 'SELECT 3');
    await expect(readMigrations(folder)).rejects.toThrow('0003-third.sql should have number 2');
    write('0002-second.sql', 'SELECT 2');
    write('0002-other.sql', 'SELECT 2');
    await expect(readMigrations(folder)).rejects.toThrow('should have number 3');
  });

  it('are applied once, in order, each with all its statements', async () => {
    write('0001-first.sql', 'CREATE TABLE a (n int); INSERT INTO a VALUES (1);');
    expect(await migrate(database, await readMigrations(folder))).toEqual(['0001-first.sql']);
    write('0002-second.sql', 'INSERT INTO a SELECT n + 1 FROM a;');
    expect(await migrate(database, await readMigrations(folder))).toEqual(['0002-second.sql']);
    expect(await migrate(database, await readMigrations(folder))).toEqual([]);
    expect(await database.query('SELECT n FROM a ORDER BY n')).toEqual([{ n: 1 }, { n: 2 }]);
  });

  it('that fail leave nothing of themselves and all of those before', async () => {
    write('0001-first.sql', 'CREATE TABLE a (n int)');
    write('0002-second.sql', 'CREATE TABLE b (n int); SELECT 1 / 0;');
    await expect(migrate(database, await readMigrations(folder))).rejects.toThrow('division by zero');
    expect(await database.query(`SELECT to_regclass('a')::text AS a, to_regclass('b')::text AS b`)).toEqual([
      { a: 'a', b: null },
    ]);
    write('0002-second.sql', 'CREATE TABLE b (n int)');
    expect(await migrate(database, await readMigrations(folder))).toEqual(['0002-second.sql']);
  });

  it('are applied once by several processes that start together', async () => {
    write('0001-first.sql', 'CREATE TABLE a (n int)');
    write('0002-second.sql', 'SELECT pg_sleep(0.05); INSERT INTO a VALUES (1)');
    const migrations = await readMigrations(folder);
    const nodes = [1, 2, 3, 4].map(() => openDatabase({ connectionString, connectionsMax: 2 }));
    const applied = await Promise.all(nodes.map((node) => migrate(node, migrations)));
    expect(applied.flat().sort()).toEqual(['0001-first.sql', '0002-second.sql']);
    expect(await database.query('SELECT n FROM a')).toEqual([{ n: 1 }]);
    await Promise.all(nodes.map((node) => node.close()));
  });

  it('of a newer program are refused in words, and nothing is changed', async () => {
    write('0001-first.sql', 'CREATE TABLE a (n int)');
    write('0002-second.sql', 'CREATE TABLE b (n int)');
    const newer = await readMigrations(folder);
    await migrate(database, newer);
    await expect(migrate(database, newer.slice(0, 1))).rejects.toMatchObject({
      code: 'schema-newer',
      message: expect.stringMatching(/schema 2.*newer Parapet.*up to 1/s),
    });
  });

  it('that were edited after they were applied are refused, but for their line ends', async () => {
    write('0001-first.sql', 'CREATE TABLE a (\n  n int\n)');
    await migrate(database, await readMigrations(folder));
    write('0001-first.sql', 'CREATE TABLE a (\r\n  n int\r\n)');
    expect(await migrate(database, await readMigrations(folder))).toEqual([]);
    write('0001-first.sql', 'CREATE TABLE a (n bigint)');
    await expect(migrate(database, await readMigrations(folder))).rejects.toMatchObject({
      code: 'schema-edited',
      message: expect.stringContaining('0001-first.sql was changed after it was applied'),
    });
  });
});
