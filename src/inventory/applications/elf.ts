/** Sections and segments of an ELF file (https://refspecs.linuxfoundation.org/elf/gabi4+/contents.html), as far as needed to find one. */
import { type RegularFile, readAt } from './file-reading.ts';

/** Most sections and segments that are looked at; the largest programs have some 100. */
export const ELF_HEADERS_MAX = 4_096;
/** Largest table of section names, in bytes. */
export const ELF_NAMES_BYTES_MAX = 1024 ** 2;

const HEADER_BYTES = 64;
const MAGIC = Buffer.from('\x7fELF', 'latin1');
const IS_64 = 2;
const IS_BIG_ENDIAN = 2;
const LOAD = 1;
const NO_BITS = 8;

/** A part of the file, and where it lies in the memory of the running program. */
export interface ElfPart {
  readonly address: number;
  readonly offset: number;
  readonly size: number;
}

export interface ElfSection extends ElfPart {
  readonly name: string;
}

export interface ElfFile {
  readonly isBigEndian: boolean;
  readonly sections: readonly ElfSection[];
  /** Segments that are loaded. */
  readonly segments: readonly ElfPart[];
}

/** Whether a file begins as an ELF file does. */
export function isElf(head: Buffer): boolean {
  return head.subarray(0, 4).equals(MAGIC);
}

/** Reads the headers; undefined for anything that is no ELF file, or a broken one. */
export function readElf(file: RegularFile): ElfFile | undefined {
  const head = readAt(file, 0, HEADER_BYTES);
  if (!isElf(head) || head.byteLength < HEADER_BYTES - 12) return undefined;
  const fields = new Fields(head[4] === IS_64, head[5] === IS_BIG_ENDIAN);
  const is64 = fields.is64;
  if (is64 && head.byteLength < HEADER_BYTES) return undefined;
  const segmentTable = fields.word(head, is64 ? 32 : 28);
  const sectionTable = fields.word(head, is64 ? 40 : 32);
  const counts = is64 ? 54 : 42;
  const [segmentBytes, segmentCount, sectionBytes, sectionCount, nameSection] = [0, 2, 4, 6, 8].map((at) =>
    fields.half(head, counts + at),
  );
  const segments = tableOf(file, { at: segmentTable, entryBytes: segmentBytes, count: segmentCount }).flatMap(
    (entry) => segmentOf(entry, fields),
  );
  const headers = tableOf(file, { at: sectionTable, entryBytes: sectionBytes, count: sectionCount }).map(
    (entry) => sectionHeaderOf(entry, fields),
  );
  const names = headers[nameSection ?? 0];
  const nameTable =
    names === undefined || names.size > ELF_NAMES_BYTES_MAX
      ? Buffer.alloc(0)
      : readAt(file, names.offset, names.size);
  const sections = headers.map(({ nameAt, ...part }) => ({ ...part, name: nameIn(nameTable, nameAt) }));
  return { isBigEndian: fields.isBigEndian, sections, segments };
}

/** What a section holds, at most `bytesMax` of it; undefined where there is none of that name, or a larger one. */
export function readSection(
  file: RegularFile,
  elf: ElfFile,
  name: string,
  bytesMax: number,
): Buffer | undefined {
  const section = elf.sections.find((one) => one.name === name);
  if (section === undefined || section.size > bytesMax) return undefined;
  return readAt(file, section.offset, section.size);
}

/** `length` bytes at an address of the running program; undefined where no segment of the file holds them all. */
export function readAddress(
  file: RegularFile,
  elf: ElfFile,
  address: number,
  length: number,
): Buffer | undefined {
  const segment = elf.segments.find(
    (one) => address >= one.address && address + length <= one.address + one.size,
  );
  if (segment === undefined) return undefined;
  const bytes = readAt(file, segment.offset + (address - segment.address), length);
  return bytes.byteLength === length ? bytes : undefined;
}

/** Reads numbers in the file's own width and order. Numbers past 2^53 become large ones that lie outside any file. */
class Fields {
  readonly is64: boolean;
  readonly isBigEndian: boolean;

  constructor(is64: boolean, isBigEndian: boolean) {
    this.is64 = is64;
    this.isBigEndian = isBigEndian;
  }

  half(bytes: Buffer, at: number): number {
    return this.isBigEndian ? bytes.readUInt16BE(at) : bytes.readUInt16LE(at);
  }

  int(bytes: Buffer, at: number): number {
    return this.isBigEndian ? bytes.readUInt32BE(at) : bytes.readUInt32LE(at);
  }

  word(bytes: Buffer, at: number): number {
    if (!this.is64) return this.int(bytes, at);
    return Number(this.isBigEndian ? bytes.readBigUInt64BE(at) : bytes.readBigUInt64LE(at));
  }
}

interface Table {
  readonly at: number;
  readonly entryBytes: number | undefined;
  readonly count: number | undefined;
}

function tableOf(file: RegularFile, { at, entryBytes = 0, count = 0 }: Table): Buffer[] {
  // A header is 32 bytes at least; a smaller one, or one beyond the file, is a broken table.
  if (entryBytes < 32 || entryBytes > 256 || at >= file.size) return [];
  const bytes = readAt(file, at, entryBytes * Math.min(count, ELF_HEADERS_MAX));
  const entries: Buffer[] = [];
  for (let start = 0; start + entryBytes <= bytes.byteLength; start += entryBytes) {
    entries.push(bytes.subarray(start, start + entryBytes));
  }
  return entries;
}

function segmentOf(entry: Buffer, fields: Fields): ElfPart[] {
  if (entry.byteLength < (fields.is64 ? 56 : 32) || fields.int(entry, 0) !== LOAD) return [];
  const offset = fields.word(entry, fields.is64 ? 8 : 4);
  const address = fields.word(entry, fields.is64 ? 16 : 8);
  const size = fields.word(entry, fields.is64 ? 32 : 16);
  return [{ offset, address, size }];
}

function sectionHeaderOf(entry: Buffer, fields: Fields): ElfPart & { readonly nameAt: number } {
  const { is64 } = fields;
  if (entry.byteLength < (is64 ? 64 : 40)) return { nameAt: 0, address: 0, offset: 0, size: 0 };
  const hasBits = fields.int(entry, 4) !== NO_BITS;
  return {
    nameAt: fields.int(entry, 0),
    address: fields.word(entry, is64 ? 16 : 12),
    offset: fields.word(entry, is64 ? 24 : 16),
    size: hasBits ? fields.word(entry, is64 ? 32 : 20) : 0,
  };
}

function nameIn(table: Buffer, at: number): string {
  const end = table.indexOf(0, at);
  return at < table.byteLength && end >= at ? table.toString('latin1', at, Math.min(end, at + 64)) : '';
}
