/** The log: one JSON object a line on standard error, so that results on standard output stay clean. */
import { LOG_LEVELS, type LogLevel } from './config.ts';
import { AppError } from './errors.ts';

export type LogFields = Readonly<Record<string, unknown>>;

export interface Log {
  readonly debug: (message: string, fields?: LogFields) => void;
  readonly info: (message: string, fields?: LogFields) => void;
  readonly warn: (message: string, fields?: LogFields) => void;
  readonly error: (message: string, fields?: LogFields) => void;
}

/** Longest text of one field, in characters: a hostile path or a driver's complaint must not fill the disk. */
const FIELD_LENGTH_MAX_CHARS = 4_096;

/** A log that writes lines of `level` and above by `write`. Secrets are never handed to it. */
export function createLog(
  level: LogLevel,
  write: (line: string) => void = (line) => void process.stderr.write(line),
): Log {
  const least = LOG_LEVELS.indexOf(level);
  const at =
    (own: Exclude<LogLevel, 'silent'>) =>
    (message: string, fields: LogFields = {}): void => {
      if (LOG_LEVELS.indexOf(own) < least) return;
      const line = { time: new Date().toISOString(), level: own, message, ...fields };
      write(`${JSON.stringify(line, (_key, value: unknown) => loggable(value))}\n`);
    };
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}

function loggable(value: unknown): unknown {
  if (value instanceof AppError)
    return { code: value.code, text: value.message, cause: loggable(value.cause) };
  if (value instanceof Error)
    return { text: value.message, stack: value.stack, cause: loggable(value.cause) };
  if (typeof value === 'bigint') return String(value);
  return typeof value === 'string' ? value.slice(0, FIELD_LENGTH_MAX_CHARS) : value;
}
