import { type FileHandle, open } from 'node:fs/promises';
import { crc32, inflateRawSync } from 'node:zlib';
import yauzl from 'yauzl';
import { appError, isAppError } from '../errors.ts';
import { BlockReader } from './block-reader.ts';
import type { ByteStream } from './byte-stream.ts';
import { type ArchiveLimits, entryNameProblem, inflationProblem, isHiddenName } from './limits.ts';

/** One file of an archive, to be read before the next one is asked for, or the reason why it is not read. */
export type ArchiveEntry =
  | { readonly kind: 'file'; readonly name: string; readonly content: ByteStream }
  | { readonly kind: 'refused'; readonly name: string; readonly problem: string };

/** Entries up to this size, packed and unpacked, are read and unpacked in one piece; larger ones are streamed. */
const SMALL_ENTRY_BYTES_MAX = 256 * 1024;
/** Fixed part of a local file header (APPNOTE 4.3.7), and how much more its extra field may hold than is known. */
const LOCAL_HEADER_BYTES = 30;
const LOCAL_EXTRA_BYTES = 128;
const METHOD_STORED = 0;
const METHOD_DEFLATED = 8;
const UNIX_TYPE_MASK = 0o170000;
const UNIX_LINK = 0o120000;

/** What a caller may ask besides. */
export interface ZipOptions {
  /** Told the size of each entry as it lies in the archive, for progress. */
  readonly onPackedBytes?: (bytes: number) => void;
  /** Entries for whose name this answers false are passed over unread. Default: all are wanted. */
  readonly isWanted?: (name: string) => boolean;
}

/** The archive: its directory, and its bytes at random. */
interface OpenZip {
  readonly file: yauzl.ZipFile;
  readonly readAt: (position: number, length: number) => Promise<Buffer>;
}

/**
 * The files of a zip, in the order of its directory; `zip` is a path, or the archive itself. Folders and hidden files
 * are passed over; links, encrypted entries, unsafe names and bombs are refused by name. Throws `archive-unreadable`
 * where the archive as a whole is broken or has more entries or bytes than `limits` allow.
 */
export async function* zipEntries(
  zip: string | Buffer,
  name: string,
  limits: ArchiveLimits,
  options: ZipOptions = {},
): AsyncGenerator<ArchiveEntry> {
  // Names are decoded and judged here: the library would give the whole archive up for one bad name.
  const zipOptions = { autoClose: false, lazyEntries: true, decodeStrings: false, validateEntrySizes: true };
  let handle: FileHandle | undefined;
  try {
    let opened: OpenZip;
    if (typeof zip === 'string') {
      handle = await open(zip, 'r');
      opened = await openFile(handle, zipOptions);
    } else opened = await openBuffer(zip, zipOptions);
    yield* entriesOf(opened, name, limits, options);
  } catch (error) {
    if (isAppError(error)) throw error;
    const problem = `is a broken zip (${error instanceof Error ? error.message : String(error)}): copy or download it again`;
    throw appError('archive-unreadable', { name, problem }, error);
  } finally {
    await handle?.close();
  }
}

async function openBuffer(zip: Buffer, options: yauzl.Options): Promise<OpenZip> {
  const file = await yauzl.fromBufferPromise(zip, options);
  return { file, readAt: async (position, length) => zip.subarray(position, position + length) };
}

async function openFile(handle: FileHandle, options: yauzl.Options): Promise<OpenZip> {
  const reader = new BlockReader(handle);
  const { size } = await handle.stat();
  const file = await yauzl.fromRandomAccessReaderPromise(reader, size, options);
  return { file, readAt: (position, length) => reader.readAt(position, length) };
}

async function* entriesOf(
  zip: OpenZip,
  name: string,
  limits: ArchiveLimits,
  { onPackedBytes, isWanted }: ZipOptions,
): AsyncGenerator<ArchiveEntry> {
  if (zip.file.entryCount > limits.entriesMax) throw tooManyEntries(name, limits);
  let unpacked = 0;
  for await (const entry of zip.file.eachEntry()) {
    const { generalPurposeBitFlag, fileNameRaw, extraFields } = entry;
    const entryName = yauzl.getFileNameLowLevel(generalPurposeBitFlag, fileNameRaw, extraFields, false);
    onPackedBytes?.(entry.compressedSize);
    if (entryName.endsWith('/') || isHiddenName(entryName)) continue;
    unpacked += entry.uncompressedSize;
    // Entries may overlap, so that each is modest and all together are not: the sum is judged against the whole file.
    const problem = inflationProblem(limits, { packed: zip.file.fileSize, unpacked });
    if (problem !== undefined) throw appError('archive-unreadable', { name, problem });
    if (isWanted === undefined || isWanted(entryName)) yield await readEntry(zip, entry, entryName, limits);
  }
}

async function readEntry(
  zip: OpenZip,
  entry: yauzl.Entry,
  name: string,
  limits: ArchiveLimits,
): Promise<ArchiveEntry> {
  const problem = entryProblem(entry, name, limits);
  if (problem !== undefined) return { kind: 'refused', name, problem };
  try {
    const content = isSmall(entry) ? await readSmallEntry(zip, entry) : undefined;
    if (content !== undefined) return { kind: 'file', name, content: onePiece(content) };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return { kind: 'refused', name, problem: `cannot be read (${why})` };
  }
  return { kind: 'file', name, content: streamEntry(zip.file, entry) };
}

function isSmall(entry: yauzl.Entry): boolean {
  const isKnownMethod =
    entry.compressionMethod === METHOD_STORED || entry.compressionMethod === METHOD_DEFLATED;
  return isKnownMethod && Math.max(entry.compressedSize, entry.uncompressedSize) <= SMALL_ENTRY_BYTES_MAX;
}

/** Header and data in one read; undefined where the header turns out longer than expected. Throws where it is broken. */
async function readSmallEntry(zip: OpenZip, entry: yauzl.Entry): Promise<Buffer | undefined> {
  const length = LOCAL_HEADER_BYTES + entry.fileNameLength + LOCAL_EXTRA_BYTES + entry.compressedSize;
  const bytes = await zip.readAt(entry.relativeOffsetOfLocalHeader, length);
  if (bytes.byteLength < LOCAL_HEADER_BYTES || bytes.toString('latin1', 0, 4) !== 'PK\x03\x04') {
    throw new Error('its local header is missing');
  }
  const start = LOCAL_HEADER_BYTES + bytes.readUInt16LE(26) + bytes.readUInt16LE(28);
  const packed = bytes.subarray(start, start + entry.compressedSize);
  if (packed.byteLength < entry.compressedSize) return undefined;
  const content =
    entry.compressionMethod === METHOD_STORED
      ? packed
      : inflateRawSync(packed, { maxOutputLength: Math.max(1, entry.uncompressedSize) });
  if (content.byteLength !== entry.uncompressedSize) throw new Error('its size is not the one stated');
  if (crc32(content) !== entry.crc32) throw new Error('its checksum is wrong');
  return content;
}

async function* onePiece(content: Buffer): AsyncGenerator<Uint8Array> {
  yield content;
}

/** Opens the entry only when it is read, so that one that is passed over holds nothing. */
async function* streamEntry(file: yauzl.ZipFile, entry: yauzl.Entry): AsyncGenerator<Uint8Array> {
  yield* await file.openReadStreamPromise(entry);
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
