import { appError } from '../errors.ts';

/** Bytes that arrive piece by piece: a file, an archive entry, a request body. */
export type ByteStream = AsyncIterable<Uint8Array>;

/** The first bytes of a stream, and the stream whole (those bytes included). */
export interface PeekedStream {
  readonly head: Buffer;
  readonly content: ByteStream;
}

/** Reads until `headBytes` are there or the stream ends, so that its format can be recognised before it is read. */
export async function peekStream(source: ByteStream, headBytes: number): Promise<PeekedStream> {
  const iterator = source[Symbol.asyncIterator]();
  const chunks: Uint8Array[] = [];
  let length = 0;
  while (length < headBytes) {
    const next = await iterator.next();
    if (next.done === true) break;
    chunks.push(next.value);
    length += next.value.byteLength;
  }
  const read = Buffer.concat(chunks);
  return { head: read.subarray(0, headBytes), content: continueStream(read, iterator) };
}

async function* continueStream(
  read: Buffer,
  iterator: AsyncIterator<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  try {
    if (read.byteLength > 0) yield read;
    for (;;) {
      const next = await iterator.next();
      if (next.done === true) return;
      yield next.value;
    }
  } finally {
    await iterator.return?.();
  }
}

/** Holds a whole stream in memory. Throws `archive-unreadable` past `bytesMax`. */
export async function collectStream(
  source: ByteStream,
  options: { readonly name: string; readonly bytesMax: number },
): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of source) {
    length += chunk.byteLength;
    if (length > options.bytesMax) {
      throw appError('archive-unreadable', {
        name: options.name,
        problem: `is larger than ${options.bytesMax} bytes, the most Parapet reads here in one piece`,
      });
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, length);
}
