import { open } from 'node:fs/promises';
import { type Leaf, leavesOfFile, leavesOfStream, unreadableProblem } from '../archive/leaves.ts';
import { readAhead } from '../archive/read-ahead.ts';
import type { FeedItem, ReadProgress } from './feed.ts';
import { findFiles } from './find-files.ts';
import { readRecords } from './read-records.ts';

/** Files up to this size are read in one piece, and ahead of their turn. */
const SMALL_FILE_BYTES_MAX = 512 * 1024;
const FILES_AHEAD_MAX = 16;

export interface ReadOptions {
  /** Told as reading goes on, often: a caller that shows it decides how often. */
  readonly onProgress?: (progress: ReadProgress) => void;
  readonly signal?: AbortSignal;
}

/**
 * Reads advisory files: every path a file or a folder, plain, gzipped, in zip or tar, recognised by content. Streams:
 * memory does not grow with the files. Nothing that is wrong with a path, a file, an archive entry or a record throws;
 * each is a `problem` with its place, and reading goes on. Throws only when `signal` aborts.
 */
export async function* readAdvisoryFiles(
  paths: readonly string[],
  options: ReadOptions = {},
): AsyncGenerator<FeedItem> {
  const { onProgress, signal } = options;
  const { files, problems } = await findFiles(paths, signal);
  for (const { where, problem } of problems) yield { kind: 'problem', where, problem };
  const bytesTotal = files.reduce((sum, file) => sum + file.bytes, 0);
  let bytesBefore = 0;
  const tasks = files.map((file) => async () => ({ ...file, content: await readSmallFile(file) }));
  for await (const { path, bytes, content } of readAhead(tasks, FILES_AHEAD_MAX)) {
    signal?.throwIfAborted();
    let bytesRead = 0;
    const tell = (more: number): void => {
      // What an archive says of its own entries is a stranger's word; progress never passes the file's real size.
      bytesRead = Math.min(bytes, bytesRead + more);
      onProgress?.({ file: path, bytesRead: bytesBefore + bytesRead, bytesTotal });
    };
    yield* readFile({ path, content }, tell, signal);
    bytesBefore += bytes;
    onProgress?.({ file: path, bytesRead: bytesBefore, bytesTotal });
  }
}

/** The whole file, or undefined where it is not small, or cannot be read: reading it in its turn says why. */
async function readSmallFile(file: {
  readonly path: string;
  readonly bytes: number;
}): Promise<Buffer | undefined> {
  if (file.bytes > SMALL_FILE_BYTES_MAX) return undefined;
  try {
    const handle = await open(file.path, 'r');
    try {
      // One byte more than was found: a file that has grown since is left to be streamed.
      const { buffer, bytesRead } = await handle.read(
        Buffer.allocUnsafe(file.bytes + 1),
        0,
        file.bytes + 1,
        0,
      );
      return bytesRead === file.bytes ? buffer.subarray(0, bytesRead) : undefined;
    } finally {
      await handle.close();
    }
  } catch {
    return undefined;
  }
}

async function* onePiece(content: Buffer): AsyncGenerator<Uint8Array> {
  yield content;
}

function leavesIn(
  file: { readonly path: string; readonly content: Buffer | undefined },
  onBytes: (bytes: number) => void,
  signal: AbortSignal | undefined,
): AsyncGenerator<Leaf> {
  const options = signal === undefined ? { onBytes } : { onBytes, signal };
  if (file.content === undefined) return leavesOfFile(file.path, file.path, options);
  return leavesOfStream(onePiece(file.content), file.path, options);
}

async function* readFile(
  file: { readonly path: string; readonly content: Buffer | undefined },
  onBytes: (bytes: number) => void,
  signal: AbortSignal | undefined,
): AsyncGenerator<FeedItem> {
  for await (const leaf of leavesIn(file, onBytes, signal)) {
    if (leaf.kind === 'refused') {
      yield { kind: 'problem', where: leaf.name, problem: leaf.problem };
      continue;
    }
    try {
      for await (const batch of readRecords(leaf)) yield* batch;
    } catch (error) {
      const problem = unreadableProblem(error);
      if (problem === undefined) throw error;
      yield { kind: 'problem', where: leaf.name, problem };
    }
  }
}
