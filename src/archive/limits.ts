/**
 * Reading what strangers packed. Nothing here writes to disk: entries are streamed to the caller, and every path by
 * which a small file could become a big one (ratio, bytes, entries, nesting) has a bound. What is refused is said by
 * name; what is broken throws `archive-unreadable`, with all that was read before it already yielded.
 */

/** Most bytes one file may hold after all decompression. The whole of OSV is some 12 GiB. */
export const UNPACKED_BYTES_MAX = 64 * 1024 ** 3;
/** Most bytes that may come out for one that goes in. Real advisory files reach 40, zip and gzip bombs start at 1,000. */
export const UNPACKED_RATIO_MAX = 250;
/** Below this many bytes no ratio is judged: a short run of equal bytes is harmless. */
export const UNPACKED_RATIO_FREE_BYTES = 64 * 1024 ** 2;
/** Most entries one archive may have. The whole of OSV has some 600,000. */
export const ARCHIVE_ENTRIES_MAX = 2_000_000;
/** Deepest nesting of archive and compression layers: a zip with a tar.gz of gzipped files is four. */
export const ARCHIVE_DEPTH_MAX = 5;
/** Largest zip that may lie inside something else: it is read at random, so it is held in memory. */
export const INNER_ZIP_BYTES_MAX = 64 * 1024 ** 2;
/** Longest name of an entry, in characters. */
export const ENTRY_NAME_LENGTH_MAX_CHARS = 1_024;

/** The bounds of one reading, all overridable by a caller with less to expect. */
export interface ArchiveLimits {
  readonly unpackedBytesMax: number;
  readonly ratioMax: number;
  readonly ratioFreeBytes: number;
  readonly entriesMax: number;
  readonly depthMax: number;
  readonly innerZipBytesMax: number;
}

export const ARCHIVE_LIMITS: ArchiveLimits = {
  unpackedBytesMax: UNPACKED_BYTES_MAX,
  ratioMax: UNPACKED_RATIO_MAX,
  ratioFreeBytes: UNPACKED_RATIO_FREE_BYTES,
  entriesMax: ARCHIVE_ENTRIES_MAX,
  depthMax: ARCHIVE_DEPTH_MAX,
  innerZipBytesMax: INNER_ZIP_BYTES_MAX,
};

/** Says why `unpacked` bytes out of `packed` are too many, or undefined where they are not. */
export function inflationProblem(
  limits: ArchiveLimits,
  sizes: { readonly packed: number; readonly unpacked: number },
): string | undefined {
  if (sizes.unpacked > limits.unpackedBytesMax) {
    return `unpacks to more than ${limits.unpackedBytesMax} bytes, the most Parapet reads of one file`;
  }
  if (sizes.unpacked > limits.ratioFreeBytes && sizes.unpacked > sizes.packed * limits.ratioMax) {
    return `unpacks to more than ${limits.ratioMax} times its size: refused as a decompression bomb`;
  }
  return undefined;
}

/** Says what is wrong with an entry's name, or undefined. Names are only shown, never used as paths; a hostile one is still refused. */
export function entryNameProblem(name: string): string | undefined {
  if (name.length === 0) return 'has no name';
  if (name.length > ENTRY_NAME_LENGTH_MAX_CHARS) {
    return `has a name of more than ${ENTRY_NAME_LENGTH_MAX_CHARS} characters`;
  }
  if (/[\u0000-\u001f\u007f]/.test(name)) return 'has control characters in its name';
  if (/^[/\\]|^[A-Za-z]:/.test(name) || name.split(/[/\\]/).includes('..')) {
    return 'points outside the archive (path traversal): refused';
  }
  return undefined;
}

/** Whether an entry or a file is bookkeeping (`.git/…`, `._x`, `__MACOSX/…`) that nobody means when naming the whole. */
export function isHiddenName(name: string): boolean {
  return name
    .split('/')
    .some((part) => (part.startsWith('.') && part !== '.' && part !== '..') || part === '__MACOSX');
}
