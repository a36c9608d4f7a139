import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import tar from 'tar-stream';
import { afterAll, describe, expect, it } from 'vitest';
import { zipOf } from '../../test/archive/zip.ts';
import { type ByteStream, collectStream } from './byte-stream.ts';
import { type LeafOptions, leavesOfFile, leavesOfStream, unreadableProblem } from './leaves.ts';
import { ARCHIVE_LIMITS } from './limits.ts';

const folder = mkdtempSync(join(tmpdir(), 'parapet-archive-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The same bytes in pieces of `size`, as a disk or a network would deliver them. */
async function* inPieces(bytes: Buffer, size = 1_000): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.byteLength; at += size) yield bytes.subarray(at, at + size);
}

async function tarOf(
  entries: readonly (Parameters<tar.Pack['entry']>[0] & { readonly body?: string })[],
): Promise<Buffer> {
  const pack = tar.pack();
  for (const { body, ...header } of entries) pack.entry(header, body ?? '');
  pack.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of pack) if (chunk instanceof Uint8Array) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks);
}

/** Every leaf as `name = content` or `name: problem`. */
async function leavesIn(bytes: Buffer, options: LeafOptions = {}): Promise<string[]> {
  const found: string[] = [];
  for await (const leaf of leavesOfStream(inPieces(bytes), 'x', options)) {
    if (leaf.kind === 'refused') found.push(`${leaf.name}: ${leaf.problem}`);
    else found.push(await contentOf(leaf.name, leaf.content));
  }
  return found;
}

async function contentOf(name: string, content: ByteStream): Promise<string> {
  try {
    return `${name} = ${await collectStream(content, { name, bytesMax: 10_000_000 })}`;
  } catch (error) {
    const problem = unreadableProblem(error);
    if (problem === undefined) throw error;
    return `${name}: ${problem}`;
  }
}

describe('reading what is packed', () => {
  it('yields a plain file as it is', async () => {
    expect(await leavesIn(Buffer.from('hello'))).toEqual(['x = hello']);
    expect(await leavesIn(Buffer.alloc(0))).toEqual(['x = ']);
  });

  it('unpacks gzip, also of several members', async () => {
    expect(await leavesIn(Buffer.concat([gzipSync('one'), gzipSync('two')]))).toEqual(['x = onetwo']);
  });

  it('walks a tar.gz with a zip and a gzip inside, naming every layer', async () => {
    const packed = await tarOf([
      { name: 'a/plain.txt', body: 'plain' },
      { name: 'a/.git/config', body: 'hidden' },
      { name: 'a', type: 'directory' },
      { name: 'b.zip', body: 'b' },
    ]);
    expect(await leavesIn(gzipSync(packed))).toEqual(['x!a/plain.txt = plain', 'x!b.zip = b']);
    const zip = zipOf([
      { name: 'in.json', content: Buffer.from('{}') },
      { name: 'in.gz', content: gzipSync('deep') },
    ]);
    expect(await leavesIn(gzipSync(zip))).toEqual(['x!in.json = {}', 'x!in.gz = deep']);
  });

  it('goes on with the next entry when a reader leaves one unread', async () => {
    const packed = await tarOf([
      { name: 'big', body: 'x'.repeat(300_000) },
      { name: 'next', body: 'n' },
    ]);
    const names: string[] = [];
    for await (const leaf of leavesOfStream(inPieces(packed), 'x')) {
      names.push(leaf.name);
      if (leaf.kind === 'content') for await (const _ of leaf.content) break;
    }
    expect(names).toEqual(['x!big', 'x!next']);
  });

  it('reads a zip from the disk and counts what it read of other files', async () => {
    const zip = join(folder, 'a.zip');
    writeFileSync(zip, zipOf([{ name: 'in', content: Buffer.from('text') }]));
    const leaves: string[] = [];
    for await (const leaf of leavesOfFile(zip, 'a.zip')) {
      if (leaf.kind === 'content')
        leaves.push(`${leaf.name} = ${await collectStream(leaf.content, { name: 'a', bytesMax: 99 })}`);
    }
    expect(leaves).toEqual(['a.zip!in = text']);
    const plain = join(folder, 'b.txt');
    writeFileSync(plain, 'x'.repeat(100_000));
    let read = 0;
    const count = (bytes: number): void => {
      read += bytes;
    };
    for await (const leaf of leavesOfFile(plain, 'b.txt', { onBytes: count })) {
      if (leaf.kind === 'content') await collectStream(leaf.content, { name: 'b', bytesMax: 1e6 });
    }
    expect(read).toBe(100_000);
  });
});

describe('refusing what is hostile or broken', () => {
  it('refuses entries that point outside, links and devices, and keeps the rest', async () => {
    const packed = await tarOf([
      { name: '../../etc/passwd', body: 'evil' },
      { name: '/abs', body: 'evil' },
      { name: 'c:\\windows', body: 'evil' },
      { name: 'link', type: 'symlink', linkname: '/etc/passwd' },
      { name: 'pipe', type: 'fifo' },
      { name: 'good', body: 'good' },
    ]);
    expect(await leavesIn(packed)).toEqual([
      'x!../../etc/passwd: points outside the archive (path traversal): refused',
      'x!/abs: points outside the archive (path traversal): refused',
      'x!c:\\windows: points outside the archive (path traversal): refused',
      'x!link: is a link: not followed',
      'x!pipe: is no ordinary file (fifo)',
      'x!good = good',
    ]);
    const zip = zipOf([
      { name: '../up', content: Buffer.from('evil') },
      { name: 'good', content: Buffer.from('good') },
    ]);
    expect(await leavesIn(zip)).toEqual([
      'x!../up: points outside the archive (path traversal): refused',
      'x!good = good',
    ]);
  });

  it('stops a gzip bomb by its ratio', async () => {
    const limits = { ...ARCHIVE_LIMITS, ratioFreeBytes: 100_000 };
    const bomb = gzipSync(Buffer.alloc(2_000_000));
    expect((await leavesIn(bomb, { limits })).join()).toContain('refused as a decompression bomb');
  });

  it('stops a zip bomb before opening the entry, and overlapping entries by their sum', async () => {
    const limits = { ...ARCHIVE_LIMITS, ratioFreeBytes: 100_000 };
    const zip = zipOf([{ name: 'zeros', content: Buffer.alloc(2_000_000) }]);
    expect((await leavesIn(zip, { limits })).join()).toContain('refused as a decompression bomb');
  });

  it('stops past the bytes, the entries and the layers allowed', async () => {
    const many = await tarOf(Array.from({ length: 5 }, (_, index) => ({ name: `f${index}`, body: 'x' })));
    expect((await leavesIn(many, { limits: { ...ARCHIVE_LIMITS, entriesMax: 3 } })).join()).toContain(
      'has more than 3 entries',
    );
    expect((await leavesIn(many, { limits: { ...ARCHIVE_LIMITS, unpackedBytesMax: 2 } })).join()).toContain(
      'is past the 2 bytes that Parapet reads of one file',
    );
    let matryoshka: Buffer = Buffer.from('core');
    for (let layer = 0; layer < 6; layer += 1) matryoshka = gzipSync(matryoshka);
    expect(await leavesIn(matryoshka)).toEqual(['x: is packed more than 5 times over: unpack it first']);
  });

  it('says in words what is cut short, broken or compressed otherwise', async () => {
    const cut = gzipSync('x'.repeat(10_000)).subarray(0, 20);
    expect(await leavesIn(cut)).toEqual([
      'x: ends in the middle of its gzip data: copy or download it again',
    ]);
    const packed = await tarOf([{ name: 'a', body: 'x'.repeat(5_000) }]);
    expect((await leavesIn(packed.subarray(0, 2_000))).join()).toContain('x!a: ');
    expect(
      (await leavesIn(zipOf([{ name: 'a', content: Buffer.from('x') }]).subarray(0, 30))).join(),
    ).toContain('x: is a broken zip');
    expect(await leavesIn(Buffer.from([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0, 0, 0]))).toEqual([
      'x: ends in the middle of its xz data: copy or download it again',
    ]);
  });

  it('never throws and never hangs on arbitrary bytes behind a magic number, or on an archive with a byte changed', async () => {
    const packed = await tarOf([{ name: 'a', body: 'abc' }]);
    const zip = zipOf([{ name: 'a', content: Buffer.from('abc') }]);
    const magics = [Buffer.alloc(0), Buffer.from([0x1f, 0x8b, 8]), Buffer.from('PK\x03\x04')];
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...magics), fc.uint8Array({ maxLength: 600 }), async (magic, rest) => {
        await leavesIn(Buffer.concat([magic, rest]));
      }),
      { numRuns: 100 },
    );
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(packed, zip, gzipSync(packed)),
        fc.nat(),
        fc.nat(255),
        async (archive, at, byte) => {
          const changed = Buffer.from(archive);
          changed[at % changed.byteLength] = byte;
          await leavesIn(changed);
        },
      ),
      { numRuns: 200 },
    );
  });

  it('stops when told to', async () => {
    const stop = new AbortController();
    stop.abort();
    await expect(leavesIn(Buffer.from('x'), { signal: stop.signal })).rejects.toThrow('aborted');
  });
});
