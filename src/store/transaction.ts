/** Statements and transactions on one connection, in the driver's words. */
import type { PoolClient, QueryResult } from 'pg';
import { copyOut, copyRows } from './copy-rows.ts';
import type { Sql, SqlValue, Transaction, TransactionOptions } from './database.ts';

/** Rows that a stream reads at once at most. */
export const STREAM_BATCH_ROWS_MAX = 5_000;

/** Runs a statement. Of several in one text the driver returns a list of results: the last one counts. */
export async function runStatement(
  client: PoolClient,
  sql: Sql,
  params: readonly SqlValue[],
): Promise<QueryResult> {
  const values = [...params];
  const result: QueryResult | QueryResult[] = await (typeof sql === 'string'
    ? client.query(sql, values)
    : client.query({ ...sql, values }));
  if (!Array.isArray(result)) return result;
  const last = result.at(-1);
  if (last === undefined) throw new Error('a text without a statement was sent to the database');
  return last;
}

/** The rows of a statement. */
export async function queryRows<Row>(
  client: PoolClient,
  sql: Sql,
  params: readonly SqlValue[],
): Promise<readonly Row[]> {
  return (await runStatement(client, sql, params)).rows;
}

/** Runs `work` in a transaction of its own on `client`, and commits it; whatever it throws rolls back. */
export async function runTransaction<T>(
  client: PoolClient,
  work: (tx: Transaction) => Promise<T>,
  options: TransactionOptions,
): Promise<T> {
  await client.query(beginStatement(options));
  let result: T;
  try {
    result = await work(transactionOn(client));
    const { command } = await client.query('COMMIT');
    // PostgreSQL answers the COMMIT of a failed transaction with a quiet ROLLBACK.
    if (command !== 'COMMIT')
      throw new Error('a statement of the transaction failed and its error was dropped');
  } catch (error) {
    // Where even this fails the connection is closed, which rolls back too.
    await client.query('ROLLBACK').catch(() => undefined);
    throw error;
  }
  return result;
}

function beginStatement({ isolation, readOnly, statementTimeoutMs, mayBeLost }: TransactionOptions): string {
  const level = isolation === undefined ? '' : ` ISOLATION LEVEL ${isolation.toUpperCase()}`;
  const begin = `BEGIN${level}${readOnly === true ? ' READ ONLY' : ''}`;
  const timeout =
    statementTimeoutMs === undefined
      ? ''
      : `; SET LOCAL statement_timeout = ${Math.trunc(statementTimeoutMs)}`;
  return `${begin}${timeout}${mayBeLost === true ? '; SET LOCAL synchronous_commit = off' : ''}`;
}

function transactionOn(client: PoolClient): Transaction {
  let cursors = 0;
  return {
    query: (sql, params = []) => queryRows(client, sql, params),
    execute: async (sql, params = []) => (await runStatement(client, sql, params)).rowCount ?? 0,
    copyIn: (target, rows) => copyRows(client, target, rows),
    copyOut: (sql) => copyOut(client, sql),
    async *stream(sql, params = [], batchRows = STREAM_BATCH_ROWS_MAX) {
      cursors += 1;
      const cursor = `parapet_cursor_${cursors}`;
      const count = Math.min(Math.max(1, Math.trunc(batchRows)), STREAM_BATCH_ROWS_MAX);
      await client.query(`DECLARE ${cursor} NO SCROLL CURSOR FOR ${sql}`, [...params]);
      // The next batch is on its way while the caller works on this one.
      const fetch = async () => (await client.query(`FETCH ${count} FROM ${cursor}`)).rows;
      for (let next = fetch(); ; ) {
        const rows = await next;
        const isLast = rows.length < count;
        if (!isLast) {
          next = fetch();
          // A failure is thrown where it is awaited; a caller that stops early never awaits it.
          next.catch(() => undefined);
        }
        if (rows.length > 0) yield rows;
        if (isLast) break;
      }
      await client.query(`CLOSE ${cursor}`);
    },
  };
}
