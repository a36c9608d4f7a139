/**
 * The contract over PostgreSQL that every store operation uses: SQL as text with parameters, rows as plain objects,
 * transactions, session locks and notifications. It is the only place that speaks to the driver. A failure comes out as
 * an error of the catalogue (`database-errors.ts`); a lost connection is replaced by the next use.
 */
import { Client, type ClientConfig, Pool, type PoolClient } from 'pg';
import { appError, isAppError } from '../errors.ts';
import type { CopyValue } from './copy-rows.ts';
import {
  isPlanOutdated,
  isPoolExhausted,
  isRetryable,
  sqlStateOf,
  translateDatabaseError,
} from './database-errors.ts';
import { type Listener, type NotificationHandler, startListener } from './listener.ts';
import { prepareSession } from './prepare-session.ts';
import type { PreparedSql } from './prepared-sql.ts';
import { sqlTypes } from './sql-types.ts';
import { queryRows, runStatement, runTransaction } from './transaction.ts';

export const STATEMENT_TIMEOUT_MS = 60_000;
export const CONNECT_TIMEOUT_MS = 10_000;
export const TRANSACTION_ATTEMPTS_MAX = 6;
/** Connections beside the others for statements whose plans are kept: what reports and the server view run all the time. */
export const KEPT_PLANS_CONNECTIONS_MAX = 6;
const RETRY_DELAY_MS = 10;
const CONNECTION_IDLE_MS = 60_000;
const KEEP_ALIVE_DELAY_MS = 10_000;

/** What a parameter may be. An array becomes a PostgreSQL array; JSON is passed as text. */
export type SqlValue = string | number | bigint | boolean | Date | Uint8Array | null | readonly SqlValue[];

/** A statement as it is, or one that connections keep. */
export type Sql = string | PreparedSql;

/** Something that runs statements: the database, or a transaction in it. */
export interface Queryable {
  /**
   * Runs `sql` and returns its rows (of several statements, which take no parameters, those of the last). int8 comes as a
   * number, and fails beyond 2^53; numeric and date come as text; timestamptz as a Date; bytea as a Buffer. `Row` is
   * the caller's word for the columns of `sql`.
   */
  query<Row extends object>(sql: Sql, params?: readonly SqlValue[]): Promise<readonly Row[]>;
  /** Runs `sql` and returns how many rows it inserted, changed, removed or would have returned. */
  execute(sql: Sql, params?: readonly SqlValue[]): Promise<number>;
}

/** A transaction. */
export interface Transaction extends Queryable {
  /** Copies rows into `target`, a table with its columns such as `t (a, b)`: the quickest way in for many rows. */
  copyIn(target: string, rows: Iterable<readonly CopyValue[]>): Promise<void>;
  /** Reads the rows of a query by COPY in its text format, in chunks that may end anywhere: the quickest way out. */
  copyOut(sql: string): AsyncIterable<Buffer>;
  /** Reads the rows of a query by a cursor, in batches of at most `batchRows`, so that memory stays flat. */
  stream<Row extends object>(
    sql: string,
    params?: readonly SqlValue[],
    batchRows?: number,
  ): AsyncGenerator<readonly Row[], void, undefined>;
}

export interface TransactionOptions {
  readonly isolation?: 'read committed' | 'repeatable read' | 'serializable';
  readonly readOnly?: boolean;
  /**
   * Runs on one of the connections on which prepared statements are planned once (`prepared-sql.ts`). For what is done for
   * every report; statements whose lists may be long are better planned for what they hold.
   */
  readonly keepsPlans?: boolean;
  /** Time a statement of this transaction may take; 0 is no limit. Without it STATEMENT_TIMEOUT_MS. */
  readonly statementTimeoutMs?: number;
  /**
   * The commit does not wait until it is on disk or on a standby: for work that is done again where it was lost. What is
   * committed afterwards without this is on disk only after it.
   */
  readonly mayBeLost?: boolean;
}

/** A lock that lasts as long as its own connection. */
export interface SessionLock {
  /** Aborted when the connection is lost: from then on another may hold the lock. */
  readonly lost: AbortSignal;
  release(): Promise<void>;
}

export interface Database extends Queryable {
  /**
   * Runs `work` in one transaction and commits it. A serialization failure or a deadlock runs it again from the start,
   * TRANSACTION_ATTEMPTS_MAX times at most, so `work` must not change anything outside `tx`. Whatever it throws rolls back.
   */
  transaction<T>(work: (tx: Transaction) => Promise<T>, options?: TransactionOptions): Promise<T>;
  /** The lock `name` on a connection of its own, or undefined where another session holds it. */
  tryLock(name: string): Promise<SessionLock | undefined>;
  /**
   * Listens to `channel` on a connection of its own, connecting again whenever it is lost. The handler hears each
   * message, and a `gap` after each interruption, in which messages may have been missed.
   */
  listen(channel: string, handler: NotificationHandler): Promise<Listener>;
  /** How its connections are used now, and what went wrong since it was opened. */
  figures(): DatabaseFigures;
  /** Ends every connection. What is running finishes first; nothing may be started afterwards. */
  close(): Promise<void>;
}

export interface DatabaseFigures {
  readonly connectionsMax: number;
  readonly connectionsInUse: number;
  readonly connectionsIdle: number;
  /** Uses that wait for a connection to become free. */
  readonly waiting: number;
  /** Uses that the database failed, by the code of the error; a transaction that is run again counts each time. */
  readonly failures: ReadonlyMap<string, number>;
}

/** Failures that no error of the catalogue stands for: a deadlock, a broken constraint, a wrong statement. */
const OTHER_FAILURE = 'statement';

export interface DatabaseOptions {
  readonly connectionString: string;
  readonly connectionsMax: number;
  /** Without it STATEMENT_TIMEOUT_MS. */
  readonly statementTimeoutMs?: number;
  /** Time to wait for a connection, a new one or one in use; without it CONNECT_TIMEOUT_MS. */
  readonly connectTimeoutMs?: number;
}

/**
 * A database that connects when it is first used. It holds at most `connectionsMax` connections, KEPT_PLANS_CONNECTIONS_MAX for
 * statements whose plans are kept, and one a lock or listener.
 */
export function openDatabase(options: DatabaseOptions): Database {
  return new PostgresDatabase(options);
}

class PostgresDatabase implements Database {
  readonly #pool: Pool;
  readonly #keptPlans: Pool;
  readonly #connectionsMax: number;
  readonly #failures = new Map<string, number>();
  readonly #clientConfig: ClientConfig;
  readonly #statementTimeoutMs: number;
  /** Sessions that are set up, each with the `#tables` of that moment. */
  readonly #prepared = new WeakMap<PoolClient, number>();
  /** How often tables were seen to have changed under a plan: what was prepared before may be outdated too. */
  #tables = 0;
  readonly #open = new Set<{ close(): Promise<void> }>();
  #closing: Promise<void> | undefined;

  constructor(options: DatabaseOptions) {
    this.#connectionsMax = options.connectionsMax;
    this.#statementTimeoutMs = options.statementTimeoutMs ?? STATEMENT_TIMEOUT_MS;
    this.#clientConfig = {
      connectionString: options.connectionString,
      application_name: 'parapet',
      connectionTimeoutMillis: options.connectTimeoutMs ?? CONNECT_TIMEOUT_MS,
      keepAlive: true,
      keepAliveInitialDelayMillis: KEEP_ALIVE_DELAY_MS,
      types: sqlTypes,
    };
    this.#pool = this.#openPool(options.connectionsMax);
    this.#keptPlans = this.#openPool(KEPT_PLANS_CONNECTIONS_MAX);
  }

  query<Row extends object>(sql: Sql, params: readonly SqlValue[] = []): Promise<readonly Row[]> {
    return this.#alone(sql, (client) => queryRows<Row>(client, sql, params));
  }

  execute(sql: Sql, params: readonly SqlValue[] = []): Promise<number> {
    return this.#alone(sql, async (client) => (await runStatement(client, sql, params)).rowCount ?? 0);
  }

  async transaction<T>(work: (tx: Transaction) => Promise<T>, options: TransactionOptions = {}): Promise<T> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        const pool = options.keepsPlans === true ? this.#keptPlans : this.#pool;
        return await this.#withClient(pool, (client) => runTransaction(client, work, options));
      } catch (error) {
        if (attempt >= TRANSACTION_ATTEMPTS_MAX || !isRetryable(error)) throw error;
      }
      // Random, so that two that collided do not collide again.
      await delay(RETRY_DELAY_MS * 2 ** attempt * Math.random());
    }
  }

  async tryLock(name: string): Promise<SessionLock | undefined> {
    this.#assertOpen();
    const client = new Client(this.#clientConfig);
    const lost = new AbortController();
    client.on('error', () => lost.abort());
    client.on('end', () => lost.abort());
    try {
      await client.connect();
      const { rows } = await client.query('SELECT pg_try_advisory_lock(hashtextextended($1, 0)) AS held', [
        name,
      ]);
      if (rows[0]?.held !== true) {
        await client.end();
        return undefined;
      }
    } catch (error) {
      await client.end().catch(() => undefined);
      throw translateDatabaseError(error);
    }
    const lock = {
      close: async () => {
        this.#open.delete(lock);
        await client.end().catch(() => undefined);
      },
    };
    this.#open.add(lock);
    return { lost: lost.signal, release: lock.close };
  }

  async listen(channel: string, handler: NotificationHandler): Promise<Listener> {
    this.#assertOpen();
    const listener = await startListener(() => new Client(this.#clientConfig), channel, handler);
    const entry = { close: listener.close };
    this.#open.add(entry);
    return {
      close: async () => {
        this.#open.delete(entry);
        await listener.close();
      },
    };
  }

  figures(): DatabaseFigures {
    const pools = [this.#pool, this.#keptPlans];
    const sum = (count: (pool: Pool) => number): number => pools.reduce((all, pool) => all + count(pool), 0);
    return {
      connectionsMax: this.#connectionsMax + KEPT_PLANS_CONNECTIONS_MAX,
      connectionsInUse: sum((pool) => pool.totalCount - pool.idleCount),
      connectionsIdle: sum((pool) => pool.idleCount),
      waiting: sum((pool) => pool.waitingCount),
      failures: this.#failures,
    };
  }

  close(): Promise<void> {
    this.#closing ??= (async () => {
      await Promise.all([...this.#open].map((entry) => entry.close()));
      await Promise.all([this.#pool.end(), this.#keptPlans.end()]);
    })();
    return this.#closing;
  }

  #openPool(max: number): Pool {
    const pool = new Pool({ ...this.#clientConfig, max, idleTimeoutMillis: CONNECTION_IDLE_MS });
    // Losing a connection that nobody uses needs no answer: the pool drops it, and the next use opens another.
    pool.on('error', () => undefined);
    // One that is lost between two statements of a transaction is noticed by the next of them.
    pool.on('connect', (client) => client.on('error', () => undefined));
    return pool;
  }

  #assertOpen(): void {
    if (this.#closing !== undefined) {
      throw appError('database-unavailable', {
        problem: 'Parapet is stopping and has closed its connections',
      });
    }
  }

  #counted(error: unknown): unknown {
    const name = failureName(error);
    if (name !== undefined) this.#failures.set(name, (this.#failures.get(name) ?? 0) + 1);
    return error;
  }

  /** Runs a statement by itself; once more on another connection where its plan was outdated, which it says before it begins. */
  async #alone<T>(sql: Sql, work: (client: PoolClient) => Promise<T>): Promise<T> {
    const pool = typeof sql === 'string' ? this.#pool : this.#keptPlans;
    try {
      return await this.#withClient(pool, work);
    } catch (error) {
      if (!isPlanOutdated(error)) throw error;
      return await this.#withClient(pool, work);
    }
  }

  /** A connection that has nothing prepared for tables as they no longer are. */
  async #connect(pool: Pool): Promise<PoolClient> {
    for (;;) {
      const client = await pool.connect();
      if ((this.#prepared.get(client) ?? this.#tables) === this.#tables) return client;
      client.release(true);
    }
  }

  async #withClient<T>(pool: Pool, work: (client: PoolClient) => Promise<T>): Promise<T> {
    this.#assertOpen();
    let client: PoolClient;
    try {
      client = await this.#connect(pool);
    } catch (error) {
      throw this.#counted(
        isPoolExhausted(error)
          ? appError('database-slow', { problem: 'all connections of this process stayed in use' }, error)
          : translateDatabaseError(error),
      );
    }
    let failure: unknown;
    try {
      if (!this.#prepared.has(client)) {
        await prepareSession(client, {
          statementTimeoutMs: this.#statementTimeoutMs,
          keepsPlans: pool === this.#keptPlans,
        });
        this.#prepared.set(client, this.#tables);
      }
      return await work(client);
    } catch (error) {
      failure = error;
      if (isPlanOutdated(error)) this.#tables += 1;
      throw this.#counted(translateDatabaseError(error));
    } finally {
      // A connection whose state is in doubt is closed, never used again: one that broke, or is still in a transaction.
      client.release(failure !== undefined && (!this.#prepared.has(client) || isInDoubt(client)));
    }
  }
}

/** What of the database's failures an error is; undefined: it is none, but ours. */
function failureName(error: unknown): string | undefined {
  if (isAppError(error)) return error.code.startsWith('database-') ? error.code : undefined;
  return sqlStateOf(error) === undefined ? undefined : OTHER_FAILURE;
}

/** Whether a failed use left the connection anywhere but idle and outside a transaction. */
function isInDoubt(client: PoolClient): boolean {
  return client.getTransactionStatus() !== 'I';
}

function delay(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
