import { leavesOfFile, unreadableProblem } from '../archive/leaves.ts';
import type { FeedItem, ReadProgress } from './feed.ts';
import { findFiles } from './find-files.ts';
import { readRecords } from './read-records.ts';

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
  for (const { path, bytes } of files) {
    let bytesRead = 0;
    const tell = (more: number): void => {
      // What an archive says of its own entries is a stranger's word; progress never passes the file's real size.
      bytesRead = Math.min(bytes, bytesRead + more);
      onProgress?.({ file: path, bytesRead: bytesBefore + bytesRead, bytesTotal });
    };
    yield* readFile(path, tell, signal);
    bytesBefore += bytes;
    onProgress?.({ file: path, bytesRead: bytesBefore, bytesTotal });
  }
}

async function* readFile(
  path: string,
  onBytes: (bytes: number) => void,
  signal: AbortSignal | undefined,
): AsyncGenerator<FeedItem> {
  const options = signal === undefined ? { onBytes } : { onBytes, signal };
  for await (const leaf of leavesOfFile(path, path, options)) {
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
