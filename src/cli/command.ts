/**
 * What a command of the command line is, and what it may touch. One command (or one small family of verbs) a file in
 * `commands/`; `main.ts` lists them. A command reads its arguments with `readArguments`, writes results to `out` and
 * everything else to `err`, and returns its exit code.
 */
import { parseArgs } from 'node:util';
import type { Config } from '../config.ts';
import { appError } from '../errors.ts';
import { jsonResult } from '../json-result.ts';

export interface CommandIo {
  /** Writes a result to standard output. */
  readonly out: (text: string) => void;
  /** Writes progress, hints and problems to standard error. */
  readonly err: (text: string) => void;
  readonly outIsTerminal: boolean;
  readonly errIsTerminal: boolean;
  /** Whether colours may be used on standard output: a terminal, and NO_COLOR is not set. */
  readonly useColour: boolean;
  readonly stdin: NodeJS.ReadableStream;
  /** The settings, read when a command needs them. */
  readonly config: () => Config;
  /** Aborted by the first interrupt; the second ends the process. */
  readonly signal: AbortSignal;
}

export interface Command {
  /** The words after `parapet`: `serve`, `server list`. */
  readonly name: string;
  /** One line for the list of commands. */
  readonly summary: string;
  /** The whole help: usage, options, examples. */
  readonly help: string;
  readonly run: (args: readonly string[], io: CommandIo) => Promise<number>;
}

/** An option: whether it takes a value, and whether it may be given several times. */
export interface OptionSpec {
  readonly type: 'string' | 'boolean';
  readonly multiple?: boolean;
  readonly short?: string;
}

export interface ReadArguments<K extends string> {
  readonly positionals: readonly string[];
  /** The value of an option that takes one; undefined if it was not given. The last of several counts. */
  readonly text: (name: K) => string | undefined;
  /** All values of an option that may be given several times. */
  readonly texts: (name: K) => readonly string[];
  readonly flag: (name: K) => boolean;
}

/**
 * Reads a command's arguments. `positionals` bounds how many words may stand besides options. Throws `usage` in words:
 * an unknown option, a missing value, a word too many or too few.
 */
export function readArguments<K extends string>(
  args: readonly string[],
  spec: {
    readonly command: string;
    readonly options: Readonly<Record<K, OptionSpec>>;
    readonly positionals: { readonly min: number; readonly max: number; readonly what: string };
  },
): ReadArguments<K> {
  const parsed = parse(args, spec);
  const { min, max, what } = spec.positionals;
  const given = parsed.positionals.length;
  if (given < min) throw usage(spec.command, `${what} is missing`);
  if (given > max) {
    throw usage(
      spec.command,
      `"${parsed.positionals[max]}" is one word too many${max === 0 ? '' : ` (${what})`}`,
    );
  }
  const values: Readonly<Record<string, unknown>> = parsed.values;
  const texts = (name: K): readonly string[] => {
    const value = values[name];
    const list = Array.isArray(value) ? value : [value];
    return list.filter((one): one is string => typeof one === 'string');
  };
  return {
    positionals: parsed.positionals,
    texts,
    text: (name) => texts(name).at(-1),
    flag: (name) => values[name] === true,
  };
}

function parse<K extends string>(
  args: readonly string[],
  spec: { readonly command: string; readonly options: Readonly<Record<K, OptionSpec>> },
) {
  try {
    return parseArgs({ args: [...args], options: spec.options, allowPositionals: true, strict: true });
  } catch (error) {
    throw usage(spec.command, error instanceof Error ? error.message : String(error));
  }
}

/** A mistake in how a command was called. */
export function usage(command: string, problem: string): Error {
  return appError('usage', { command, problem });
}

/** The option every command has. */
export const JSON_OPTION = { json: { type: 'boolean' } } as const satisfies Readonly<
  Record<string, OptionSpec>
>;

/** Writes a result: as JSON in the one form that all commands share (json-result.ts), or as text for people. */
export function writeResult(
  io: CommandIo,
  asJson: boolean,
  result: { readonly json: unknown; readonly text: string },
): void {
  io.out(
    asJson
      ? `${JSON.stringify(jsonResult(result.json))}\n`
      : result.text === ''
        ? ''
        : `${result.text.trimEnd()}\n`,
  );
}
