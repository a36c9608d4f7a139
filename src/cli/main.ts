/**
 * The command line: finds the command, runs it, and is the only place that turns a failure into a message and an exit
 * code: 0 success, 1 failure, 2 wrong usage (3 is `scan --fail-on`). Commands are loaded when they are asked for, so that
 * `scan` starts without the service's parts.
 */
import { type Config, readProcessConfig } from '../config.ts';
import { AppError, isAppError } from '../errors.ts';
import type { Command, CommandIo } from './command.ts';
import { COMMANDS, type CommandEntry } from './command-list.ts';
import { parapetVersion } from './version.ts';

const EXIT_FAILURE = 1;
const EXIT_USAGE = 2;

/** Runs `parapet` with the words after the program's name and sets the exit code of the process. */
export async function main(args: readonly string[]): Promise<void> {
  const io = processIo();
  process.exitCode = await runCommand(args, io);
}

/** Finds and runs a command; returns its exit code. Never throws. */
export async function runCommand(args: readonly string[], io: CommandIo): Promise<number> {
  try {
    if (args[0] === '--version' || args[0] === '-V') {
      io.out(`parapet ${parapetVersion()}\n`);
      return 0;
    }
    const entry = findCommand(args);
    if (entry === undefined) return showOverview(args, io);
    const command = await entry.load();
    const rest = args.slice(entry.name.split(' ').length);
    if (rest.includes('--help') || rest.includes('-h')) {
      io.out(command.help);
      return 0;
    }
    return await runOne(command, rest, io);
  } catch (error) {
    io.err(`parapet: ${failureText(error)}\n`);
    const isUsage = isAppError(error, 'usage') || isAppError(error, 'option-invalid');
    return isUsage ? EXIT_USAGE : EXIT_FAILURE;
  }
}

async function runOne(command: Command, args: readonly string[], io: CommandIo): Promise<number> {
  try {
    return await command.run(args, io);
  } catch (error) {
    if (io.signal.aborted && error instanceof Error && error.name === 'AbortError') {
      io.err('parapet: interrupted; nothing half-done is left behind\n');
      return EXIT_FAILURE;
    }
    throw error;
  }
}

/** The longest name that the first words spell: `server list` before `server`. */
function findCommand(args: readonly string[]): CommandEntry | undefined {
  const fitting = COMMANDS.filter((entry) =>
    entry.name.split(' ').every((word, index) => args[index] === word),
  );
  return fitting.sort((a, b) => b.name.length - a.name.length)[0];
}

function showOverview(args: readonly string[], io: CommandIo): number {
  const [first] = args;
  const isAsked = first === undefined || first === 'help' || first === '--help' || first === '-h';
  const family = COMMANDS.filter((entry) => entry.name.startsWith(`${first} `));
  const shown = family.length > 0 ? family : COMMANDS;
  const width = Math.max(...shown.map((entry) => entry.name.length));
  const list = shown.map((entry) => `  ${entry.name.padEnd(width)}  ${entry.summary}`).join('\n');
  const text = `Usage: parapet COMMAND [OPTIONS]\n\n${list}\n\nparapet COMMAND --help tells more of one command, parapet --version which Parapet this is.\n`;
  if (isAsked) io.out(text);
  else io.err(family.length > 0 ? text : `parapet: there is no command "${args.join(' ')}"\n\n${text}`);
  return isAsked ? 0 : EXIT_USAGE;
}

/** What a person is told: the sentence of the catalogue, or for a failure of ours everything that helps to report it. */
function failureText(error: unknown): string {
  if (error instanceof AppError) return error.message;
  return error instanceof Error ? `unexpected failure: ${error.stack ?? error.message}` : String(error);
}

function processIo(): CommandIo {
  const controller = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      if (controller.signal.aborted && signal === 'SIGINT') process.exit(EXIT_FAILURE);
      controller.abort();
    });
  }
  // A reader that went away (`parapet … | head`) ends the command quietly.
  process.stdout.on('error', (error) => {
    if ('code' in error && error.code === 'EPIPE') process.exit(0);
  });
  let config: Config | undefined;
  return {
    out: (text) => void process.stdout.write(text),
    err: (text) => void process.stderr.write(text),
    outIsTerminal: process.stdout.isTTY === true,
    errIsTerminal: process.stderr.isTTY === true,
    useColour: process.stdout.isTTY === true && process.stdout.getColorDepth() > 1,
    stdin: process.stdin,
    config: () => (config ??= readProcessConfig()),
    signal: controller.signal,
  };
}
