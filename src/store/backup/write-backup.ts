import type { Transaction } from '../database.ts';
import { BACKUP_TABLES, type BackupRow, type BackupTable, BackupWriter } from './backup-format.ts';
import { quotedName, type StoredColumn, storedColumns } from './table-columns.ts';

/** Rows fetched at once: a server's row with its arrays is some 6 KB. */
const ROWS_PER_BATCH = 200;
/** A row with more than this is fetched alone: one report may make a row of 30 MB, and 200 of those fit in no string. */
export const BATCHED_ROW_BYTES_MAX = 64 * 1024;

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
    for await (const rows of rowsOf(tx, table, columns)) {
      yield rows.map((row) => writer.row(row)).join('');
      options.onRows(table, rows.length);
    }
  }
  yield writer.end();
}

type TextRow = Readonly<Record<string, string | null>> & { readonly is_large: boolean };

/** The rows of a table in batches of bounded size; large ones come last, each alone. */
async function* rowsOf(
  tx: Transaction,
  table: BackupTable,
  columns: readonly StoredColumn[],
): AsyncGenerator<readonly BackupRow[]> {
  const names = columns.map((_, index) => `c${index}`);
  const texts = columns.map(({ name }, index) => `${quotedName(name)}::text AS c${index}`);
  const bytes = names.map((name) => `coalesce(octet_length(${name}), 0)::bigint`).join(' + ');
  // OFFSET 0 keeps PostgreSQL from working out the texts again for each place where they are used.
  const rows = `(SELECT *, ${bytes} > ${BATCHED_ROW_BYTES_MAX} AS is_large
    FROM (SELECT ${texts.join(', ')} FROM ${table} OFFSET 0) t OFFSET 0) r`;
  const toRow = (row: TextRow): BackupRow => names.map((name) => row[name] ?? null);

  const unlessLarge = names.map((name) => `CASE WHEN NOT is_large THEN ${name} END AS ${name}`);
  let hasLarge = false;
  const batches = tx.stream<TextRow>(
    `SELECT is_large, ${unlessLarge.join(', ')} FROM ${rows}`,
    [],
    ROWS_PER_BATCH,
  );
  for await (const batch of batches) {
    const small = batch.filter((row) => !row.is_large);
    if (small.length < batch.length) hasLarge = true;
    if (small.length > 0) yield small.map(toRow);
  }
  if (!hasLarge) return;
  const large = tx.stream<TextRow>(`SELECT ${names.join(', ')}, is_large FROM ${rows} WHERE is_large`, [], 1);
  for await (const batch of large) yield batch.map(toRow);
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
