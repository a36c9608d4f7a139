import yauzl from 'yauzl';
import { appError, isAppError } from '../errors.ts';
import type { ByteStream } from './byte-stream.ts';
import { type ArchiveLimits, entryNameProblem, inflationProblem, isHiddenName } from './limits.ts';

/** One file of an archive, to be read before the next one is asked for, or the reason why it is not read. */
export type ArchiveEntry =
  | { readonly kind: 'file'; readonly name: string; readonly content: ByteStream }
  | { readonly kind: 'refused'; readonly name: string; readonly problem: string };

const UNIX_TYPE_MASK = 0o170000;
const UNIX_LINK = 0o120000;

/**
 * The files of a zip, in the order of its directory; `zip` is a path, or the archive itself. Folders and hidden files
 * are passed over; links, encrypted entries, unsafe names and bombs are refused by name. Throws `archive-unreadable`
 * where the archive as a whole is broken or has more entries or bytes than `limits` allow. `onPackedBytes` is told the
 * size of each entry as it lies in the archive, for progress.
 */
export async function* zipEntries(
  zip: string | Buffer,
  name: string,
  limits: ArchiveLimits,
  onPackedBytes: (bytes: number) => void = () => undefined,
): AsyncGenerator<ArchiveEntry> {
  // Names are decoded and judged here: the library would give the whole archive up for one bad name.
  const options = { autoClose: false, lazyEntries: true, decodeStrings: false, validateEntrySizes: true };
  let file: yauzl.ZipFile | undefined;
  try {
    file = await (typeof zip === 'string'
      ? yauzl.openPromise(zip, options)
      : yauzl.fromBufferPromise(zip, options));
    if (file.entryCount > limits.entriesMax) throw tooManyEntries(name, limits);
    let unpacked = 0;
    for await (const entry of file.eachEntry()) {
      const entryName = yauzl.getFileNameLowLevel(
        entry.generalPurposeBitFlag,
        entry.fileNameRaw,
        entry.extraFields,
        false,
      );
      onPackedBytes(entry.compressedSize);
      if (entryName.endsWith('/') || isHiddenName(entryName)) continue;
      unpacked += entry.uncompressedSize;
      // Entries may overlap, so that each is modest and all together are not: the sum is judged against the whole file.
      const problem = inflationProblem(limits, { packed: file.fileSize, unpacked });
      if (problem !== undefined) throw appError('archive-unreadable', { name, problem });
      yield await openEntry(file, entry, entryName, limits);
    }
  } catch (error) {
    if (isAppError(error)) throw error;
    const problem = `is a broken zip (${error instanceof Error ? error.message : String(error)}): copy or download it again`;
    throw appError('archive-unreadable', { name, problem }, error);
  } finally {
    file?.close();
  }
}

async function openEntry(
  file: yauzl.ZipFile,
  entry: yauzl.Entry,
  name: string,
  limits: ArchiveLimits,
): Promise<ArchiveEntry> {
  const problem = entryProblem(entry, name, limits);
  if (problem !== undefined) return { kind: 'refused', name, problem };
  try {
    return { kind: 'file', name, content: await file.openReadStreamPromise(entry) };
  } catch (error) {
    return { kind: 'refused', name, problem: `cannot be read (${String(error)})` };
  }
}

function entryProblem(entry: yauzl.Entry, name: string, limits: ArchiveLimits): string | undefined {
  const ofName = entryNameProblem(name);
  if (ofName !== undefined) return ofName;
  if (((entry.externalFileAttributes >>> 16) & UNIX_TYPE_MASK) === UNIX_LINK)
    return 'is a link: not followed';
  if (entry.isEncrypted()) return 'is encrypted: unpack the archive with its password first';
  if (!entry.canDecodeFileData()) {
    return `is compressed by a method that Parapet does not read (${entry.compressionMethod})`;
  }
  return inflationProblem(limits, { packed: entry.compressedSize, unpacked: entry.uncompressedSize });
}

function tooManyEntries(name: string, limits: ArchiveLimits): Error {
  const problem = `has more than ${limits.entriesMax} entries, the most Parapet reads of one archive: split it`;
  return appError('archive-unreadable', { name, problem });
}
