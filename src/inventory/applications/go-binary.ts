import type { FoundApplicationPackage } from '../package-list.ts';
import { applicationPackage } from '../purl.ts';
import { type ElfFile, readAddress, readSection } from './elf.ts';
import type { RegularFile } from './file-reading.ts';

/** Largest build information read, in bytes; programs with a thousand modules have some 100 kB. */
export const GO_BUILD_INFO_BYTES_MAX = 4 * 1024 ** 2;

const SECTION = '.go.buildinfo';
const MAGIC = Buffer.from('\xff Go buildinf:', 'latin1');
const HEADER_BYTES = 32;
const IS_BIG_ENDIAN = 1;
const IS_INLINE = 2;
/** Before and after the modules stand 16 bytes by which the running program finds them. */
const MARK_BYTES = 16;

/**
 * The modules that a Go program was built from, by its embedded build information (Go's debug/buildinfo): the standard
 * library at the version of Go, the main module where it has a version, and every dependency, replaced ones as what replaced
 * them. Both forms are read: the texts themselves (since Go 1.18) and pointers to them. Undefined where there is none.
 */
export function readGoModules(
  file: RegularFile,
  elf: ElfFile,
): readonly FoundApplicationPackage[] | undefined {
  const section = readSection(file, elf, SECTION, GO_BUILD_INFO_BYTES_MAX);
  const start = section?.indexOf(MAGIC) ?? -1;
  if (section === undefined || start < 0 || section.byteLength < start + HEADER_BYTES) return undefined;
  const info = section.subarray(start);
  const texts = ((info[15] ?? 0) & IS_INLINE) !== 0 ? inlineTexts(info) : pointedTexts(file, elf, info);
  return texts === undefined ? undefined : modulesOf(texts);
}

interface BuildTexts {
  readonly goVersion: string;
  readonly modules: string;
}

function inlineTexts(info: Buffer): BuildTexts | undefined {
  const first = inlineText(info, HEADER_BYTES);
  if (first === undefined) return undefined;
  const second = inlineText(info, first.end);
  return { goVersion: first.bytes.toString('utf8'), modules: withoutMarks(second?.bytes) };
}

/** A length as Go's varint, then so many bytes. */
function inlineText(info: Buffer, at: number): { readonly bytes: Buffer; readonly end: number } | undefined {
  let length = 0;
  for (let index = 0; index < 5; index += 1) {
    const byte = info[at + index];
    if (byte === undefined) return undefined;
    length += (byte & 0x7f) * 2 ** (7 * index);
    if ((byte & 0x80) !== 0) continue;
    const start = at + index + 1;
    return length > info.byteLength - start
      ? undefined
      : { bytes: info.subarray(start, start + length), end: start + length };
  }
  return undefined;
}

/** Before Go 1.18: addresses of two of Go's texts, each an address and a length in turn. */
function pointedTexts(file: RegularFile, elf: ElfFile, info: Buffer): BuildTexts | undefined {
  const width = info[14];
  if (width !== 4 && width !== 8) return undefined;
  const isBig = ((info[15] ?? 0) & IS_BIG_ENDIAN) !== 0;
  const word = (bytes: Buffer, at: number): number => {
    if (width === 4) return isBig ? bytes.readUInt32BE(at) : bytes.readUInt32LE(at);
    return Number(isBig ? bytes.readBigUInt64BE(at) : bytes.readBigUInt64LE(at));
  };
  const textAt = (address: number): Buffer | undefined => {
    const header = readAddress(file, elf, address, 2 * width);
    const length = header === undefined ? 0 : word(header, width);
    if (header === undefined || length > GO_BUILD_INFO_BYTES_MAX) return undefined;
    return readAddress(file, elf, word(header, 0), length);
  };
  const goVersion = textAt(word(info, 16));
  if (goVersion === undefined) return undefined;
  return { goVersion: goVersion.toString('utf8'), modules: withoutMarks(textAt(word(info, 16 + width))) };
}

function withoutMarks(bytes: Buffer | undefined): string {
  if (bytes === undefined || bytes.byteLength < 2 * MARK_BYTES + 1) return '';
  return bytes.toString('utf8', MARK_BYTES, bytes.byteLength - MARK_BYTES);
}

function modulesOf({ goVersion, modules }: BuildTexts): FoundApplicationPackage[] {
  const found: FoundApplicationPackage[] = [];
  const add = (name: string, version: string): void => {
    const item = applicationPackage('Go', name, version);
    if (item.version !== '') found.push(item);
  };
  // `go1.21.5`, also `go1.20.3 X:nocoverageredesign` and `devel go1.22-abcdef`, which is of no release.
  const release = /^go(\d[\w.]*)/.exec(goVersion)?.[1];
  if (release !== undefined) add('stdlib', release);
  let last: readonly [name: string, version: string] | undefined;
  const flush = (): void => {
    if (last !== undefined) add(...last);
    last = undefined;
  };
  for (const line of modules.split('\n')) {
    const [kind, name = '', version = ''] = line.split('\t');
    if (kind === 'mod' || kind === 'dep') {
      flush();
      last = [name, version];
    } else if (kind === '=>') {
      // A replacement by a folder has no version: what is built in then is not known by this name.
      last = version === '' ? undefined : [name, version];
    }
  }
  flush();
  return found;
}
