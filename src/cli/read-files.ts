/** Reading files and standard input whole, with a bound, and failures in words. */
import { open } from 'node:fs/promises';
import { appError } from '../errors.ts';
import type { CommandIo } from './command.ts';

/** Largest inventory file that is read, packed or not, in bytes. */
export const INVENTORY_FILE_BYTES_MAX = 256 * 1024 * 1024;

/** The bytes of a file, or of standard input for `-`. Throws `parameter-invalid` where it cannot be read or is too large. */
export async function readInput(path: string, io: Pick<CommandIo, 'stdin'>): Promise<Buffer> {
  return path === '-' ? await readBounded(io.stdin, 'standard input') : await readWhole(path);
}

async function readWhole(path: string): Promise<Buffer> {
  try {
    const handle = await open(path, 'r');
    try {
      const about = await handle.stat();
      // A pipe or a device does not say how much it holds.
      if (!about.isFile()) return await readBounded(handle.createReadStream(), path);
      if (about.size > INVENTORY_FILE_BYTES_MAX) throw tooLarge(path);
      return await handle.readFile();
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (error instanceof Error && 'code' in error && 'syscall' in error) {
      throw appError(
        'parameter-invalid',
        { name: path, problem: `cannot be read (${String(error.code)})` },
        error,
      );
    }
    throw error;
  }
}

async function readBounded(stream: NodeJS.ReadableStream, name: string): Promise<Buffer> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const piece of stream) {
    const buffer = Buffer.from(piece);
    bytes += buffer.length;
    if (bytes > INVENTORY_FILE_BYTES_MAX) throw tooLarge(name);
    pieces.push(buffer);
  }
  return Buffer.concat(pieces);
}

function tooLarge(name: string): Error {
  return appError('parameter-invalid', {
    name,
    problem: `an inventory may have ${INVENTORY_FILE_BYTES_MAX / 1024 ** 2} MiB; this is more`,
  });
}
