/**
 * The schema: numbered SQL files, `migrations/0001-what-it-does.sql` and so on, applied in order, each in its own
 * transaction, and noted in the table `schema_migration`. Any number of processes may migrate at once: each takes the
 * same lock for every step and looks again at what is left. An applied file never changes.
 */
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { appError } from '../errors.ts';
import type { Database, Transaction } from './database.ts';

/** The migrations of this program. */
export const MIGRATIONS_FOLDER = fileURLToPath(new URL('../../migrations', import.meta.url));

/** The name of the advisory lock that a process holds while it applies one migration. */
const MIGRATION_LOCK = 'parapet:migrate';
const MIGRATION_FILE = /^(\d{4})-[a-z0-9-]+\.sql$/;

export interface Migration {
  readonly number: number;
  readonly name: string;
  readonly sql: string;
  /** SHA-256 of the text with line ends made `\n`, in hex: a checkout with other line ends is no edit. */
  readonly checksum: string;
}

interface AppliedMigration {
  readonly number: number;
  readonly name: string;
  readonly checksum: string;
}

/** The migrations in `folder`, in order. Throws where their numbers are not 1, 2, 3 … without a gap. */
export async function readMigrations(folder: string = MIGRATIONS_FOLDER): Promise<readonly Migration[]> {
  const names = (await readdir(folder)).filter((name) => MIGRATION_FILE.test(name)).sort();
  return Promise.all(
    names.map(async (name, index) => {
      const number = Number(name.slice(0, 4));
      if (number !== index + 1) throw new Error(`${folder}: ${name} should have number ${index + 1}`);
      const sql = (await readFile(join(folder, name), 'utf8')).replaceAll('\r\n', '\n');
      return { number, name, sql, checksum: createHash('sha256').update(sql).digest('hex') };
    }),
  );
}

/**
 * Brings the schema up to the last of `migrations`; returns the names of those it applied. Throws `schema-newer` where
 * the database has more than them, and `schema-edited` where an applied one differs; then nothing was changed.
 */
export async function migrate(
  database: Database,
  migrations: readonly Migration[],
): Promise<readonly string[]> {
  const applied: string[] = [];
  for (;;) {
    const name = await database.transaction((tx) => applyNext(tx, migrations), { statementTimeoutMs: 0 });
    if (name === undefined) return applied;
    applied.push(name);
  }
}

/** Like `migrate`, in a transaction of the caller's: for a restore, which changes the schema and the data in one. */
export async function migrateWithin(tx: Transaction, migrations: readonly Migration[]): Promise<void> {
  while ((await applyNext(tx, migrations)) !== undefined);
}

/** Makes every other process wait with its migrations until the transaction ends. */
export async function holdMigrations(tx: Transaction): Promise<void> {
  await tx.query('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [MIGRATION_LOCK]);
}

async function applyNext(tx: Transaction, migrations: readonly Migration[]): Promise<string | undefined> {
  await holdMigrations(tx);
  const applied = await readApplied(tx);
  checkApplied(applied, migrations);
  const next = migrations[applied.length];
  if (next === undefined) return undefined;
  await tx.query(next.sql);
  await tx.query('INSERT INTO schema_migration (number, name, checksum) VALUES ($1, $2, $3)', [
    next.number,
    next.name,
    next.checksum,
  ]);
  return next.name;
}

/** Looked for before it is created, so that a role without the right to create tables can run on a finished schema. */
async function readApplied(tx: Transaction): Promise<readonly AppliedMigration[]> {
  const [found] = await tx.query<{ exists: boolean }>(
    `SELECT to_regclass('schema_migration') IS NOT NULL AS exists`,
  );
  if (found?.exists === true) {
    return tx.query<AppliedMigration>('SELECT number, name, checksum FROM schema_migration ORDER BY number');
  }
  await tx.query(
    `CREATE TABLE schema_migration (
       number integer PRIMARY KEY,
       name text NOT NULL,
       checksum text NOT NULL,
       applied_at timestamptz NOT NULL DEFAULT now()
     )`,
  );
  return [];
}

function checkApplied(applied: readonly AppliedMigration[], migrations: readonly Migration[]): void {
  const found = applied.at(-1)?.number ?? 0;
  if (found > migrations.length) throw appError('schema-newer', { found, known: migrations.length });
  for (const [index, { number, name, checksum }] of applied.entries()) {
    const migration = migrations[index];
    if (number !== index + 1 || migration === undefined) {
      throw appError('schema-edited', { migration: name, problem: 'was applied without those before it' });
    }
    if (migration.checksum !== checksum) {
      throw appError('schema-edited', { migration: name, problem: 'was changed after it was applied' });
    }
  }
}
