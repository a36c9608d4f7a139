import { AppError, appError, type ErrorCode } from '../errors.ts';

/** Errors of Node.js that mean: the database is not there, or the way to it is broken. */
const NETWORK_CODES = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ENOENT',
  'EACCES',
]);

/** The driver reports a broken connection by these words alone, without a code. */
const CONNECTION_WORDS =
  /^(?:Connection terminated|Client has encountered a connection error|Client was closed|Cannot use a pool after)/;

type DatabaseErrorCode = Extract<
  ErrorCode,
  'database-unavailable' | 'database-refused' | 'database-full' | 'database-read-only' | 'database-slow'
>;

/** SQLSTATE (https://www.postgresql.org/docs/current/errcodes-appendix.html), or its class, to our code. */
const SQLSTATES: ReadonlyMap<string, DatabaseErrorCode> = new Map([
  ['08', 'database-unavailable'],
  ['57P01', 'database-unavailable'],
  ['57P02', 'database-unavailable'],
  ['57P03', 'database-unavailable'],
  ['57P04', 'database-unavailable'],
  ['57P05', 'database-unavailable'],
  // How PostgreSQL says that a database takes no connections at present.
  ['55000', 'database-unavailable'],
  ['25P03', 'database-unavailable'],
  ['53300', 'database-unavailable'],
  ['53100', 'database-full'],
  ['25006', 'database-read-only'],
  ['57014', 'database-slow'],
  ['55P03', 'database-slow'],
  ['28', 'database-refused'],
  ['3D000', 'database-refused'],
  ['42501', 'database-refused'],
]);

/** Serialization failure and deadlock: running the transaction again from its start is the remedy. */
const RETRYABLE = new Set(['40001', '40P01']);

/**
 * The error of the catalogue for a failure of the driver or of PostgreSQL, with it as the cause. What is no fault of the
 * world (a wrong statement, a broken constraint, any error of ours) comes back as it is.
 */
export function translateDatabaseError(error: unknown): unknown {
  if (error instanceof AppError || !(error instanceof Error)) return error;
  const code = codeOf(error);
  const known = code === undefined ? undefined : (SQLSTATES.get(code) ?? SQLSTATES.get(code.slice(0, 2)));
  if (known !== undefined) return appError(known, { problem: wordsOf(error) }, error);
  if (code === 'ENOSPC') return appError('database-full', { problem: wordsOf(error) }, error);
  if (code !== undefined ? NETWORK_CODES.has(code) : CONNECTION_WORDS.test(error.message)) {
    return appError('database-unavailable', { problem: wordsOf(error) }, error);
  }
  return error;
}

/** Whether the driver gave up waiting for one of its connections to become free. */
export function isPoolExhausted(error: unknown): boolean {
  return error instanceof Error && error.message === 'timeout exceeded when trying to connect';
}

/** Whether the transaction that failed with `error` (translated or not) may succeed when it is run again. */
export function isRetryable(error: unknown): boolean {
  return isPlanOutdated(error) || causesOf(error).some((cause) => RETRYABLE.has(codeOf(cause) ?? ''));
}

/**
 * Whether a statement failed because what it returns is of another type than when this connection prepared it: a migration changed
 * a column. PostgreSQL says "cached plan must not change result type", in the language of the server, before it runs it.
 */
export function isPlanOutdated(error: unknown): boolean {
  return causesOf(error).some(
    (cause) => codeOf(cause) === '0A000' && 'routine' in cause && cause.routine === 'RevalidateCachedQuery',
  );
}

/** The SQLSTATE of a failed statement, such as 23505, also where the error was wrapped, or undefined. */
export function sqlStateOf(error: unknown): string | undefined {
  return causesOf(error)
    .map(codeOf)
    .find((code) => code !== undefined && /^[0-9A-Z]{5}$/.test(code));
}

/** The error and what it was caused by. */
function causesOf(error: unknown): readonly Error[] {
  const causes: Error[] = [];
  for (let cause = error; cause instanceof Error && causes.length < 5; cause = cause.cause)
    causes.push(cause);
  return causes;
}

function codeOf(error: Error): string | undefined {
  return 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

/** Node.js joins the failures of several addresses into one error without words of its own. */
function wordsOf(error: Error): string {
  if (error.message !== '') return error.message;
  if (error instanceof AggregateError)
    return error.errors.map((each) => String(each?.message ?? each)).join(', ');
  return codeOf(error) ?? error.name;
}
