/** How a command gets a password: never as an argument, which every user of the machine could see. */
import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import { appError } from '../errors.ts';
import { newPassword } from '../identity/password.ts';
import type { CommandIo } from './command.ts';

export interface GivenPassword {
  readonly password: string;
  /** Made here, and to be shown once. */
  readonly isGenerated: boolean;
}

/**
 * The first line of standard input with `fromStdin`, else a new random one. On a terminal it is asked for twice and not
 * shown. Throws `parameter-invalid` where there is none, or the two differ.
 */
export async function readPassword(
  io: Pick<CommandIo, 'stdin' | 'err'>,
  fromStdin: boolean,
): Promise<GivenPassword> {
  if (!fromStdin) return { password: newPassword(), isGenerated: true };
  const isTerminal = 'isTTY' in io.stdin && io.stdin.isTTY === true;
  const lines = createInterface(
    isTerminal
      ? { input: io.stdin, output: nowhere(), terminal: true }
      : { input: io.stdin, terminal: false },
  );
  try {
    const typed = lines[Symbol.asyncIterator]();
    const ask = async (question: string): Promise<string> => {
      if (isTerminal) io.err(question);
      const line = await typed.next();
      if (isTerminal) io.err('\n');
      return line.done === true ? '' : line.value;
    };
    const password = await ask('Password: ');
    if (password === '') throw refused('no password was given');
    if (isTerminal && (await ask('The same again: ')) !== password) throw refused('the two differ');
    return { password, isGenerated: false };
  } finally {
    lines.close();
  }
}

/** Takes what the terminal would show of what is typed. */
function nowhere(): Writable {
  return new Writable({ write: (_piece, _encoding, done) => done() });
}

function refused(problem: string): Error {
  return appError('parameter-invalid', { name: '--password-stdin', problem });
}
