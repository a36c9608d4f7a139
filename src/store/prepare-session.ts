import type { PoolClient } from 'pg';
import { appError } from '../errors.ts';

/** Oldest PostgreSQL that Parapet runs on. */
export const POSTGRES_MAJOR_MIN = 15;
export const IDLE_IN_TRANSACTION_TIMEOUT_MS = 300_000;

/** Sets the session up and refuses a server that cannot hold Parapet's data. One round trip for each new connection. */
export async function prepareSession(
  client: PoolClient,
  { statementTimeoutMs, keepsPlans }: { readonly statementTimeoutMs: number; readonly keepsPlans: boolean },
): Promise<void> {
  const { rows } = await client.query(
    `SELECT current_setting('server_version_num')::int AS version,
            current_setting('server_version') AS version_text,
            current_setting('server_encoding') AS encoding,
            set_config('TimeZone', 'UTC', false),
            set_config('client_min_messages', 'warning', false),
            -- Statements here take milliseconds, and compiling one takes hundreds; where no index is asked for on purpose, what a
            -- scan is said to cost would have every one of them compiled.
            set_config('jit', 'off', false),
            set_config('statement_timeout', $1, false),
            set_config('idle_in_transaction_session_timeout', $2, false),
            CASE WHEN $3::boolean THEN set_config('plan_cache_mode', 'force_generic_plan', false) END,
            -- A plan made while a table is small must do when it has grown: by an index wherever there is one.
            CASE WHEN $3 THEN set_config('enable_seqscan', 'off', false) END,
            -- And each row of a list by a look of its own: who joins in another way goes through all rows of a project.
            CASE WHEN $3 THEN set_config('enable_hashjoin', 'off', false) || set_config('enable_mergejoin', 'off', false) END,
            -- An acknowledged write is on disk, also where the role's default says otherwise; a stricter one stays.
            set_config('synchronous_commit',
              CASE current_setting('synchronous_commit') WHEN 'off' THEN 'on'
                ELSE current_setting('synchronous_commit') END, false)`,
    [String(statementTimeoutMs), String(IDLE_IN_TRANSACTION_TIMEOUT_MS), keepsPlans],
  );
  const server: { version: number; version_text: string; encoding: string } = rows[0];
  const problem = serverProblem(server.version, server.version_text, server.encoding);
  if (problem !== undefined) throw appError('database-unsuitable', { problem });
}

/** Why a server of this version (PostgreSQL's number, such as 150018) and encoding is refused, or undefined. */
export function serverProblem(version: number, versionText: string, encoding: string): string | undefined {
  if (Math.floor(version / 10_000) < POSTGRES_MAJOR_MIN) {
    return `it is PostgreSQL ${versionText}, and Parapet needs ${POSTGRES_MAJOR_MIN} or later. Upgrade it, or give another in DATABASE_URL.`;
  }
  if (encoding !== 'UTF8') {
    return `its encoding is ${encoding}, and Parapet needs UTF8. Create one with: CREATE DATABASE parapet ENCODING 'UTF8' TEMPLATE template0.`;
  }
  return undefined;
}
