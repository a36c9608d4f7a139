import type { Transaction } from '../database.ts';
import { BACKUP_TABLES, type BackupTable, BackupWriter } from './backup-format.ts';
import { quotedName, type StoredColumn, storedColumns } from './table-columns.ts';

/** Rows fetched at once: a server's row with its arrays is some 6 KB, a large one 100 KB. */
const ROWS_PER_BATCH = 200;

export interface BackupCounts {
  /** Rows by table. */
  readonly rows: ReadonlyMap<BackupTable, number>;
}

/**
 * The lines of a backup of everything the transaction sees, in batches; memory stays flat. For one moment of the whole
 * database the transaction is to be `repeatable read`. `onRows` is told after each batch.
 */
export async function* backupLines(
  tx: Transaction,
  options: {
    /** Milliseconds since 1970. */
    readonly now: number;
    readonly onRows: (table: BackupTable, rows: number) => void;
  },
): AsyncGenerator<string> {
  const writer = new BackupWriter();
  // The text forms of values must not depend on how the role or the database is set.
  await tx.query(
    `SET LOCAL bytea_output = 'hex'; SET LOCAL extra_float_digits = 1; SET LOCAL DateStyle = 'ISO, YMD'`,
  );
  yield writer.header({ schema: await schemaNumber(tx), madeAt: new Date(options.now).toISOString() });
  for (const table of BACKUP_TABLES) {
    const columns = await storedColumns(tx, table);
    const names = columns.map((column) => column.name);
    yield writer.table({ table, columns: names, next: await nextNumbers(tx, table, columns) });
    const selected = columns.map(({ name }, index) => `${quotedName(name)}::text AS c${index}`).join(', ');
    const batches = tx.stream<Readonly<Record<string, string | null>>>(
      `SELECT ${selected} FROM ${table}`,
      [],
      ROWS_PER_BATCH,
    );
    for await (const batch of batches) {
      yield batch.map((row) => writer.row(columns.map((_, index) => row[`c${index}`] ?? null))).join('');
      options.onRows(table, batch.length);
    }
  }
  yield writer.end();
}

async function schemaNumber(tx: Transaction): Promise<number> {
  const [row] = await tx.query<{ number: number }>('SELECT max(number) AS number FROM schema_migration');
  return row?.number ?? 0;
}

/** Read after the rows' snapshot was taken, so never behind them: a number may be left out, none is given twice. */
async function nextNumbers(
  tx: Transaction,
  table: BackupTable,
  columns: readonly StoredColumn[],
): Promise<Readonly<Record<string, number>>> {
  const next: [string, number][] = [];
  for (const { name, isIdentity } of columns) {
    if (!isIdentity) continue;
    const [row] = await tx.query<{ last: number | null }>(
      `SELECT pg_sequence_last_value(pg_get_serial_sequence($1, $2)::regclass) AS last`,
      [table, name],
    );
    next.push([name, (row?.last ?? 0) + 1]);
  }
  return Object.fromEntries(next);
}
