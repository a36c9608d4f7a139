/** How a command gets a password: never as an argument, which every user of the machine could see. */
import { createInterface } from 'node:readline';
import { appError } from '../errors.ts';
import { newPassword } from '../identity/password.ts';
import type { CommandIo } from './command.ts';

export interface GivenPassword {
  readonly password: string;
  /** Made here, and to be shown once. */
  readonly isGenerated: boolean;
}

/** The first line of standard input with `fromStdin`, else a new random one. */
export async function readPassword(io: Pick<CommandIo, 'stdin'>, fromStdin: boolean): Promise<GivenPassword> {
  if (!fromStdin) return { password: newPassword(), isGenerated: true };
  const lines = createInterface({ input: io.stdin, terminal: false });
  for await (const line of lines) {
    lines.close();
    return { password: line, isGenerated: false };
  }
  throw appError('parameter-invalid', { name: '--password-stdin', problem: 'standard input is empty' });
}
