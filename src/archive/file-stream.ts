import { constants, createReadStream, open, type ReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { Socket } from 'node:net';
import { addAbortSignal } from 'node:stream';
import { promisify } from 'node:util';

/**
 * The bytes of the file at `path`, in pieces of up to `pieceBytes`. `signal` ends the reading with its AbortError, also
 * while a named pipe waits for someone to write to it: opened the ordinary way such a pipe holds a thread of the process
 * that nothing can call back.
 */
export async function openFileStream(
  path: string,
  { pieceBytes, signal }: { readonly pieceBytes: number; readonly signal?: AbortSignal | undefined },
): Promise<ReadStream | Socket> {
  signal?.throwIfAborted();
  if (!(await stat(path)).isFIFO()) {
    return createReadStream(path, {
      highWaterMark: pieceBytes,
      ...(signal === undefined ? {} : { signal }),
    });
  }
  const fd = await promisify(open)(path, constants.O_RDONLY | constants.O_NONBLOCK);
  const pipe = new Socket({ fd, readable: true, writable: false });
  return signal === undefined ? pipe : addAbortSignal(signal, pipe);
}
