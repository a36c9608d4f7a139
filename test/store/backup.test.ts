/** A backup and its restore, between two databases of their own. */
import { describe, expect, it } from 'vitest';
import { isAppError } from '../../src/errors.ts';
import { bootstrapIdentity } from '../../src/identity/bootstrap.ts';
import { acceptInventory } from '../../src/jobs/accept-inventory.ts';
import { followAdvisories } from '../../src/jobs/follow-advisories.ts';
import { importAdvisories } from '../../src/jobs/import-advisories.ts';
import { BACKUP_TABLES, readBackupLines, TABLES_NOT_KEPT } from '../../src/store/backup/backup-format.ts';
import { restoreBackup } from '../../src/store/backup/restore-backup.ts';
import { BATCHED_ROW_BYTES_MAX, backupLines } from '../../src/store/backup/write-backup.ts';
import { type Database, openDatabase } from '../../src/store/database.ts';
import { serverGroupId } from '../../src/store/fleet/server-groups.ts';
import { bootstrapExclusively } from '../../src/store/identity/bootstrap-exclusively.ts';
import { claimSecretKey } from '../../src/store/identity/claim-secret-key.ts';
import { migrate, readMigrations } from '../../src/store/migrate.ts';
import { testDatabase } from '../database.ts';
import {
  advisoryItem,
  clockAt,
  installed,
  itemsOf,
  PROJECT,
  SYSTEMD,
  serverOf,
  TOMCAT,
  TOMCAT_EXPLOITED,
} from '../jobs/fleet-fixture.ts';

const FILE = 'test.backup';
const { database } = await testDatabase();
const target = await testDatabase('empty');
const migrations = await readMigrations();

async function fill(): Promise<void> {
  await bootstrapIdentity(bootstrapExclusively(database), {
    password: 'correct horse battery',
    projectName: 'cn-north-4',
    now: clockAt(0).now,
  });
  await claimSecretKey(database, Buffer.from([0, 1, 254, 255]));
  await importAdvisories(
    database,
    () =>
      itemsOf(
        advisoryItem(SYSTEMD),
        advisoryItem(TOMCAT),
        { kind: 'list', feed: 'known-exploited', publishedAt: clockAt(0).now },
        TOMCAT_EXPLOITED,
      ),
    clockAt(0),
  );
  const groupId = await serverGroupId(database, { projectId: PROJECT, name: 'Käse "\\ 🧀', newId: 'g1' });
  const packages = [
    installed({ ecosystem: 'debian:10', name: 'systemd', version: '241-7~deb10u1' }),
    installed({
      ecosystem: 'Bitnami',
      name: 'tomcat',
      version: '9.0.1',
      paths: ['/opt/a,b\t\\t', '/opt/{"c"}'],
    }),
  ];
  await acceptInventory(database, serverOf('web-01', packages, { settings: { groupId } }), clockAt(0));
  await acceptInventory(database, serverOf('NULL', []), clockAt(0));
  // As many paths as make a row that is fetched alone.
  const paths = Array.from({ length: 3_000 }, (_, index) => `/opt/ä"${index}/${'\\'.repeat(10)}`);
  const many = installed({ ecosystem: 'Bitnami', name: 'elsewhere', version: '1.0.0', paths });
  for (const name of ['large-1', 'large-2']) {
    await acceptInventory(database, serverOf(name, [many]), clockAt(0));
  }
  await followAdvisories(database, { now: () => clockAt(0).now });
}

async function piecesOf(from: Database): Promise<readonly string[]> {
  return await from.transaction(
    async (tx) => {
      const pieces: string[] = [];
      for await (const piece of backupLines(tx, { now: 0, onRows: () => undefined })) pieces.push(piece);
      return pieces;
    },
    { isolation: 'repeatable read', readOnly: true },
  );
}

async function linesOf(from: Database): Promise<readonly string[]> {
  return (await piecesOf(from)).join('').trimEnd().split('\n');
}

async function* inOnePiece(lines: readonly string[]) {
  yield lines;
}

/** Restores on a connection of its own, so that no other is open. */
async function restore(lines: readonly string[], options: { replace?: boolean } = {}): Promise<void> {
  const own = openDatabase({ connectionString: target.connectionString, connectionsMax: 1 });
  try {
    await migrate(own, migrations);
    await restoreBackup(own, () => readBackupLines(inOnePiece(lines), FILE), {
      file: FILE,
      migrations,
      replace: options.replace ?? false,
      onRows: () => undefined,
    });
  } finally {
    await own.close();
  }
}

async function targetLines(): Promise<readonly string[]> {
  const own = openDatabase({ connectionString: target.connectionString, connectionsMax: 1 });
  try {
    return await linesOf(own);
  } finally {
    await own.close();
  }
}

async function problemOf(work: Promise<unknown>): Promise<string> {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!isAppError(error)) throw new Error(`no error of the catalogue: ${String(error)}`);
  return `${error.code}: ${error.message}`;
}

/** The same rows, whatever order the table gave them in. */
function sorted(lines: readonly string[]): readonly string[] {
  return [...lines.slice(1, -1)].sort();
}

await fill();
/** Every line of a backup of `database`, which no test changes. */
const WHOLE = await linesOf(database);

describe('a backup', () => {
  it('has every table that the migrations make, each after those that it refers to', async () => {
    const tables = await database.query<{ name: string }>(
      `SELECT relname AS name FROM pg_class WHERE relkind = 'r' AND relnamespace = current_schema()::regnamespace
         AND relname <> 'schema_migration'`,
    );
    expect(tables.map((table) => table.name).sort()).toEqual([...BACKUP_TABLES, ...TABLES_NOT_KEPT].sort());
    const references = await database.query<{ from: string; to: string }>(
      `SELECT conrelid::regclass::text AS from, confrelid::regclass::text AS to FROM pg_constraint WHERE contype = 'f'`,
    );
    const order = BACKUP_TABLES.map(String);
    expect(references.length).toBeGreaterThan(5);
    for (const { from, to } of references) expect(order.indexOf(to)).toBeLessThan(order.indexOf(from));
  });

  it('holds large rows one at a time, and all others in batches', async () => {
    const pieces = await piecesOf(database);
    const large = pieces.filter((piece) => piece.length > BATCHED_ROW_BYTES_MAX);
    expect(large.map((piece) => piece.split('\n').length - 1)).toEqual([1, 1]);
    expect(pieces.some((piece) => piece.includes('"web-01"') && piece.includes('"NULL"'))).toBe(true);
    const rows = WHOLE.filter((line) => /"(?:web-01|NULL|large-[12])"/.test(line));
    expect(rows).toHaveLength(4);
  });

  it('restored into an empty database gives the same rows, and numbering goes on', async () => {
    const lines = WHOLE;
    expect(lines.length).toBeGreaterThan(BACKUP_TABLES.length + 15);
    await restore(lines);
    expect(sorted(await targetLines())).toEqual(sorted(lines));
    const own = openDatabase({ connectionString: target.connectionString, connectionsMax: 1 });
    try {
      const findings = await own.query<{ name: string; severity_level: string; sort_rank: number }>(
        `SELECT name, severity_level, sort_rank FROM server WHERE open_count > 0`,
      );
      expect(findings).toMatchObject([{ name: 'web-01', severity_level: 'High' }]);
      const [made] = await own.query<{ id: number; before: number }>(
        `INSERT INTO package (project_id, digest, ecosystem, name, version, arch, source, source_version, module, origin, lookup_names)
         VALUES ('x', '\\x00', '', '', '', '', '', '', '', '', '{}') RETURNING id, (SELECT max(id) FROM package) AS before`,
      );
      expect(made?.id).toBeGreaterThan(made?.before ?? Number.NaN);
    } finally {
      await own.close();
    }
  });

  it('restored has the schema that the migrations make, indexes and constraints included', async () => {
    const own = openDatabase({ connectionString: target.connectionString, connectionsMax: 1 });
    try {
      for (const sql of [
        `SELECT indexdef AS text FROM pg_indexes WHERE schemaname = 'public' ORDER BY 1`,
        `SELECT conrelid::regclass || ' ' || pg_get_constraintdef(oid) AS text FROM pg_constraint
         WHERE connamespace = 'public'::regnamespace ORDER BY 1`,
      ]) {
        const there = await own.query<{ text: string }>(sql);
        expect(there.length).toBeGreaterThan(20);
        expect(there).toEqual(await database.query<{ text: string }>(sql));
      }
    } finally {
      await own.close();
    }
  });

  it('is refused by a database that holds something, and replaces it when told to', async () => {
    const lines = WHOLE;
    expect(await problemOf(restore(lines))).toContain('restore-database-not-empty');
    await restore(lines, { replace: true });
    expect(sorted(await targetLines())).toEqual(sorted(lines));
  });

  it('is refused while another process is connected', async () => {
    const other = openDatabase({ connectionString: target.connectionString, connectionsMax: 1 });
    try {
      await other.query('SELECT 1');
      const lines = WHOLE;
      expect(await problemOf(restore(lines, { replace: true }))).toContain('restore-database-in-use');
    } finally {
      await other.close();
    }
  });
});

describe('a backup that is not whole', () => {
  const lines = WHOLE;
  const row = lines.findIndex((line) => line.startsWith('['));
  const header = (schema: number) =>
    `{"parapet_backup":1,"schema":${schema},"made_at":"2026-01-01T00:00:00Z"}`;
  const damaged: readonly (readonly [string, readonly string[], string])[] = [
    ['an empty file', [], 'it is empty'],
    ['a text', ['hello'], 'it is no backup of Parapet'],
    ['another JSON', ['{"a":1}'], 'it is no backup of Parapet'],
    ['a later form', ['{"parapet_backup":2}'], 'version 2, and this Parapet reads 1'],
    ['one without its last line', lines.slice(0, -1), 'cut short'],
    ['one without a row', lines.toSpliced(row, 1), 'checksum does not fit'],
    [
      'one with a row changed',
      lines.with(row, (lines[row] ?? '').replace(/^\["./, '["f')),
      'checksum does not fit',
    ],
    ['one with a line after its end', [...lines, '[]'], 'follows its last line'],
    ['a row before any table', [header(1), '["a"]'], 'before any table'],
    [
      'a foreign table',
      [header(1), '{"table":"pg_authid","columns":["a"]}'],
      'a table that Parapet does not have',
    ],
    [
      'a prototype key',
      [header(1), '{"table":"__proto__","columns":["a"]}'],
      'a table that Parapet does not have',
    ],
    [
      'a foreign column',
      [header(1), '{"table":"feed","columns":["a\\" int"]}', '["1"]'],
      'has no column "a\\" int"',
    ],
    ['a row too short', [header(1), '{"table":"feed","columns":["name"]}', '[]'], 'does not have 1 values'],
    ['a row of numbers', [header(1), '{"table":"feed","columns":["name"]}', '[1]'], 'does not have 1 values'],
    [
      'a value that does not fit',
      [
        header(1),
        '{"table":"feed","columns":["name","imported_at","revision","records"]}',
        '["x","soon","1","1"]',
        '{"end":true}',
      ],
      'checksum does not fit',
    ],
  ];

  it.each(damaged)('is refused and changes nothing: %s', async (_what, content, problem) => {
    const before = await targetLines();
    expect(await problemOf(restore(content, { replace: true }))).toContain(problem);
    expect(sorted(await targetLines())).toEqual(sorted(before));
  });

  it('is refused where its schema is newer than the program', async () => {
    expect(await problemOf(restore([header(9_999)], { replace: true }))).toContain('backup-newer');
  });

  it('says which table does not take a row', async () => {
    const row = '["x","soon","1","1"]';
    const table = '{"table":"feed","columns":["name","imported_at","revision","records"]}';
    // Enough rows for a statement before the end of the file is reached.
    const content = [header(1), table, ...Array<string>(1_000).fill(row)];
    expect(await problemOf(restore(content, { replace: true }))).toContain('table feed does not take a row');
  });
});
