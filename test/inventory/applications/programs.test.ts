import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deflateSync } from 'node:zlib';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { readElf } from '../../../src/inventory/applications/elf.ts';
import { closeRegularFile, openRegularFile } from '../../../src/inventory/applications/file-reading.ts';
import { readGoModules } from '../../../src/inventory/applications/go-binary.ts';
import { readRustCrates } from '../../../src/inventory/applications/rust-binary.ts';
import { elfOf, LOAD_ADDRESS } from './elf-file.ts';

const folder = mkdtempSync(join(tmpdir(), 'parapet-programs-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function read(content: Buffer): { readonly go: unknown; readonly rust: unknown } {
  const path = join(folder, 'program');
  writeFileSync(path, content);
  const file = openRegularFile(path);
  if (file === undefined) throw new Error('the program is not there');
  try {
    const elf = readElf(file);
    if (elf === undefined) return { go: undefined, rust: undefined };
    return { go: readGoModules(file, elf), rust: readRustCrates(file, elf) };
  } finally {
    closeRegularFile(file);
  }
}

const MODULES = [
  'path\texample.org/tool/cmd',
  'mod\texample.org/tool\t(devel)\t',
  'dep\tgolang.org/x/net\tv0.7.0\th1:abc=',
  'dep\texample.org/forked\tv1.0.0\th1:abc=',
  '=>\texample.org/fork\tv1.0.1\th1:def=',
  'dep\texample.org/local\tv1.0.0',
  '=>\t./local\t\t',
  'build\t-compiler=gc',
].join('\n');
const MARK = Buffer.alloc(16, 0x30);
const MARKED = Buffer.concat([MARK, Buffer.from(`${MODULES}\n`), MARK]);
const FOUND = [
  { ecosystem: 'Go', name: 'stdlib', version: '1.20.3' },
  { ecosystem: 'Go', name: 'golang.org/x/net', version: '0.7.0' },
  { ecosystem: 'Go', name: 'example.org/fork', version: '1.0.1' },
];

function goHeader(pointerBytes: number, flags: number): Buffer {
  const header = Buffer.alloc(32);
  header.write('\xff Go buildinf:', 'latin1');
  header[14] = pointerBytes;
  header[15] = flags;
  return header;
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 0x7f; rest >>>= 7) bytes.push((rest & 0x7f) | 0x80);
  return Buffer.from([...bytes, rest]);
}

function inline(goVersion: string): Buffer {
  const version = Buffer.from(goVersion);
  return Buffer.concat([
    goHeader(8, 2),
    varint(version.byteLength),
    version,
    varint(MARKED.byteLength),
    MARKED,
  ]);
}

describe('the build information of Go programs', () => {
  it('is read where the texts stand in the section itself (since Go 1.18)', () => {
    const { file } = elfOf({ sections: [{ name: '.go.buildinfo', content: inline('go1.20.3') }] });
    expect(read(file).go).toEqual(FOUND);
  });

  it.each([
    ['64 bits, little-endian', { is64: true, isBigEndian: false }],
    ['64 bits, big-endian', { is64: true, isBigEndian: true }],
    ['32 bits, little-endian', { is64: false, isBigEndian: false }],
    ['32 bits, big-endian', { is64: false, isBigEndian: true }],
  ])('is read where the section points to the texts (before Go 1.18), %s', (_, machine) => {
    const width = machine.is64 ? 8 : 4;
    const version = Buffer.from('go1.20.3');
    const texts = [Buffer.alloc(2 * width), Buffer.alloc(2 * width), version, MARKED];
    const sections = [
      { name: '.go.buildinfo', content: goHeader(width, machine.isBigEndian ? 1 : 0) },
      ...texts.map((content, index) => ({ name: `.data${index}`, content })),
    ];
    const { file, offsets } = elfOf({ sections, ...machine });
    const put = (value: number, at: number): void => {
      if (width === 4) machine.isBigEndian ? file.writeUInt32BE(value, at) : file.writeUInt32LE(value, at);
      else if (machine.isBigEndian) file.writeBigUInt64BE(BigInt(value), at);
      else file.writeBigUInt64LE(BigInt(value), at);
    };
    const [info = 0, first = 0, second = 0, versionAt = 0, modulesAt = 0] = offsets;
    put(LOAD_ADDRESS + first, info + 16);
    put(LOAD_ADDRESS + second, info + 16 + width);
    put(LOAD_ADDRESS + versionAt, first);
    put(version.byteLength, first + width);
    put(LOAD_ADDRESS + modulesAt, second);
    put(MARKED.byteLength, second + width);
    expect(read(file).go).toEqual(FOUND);
  });

  it('names no standard library for a Go of no release, and takes a release apart from its experiments', () => {
    const versions = (goVersion: string): unknown =>
      read(elfOf({ sections: [{ name: '.go.buildinfo', content: inline(goVersion) }] }).file).go;
    expect(versions('devel go1.22-abcdef')).toEqual(FOUND.slice(1));
    expect(versions('go1.20.3 X:nocoverageredesign')).toEqual(FOUND);
  });
});

describe('the crates of Rust programs', () => {
  const crates = (document: unknown): Buffer => deflateSync(Buffer.from(JSON.stringify(document)));

  it('are those of the registry that are part of the program', () => {
    const content = crates({
      packages: [
        { name: 'adler', version: '1.0.2', source: 'crates.io' },
        { name: 'cc', version: '1.0.7', source: 'crates.io', kind: 'build' },
        { name: 'own', version: '0.1.0', source: 'local', root: true },
        null,
      ],
    });
    expect(read(elfOf({ sections: [{ name: '.dep-v0', content }] }).file).rust).toEqual([
      { ecosystem: 'crates.io', name: 'adler', version: '1.0.2' },
    ]);
  });

  it('are told to be broken where they do not unpack, or to more than they may', () => {
    const broken = { name: '.dep-v0', content: Buffer.from('no zlib') };
    expect(read(elfOf({ sections: [broken] }).file).rust).toBe('broken');
    const bomb = { name: '.dep-v0', content: deflateSync(Buffer.alloc(16 * 1024 ** 2)) };
    expect(read(elfOf({ sections: [bomb] }).file).rust).toBe('broken');
  });
});

describe('hostile programs', () => {
  it('never throw, whatever bytes of theirs are changed', () => {
    const { file } = elfOf({
      sections: [
        { name: '.go.buildinfo', content: inline('go1.20.3') },
        { name: '.dep-v0', content: deflateSync(Buffer.from('{"packages":[]}')) },
      ],
      bytesMin: 1_024,
    });
    const change = fc.tuple(fc.nat(file.byteLength - 1), fc.nat(255));
    fc.assert(
      fc.property(fc.array(change, { maxLength: 8 }), fc.nat(file.byteLength), (changes, length) => {
        const bytes = Buffer.from(file);
        for (const [at, value] of changes) bytes[at] = value;
        read(bytes);
        read(bytes.subarray(0, length));
      }),
      { numRuns: 300 },
    );
  });
});
