import { once } from 'node:events';
import tar from 'tar-stream';
import { appError, isAppError } from '../errors.ts';
import type { ByteStream } from './byte-stream.ts';
import { type ArchiveLimits, entryNameProblem, isHiddenName } from './limits.ts';
import type { ArchiveEntry } from './zip-entries.ts';

/**
 * The files of a tar as it streams by; an entry's content is gone once the next entry is asked for, read or not.
 * Folders and hidden files are passed over; links, devices and unsafe names are refused by name. Throws
 * `archive-unreadable` where the archive is broken, cut short or has more entries than `limits` allow.
 */
export async function* tarEntries(
  source: ByteStream,
  name: string,
  limits: ArchiveLimits,
): AsyncGenerator<ArchiveEntry> {
  const extract = tar.extract();
  const pumped = pump(source, extract);
  let entries = 0;
  try {
    for await (const entry of extract) {
      entries += 1;
      if (entries > limits.entriesMax) {
        const problem = `has more than ${limits.entriesMax} entries, the most Parapet reads of one archive: split it`;
        throw appError('archive-unreadable', { name, problem });
      }
      const chunks = bytesOf(entry);
      const { name: entryName, type } = entry.header;
      if (type !== 'directory' && !isHiddenName(entryName)) {
        const problem = entryNameProblem(entryName) ?? typeProblem(type);
        if (problem !== undefined) yield { kind: 'refused', name: entryName, problem };
        else yield { kind: 'file', name: entryName, content: chunksOf(chunks) };
      }
      while ((await chunks.next()).done !== true);
    }
  } catch (error) {
    if (isAppError(error)) throw error;
    const problem = `is a broken tar (${error instanceof Error ? error.message : String(error)}): copy or download it again`;
    throw appError('archive-unreadable', { name, problem }, error);
  } finally {
    extract.destroy(new Error('closed'));
    await pumped;
  }
}

/** Feeds the archive; a failure of the source becomes the failure of the extraction, so that it surfaces in one place. */
async function pump(source: ByteStream, extract: tar.Extract): Promise<void> {
  const closed = once(extract, 'close').catch(() => undefined);
  try {
    for await (const chunk of source) {
      if (extract.destroyed) return;
      if (!extract.write(chunk)) await Promise.race([once(extract, 'drain').catch(() => undefined), closed]);
    }
    extract.end(undefined);
  } catch (error) {
    extract.destroy(error instanceof Error ? error : new Error(String(error)));
  }
}

/** The entry's bytes; the library's types leave them unknown. */
async function* bytesOf(entry: AsyncIterable<unknown>): AsyncGenerator<Uint8Array, undefined> {
  for await (const chunk of entry) {
    if (chunk instanceof Uint8Array) yield chunk;
  }
  return undefined;
}

/** Leaves the iterator open when the reader stops early: closing an entry would close the archive with it. */
async function* chunksOf(chunks: AsyncIterator<Uint8Array, unknown>): AsyncGenerator<Uint8Array> {
  for (;;) {
    const next = await chunks.next();
    if (next.done === true) return;
    yield next.value;
  }
}

function typeProblem(type: string | null | undefined): string | undefined {
  if (type === 'file' || type === 'contiguous-file') return undefined;
  if (type === 'symlink' || type === 'link') return 'is a link: not followed';
  return `is no ordinary file (${type ?? 'unknown type'})`;
}
