import { appError } from '../errors.ts';
import { type ByteStream, collectStream, peekStream } from './byte-stream.ts';
import { CONTAINER_HEAD_BYTES, containerOf } from './container.ts';
import { openFileStream } from './file-stream.ts';
import { ARCHIVE_LIMITS, type ArchiveLimits } from './limits.ts';
import { tarEntries } from './tar-entries.ts';
import { unpackBounded } from './unpack-bounded.ts';
import { type ArchiveEntry, zipEntries } from './zip-entries.ts';

/** How many bytes of each leaf are there to recognise its format by. */
export const LEAF_HEAD_BYTES = 64 * 1024;

/**
 * A file with nothing packed around it any more, to be read before the next is asked for, or the reason why one is not
 * read. `name` says where it lies: `all.zip!all/GHSA-….json`; the file's own name where nothing is packed.
 */
export type Leaf =
  | { readonly kind: 'content'; readonly name: string; readonly head: Buffer; readonly content: ByteStream }
  | { readonly kind: 'refused'; readonly name: string; readonly problem: string };

export interface LeafOptions {
  readonly limits?: ArchiveLimits;
  /** Told how many bytes were just read of the file as it lies on disk. */
  readonly onBytes?: (bytes: number) => void;
  readonly signal?: AbortSignal;
}

interface Reading {
  readonly limits: ArchiveLimits;
  readonly signal: AbortSignal | undefined;
  unpackedBytes: number;
}

/**
 * Everything in the file at `path`, through any nesting of gzip, zstd, bzip2, xz, zip and tar, recognised by content, in the order in
 * which it lies there. Memory does not grow with the file. What is wrong with one entry, or with the rest of an
 * archive after what was already yielded, is a `refused` leaf. What only shows while a leaf's content is read throws
 * `archive-unreadable` there: a caller that catches it (`unreadableProblem`) may go on with the next leaf.
 */
export async function* leavesOfFile(
  path: string,
  name: string,
  options: LeafOptions = {},
): AsyncGenerator<Leaf> {
  const onBytes = options.onBytes ?? (() => undefined);
  const counted = async function* (): AsyncGenerator<Uint8Array> {
    const file = await openFileStream(path, { pieceBytes: LEAF_HEAD_BYTES, signal: options.signal });
    for await (const chunk of file) {
      onBytes(chunk.byteLength);
      yield chunk;
    }
  };
  const reading = startReading(options);
  yield* catchUnreadable(
    name,
    leavesOfPath(path, name, sayUnreadable(counted(), name, reading), reading, onBytes),
  );
}

async function* leavesOfPath(
  path: string,
  name: string,
  source: ByteStream,
  reading: Reading,
  onBytes: (bytes: number) => void,
): AsyncGenerator<Leaf> {
  const { head, content } = await peekStream(source, CONTAINER_HEAD_BYTES);
  if (containerOf(head) !== 'zip') {
    yield* leavesOf(content, name, 1, reading);
    return;
  }
  // The directory of a zip lies at its end and its entries anywhere, so it is read from the disk, not from the stream.
  await content[Symbol.asyncIterator]().return?.();
  yield* leavesOfEntries(
    zipEntries(path, name, reading.limits, { onPackedBytes: onBytes }),
    name,
    2,
    reading,
  );
}

/** As `leavesOfFile`, for bytes that arrive from elsewhere. A zip among them is held in memory, within `innerZipBytesMax`. */
export async function* leavesOfStream(
  source: ByteStream,
  name: string,
  options: LeafOptions = {},
): AsyncGenerator<Leaf> {
  yield* catchUnreadable(name, leavesOf(source, name, 1, startReading(options)));
}

function startReading(options: LeafOptions): Reading {
  return { limits: options.limits ?? ARCHIVE_LIMITS, signal: options.signal, unpackedBytes: 0 };
}

/** A part that turns out unreadable costs itself, not what surrounds it. */
async function* catchUnreadable(name: string, leaves: AsyncGenerator<Leaf>): AsyncGenerator<Leaf> {
  try {
    yield* leaves;
  } catch (error) {
    const problem = unreadableProblem(error);
    if (problem === undefined) throw error;
    yield { kind: 'refused', name, problem };
  }
}

/** The sentence of an `archive-unreadable` error without its name, for a caller that shows the name itself; else undefined. */
export function unreadableProblem(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error) || error.code !== 'archive-unreadable')
    return undefined;
  const fields = 'fields' in error ? error.fields : undefined;
  if (typeof fields !== 'object' || fields === null || !('problem' in fields)) return error.message;
  return String(fields.problem);
}

async function* leavesOf(
  source: ByteStream,
  name: string,
  depth: number,
  reading: Reading,
): AsyncGenerator<Leaf> {
  const { limits } = reading;
  reading.signal?.throwIfAborted();
  const { head, content } = await peekStream(sayUnreadable(source, name, reading), LEAF_HEAD_BYTES);
  const container = containerOf(head);
  if (container === undefined) {
    yield { kind: 'content', name, head, content: withinBudget(content, name, reading) };
    return;
  }
  if (depth > limits.depthMax) {
    const problem = `is packed more than ${limits.depthMax} times over: unpack it first`;
    yield { kind: 'refused', name, problem };
  } else if (container === 'tar') {
    yield* leavesOfEntries(tarEntries(content, name, limits), name, depth + 1, reading);
  } else if (container === 'zip') {
    const zip = await collectStream(content, { name, bytesMax: limits.innerZipBytesMax });
    yield* leavesOfEntries(zipEntries(zip, name, limits), name, depth + 1, reading);
  } else {
    yield* leavesOf(unpackBounded(content, name, limits, container), name, depth + 1, reading);
  }
}

async function* leavesOfEntries(
  entries: AsyncGenerator<ArchiveEntry>,
  archive: string,
  depth: number,
  reading: Reading,
): AsyncGenerator<Leaf> {
  for await (const entry of entries) {
    const name = `${archive}!${entry.name}`;
    if (entry.kind === 'refused') yield { kind: 'refused', name, problem: entry.problem };
    else yield* catchUnreadable(name, leavesOf(entry.content, name, depth, reading));
  }
}

/** Counts what is handed out, so that all the leaves of one file together stay within its bound. */
async function* withinBudget(
  content: ByteStream,
  name: string,
  reading: Reading,
): AsyncGenerator<Uint8Array> {
  for await (const chunk of content) {
    reading.unpackedBytes += chunk.byteLength;
    if (reading.unpackedBytes > reading.limits.unpackedBytesMax) {
      const problem = `is past the ${reading.limits.unpackedBytesMax} bytes that Parapet reads of one file`;
      throw appError('archive-unreadable', { name, problem });
    }
    yield chunk;
  }
}

/** Turns whatever a disk or a library throws into `archive-unreadable`, and stops between two pieces when told to. */
async function* sayUnreadable(
  source: ByteStream,
  name: string,
  reading: Reading,
): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of source) {
      reading.signal?.throwIfAborted();
      yield chunk;
    }
  } catch (error) {
    if (unreadableProblem(error) !== undefined || reading.signal?.aborted === true) throw error;
    const problem = `cannot be read (${error instanceof Error ? error.message : String(error)})`;
    throw appError('archive-unreadable', { name, problem }, error);
  }
}
