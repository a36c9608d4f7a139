/** Reading files and standard input whole, with a bound, and failures in words. */
import { readFile, stat } from 'node:fs/promises';
import { addAbortSignal, Readable } from 'node:stream';
import { openFileStream } from '../archive/file-stream.ts';
import { appError } from '../errors.ts';
import type { CommandIo } from './command.ts';

/** Largest inventory file that is read, packed or not, in bytes. */
export const INVENTORY_FILE_BYTES_MAX = 256 * 1024 * 1024;

/** Bytes that are asked for at once of a pipe or a device. */
const PIECE_BYTES = 64 * 1024;

/**
 * The bytes of a file, or of standard input for `-`. Throws `parameter-invalid` where it cannot be read or is too large,
 * and the AbortError of `io.signal`, also where nothing comes any more.
 */
export async function readInput(path: string, io: Pick<CommandIo, 'stdin' | 'signal'>): Promise<Buffer> {
  if (path !== '-') return await readWhole(path, io.signal);
  const { stdin, signal } = io;
  return await readBounded(
    stdin instanceof Readable ? addAbortSignal(signal, stdin) : stdin,
    'standard input',
  );
}

async function readWhole(path: string, signal: AbortSignal): Promise<Buffer> {
  try {
    const about = await stat(path);
    // A pipe or a device does not say how much it holds.
    if (!about.isFile())
      return await readBounded(await openFileStream(path, { pieceBytes: PIECE_BYTES, signal }), path);
    if (about.size > INVENTORY_FILE_BYTES_MAX) throw tooLarge(path);
    return await readFile(path, { signal });
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
