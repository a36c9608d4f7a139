import { execFileSync } from 'node:child_process';
import { zstdCompressSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { ARCHIVE_LIMITS } from './limits.ts';
import { type Compression, unpackBounded } from './unpack-bounded.ts';

/** Packed by libbz2 at level 9 and by liblzma at 9e with CRC32, CRC64 and SHA-256. */
const SMALL = 'Parapet reads what vendors pack.\n'.repeat(40);
const PACKED: Record<'bzip2' | 'xz', readonly string[]> = {
  bzip2: [
    'QlpoOTFBWSZTWcMm4fQAAIvTgAAQQAFAAC5J3YAgAJAppkYmJiBSqRkNNNkTwJgTITQTgTUTAnAmRNxOROBMCaCaidCexOxMibidCdCfAmgnYm4momwmwmwT+LuSKcKEhhk3D6A=',
  ],
  xz: [
    '/Td6WFoAAAFpIt42AgAhARwAAAAQz1jM4AUnAC5dACgYSkYjfRKpDHfEW7UaJRlWrdfZwbt+i7k62f4YxiTgmWJndlrK0KmO1aJNpwAAAABx+wVNAAFGqAoAAACfCb41PjANiwIAAAAAAVla',
    '/Td6WFoAAATm1rRGAgAhARwAAAAQz1jM4AUnAC5dACgYSkYjfRKpDHfEW7UaJRlWrdfZwbt+i7k62f4YxiTgmWJndlrK0KmO1aJNpwAAAAC1eIWzAaW+vgABSqgKAAAA5Ml8QrHEZ/sCAAAAAARZWg==',
    '/Td6WFoAAArh+wyhAgAhARwAAAAQz1jM4AUnAC5dACgYSkYjfRKpDHfEW7UaJRlWrdfZwbt+i7k62f4YxiTgmWJndlrK0KmO1aJNpwAAAADcm+4+ObrclNMw9rJVoVnbu6DEqM5zW5aX8dz8rb31EgABYqgKAAAAv06Dqbbp3xwCAAAAAApZWg==',
  ],
};

async function unpacked(data: Uint8Array, compression: Compression): Promise<Buffer> {
  const source = async function* (): AsyncGenerator<Uint8Array> {
    // Several pieces, as a file arrives.
    for (let at = 0; at < data.byteLength; at += 100) yield data.subarray(at, at + 100);
  };
  const chunks: Uint8Array[] = [];
  for await (const chunk of unpackBounded(source(), 'x', ARCHIVE_LIMITS, compression)) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** `none` where the sample comes out, the problem where nothing does, else what came out. */
async function textOrProblem(data: Uint8Array, compression: Compression): Promise<string> {
  try {
    const text = (await unpacked(data, compression)).toString();
    return text === SMALL ? 'none' : text;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** Whether the machine has the program: what it packs is then read too. */
function hasProgram(program: string): boolean {
  try {
    execFileSync(program, ['--version'], { input: '', stdio: ['pipe', 'ignore', 'ignore'] });
    return true;
  } catch {
    return false;
  }
}

/** Repeats, runs, noise and text, some of it past one block of bzip2 and one chunk of LZMA2. */
function samples(): readonly Buffer[] {
  const noise = Buffer.alloc(100_000);
  let state = 1;
  for (let at = 0; at < noise.length; at += 1) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    noise[at] = state >>> 16;
  }
  const text = Buffer.from(
    Array.from({ length: 30_000 }, (_, index) => `line ${index % 977} of ${index}\n`).join(''),
  );
  return [
    Buffer.alloc(0),
    Buffer.from('a'),
    Buffer.alloc(4),
    Buffer.alloc(259, 'r'),
    Buffer.alloc(1_200_000, 'run'),
    noise,
    text,
    Buffer.concat([text, noise, Buffer.alloc(1000), text]),
  ];
}

describe('unpackBounded', () => {
  it('reads bzip2 and xz as their programs write them', async () => {
    for (const compression of ['bzip2', 'xz'] as const) {
      for (const packed of PACKED[compression]) {
        expect((await unpacked(Buffer.from(packed, 'base64'), compression)).toString()).toBe(SMALL);
      }
    }
  });

  it('reads zstd', async () => {
    expect((await unpacked(zstdCompressSync(SMALL), 'zstd')).toString()).toBe(SMALL);
  });

  it('says what is wrong with data that is cut short or changed', async () => {
    for (const compression of ['bzip2', 'xz'] as const) {
      const whole = Buffer.from(PACKED[compression][0] ?? '', 'base64');
      for (let length = 0; length < whole.byteLength - 16; length += 7) {
        if (length === 0) continue;
        expect(await textOrProblem(whole.subarray(0, length), compression)).toMatch(
          /x (is broken|ends in the middle)/,
        );
      }
      for (let at = 14; at < whole.byteLength * 0.6; at += 5) {
        const changed = Buffer.from(whole);
        changed[at] = (changed[at] ?? 0) ^ 0x55;
        // A few bits of a bzip2 code say nothing; whatever comes out is never another text.
        expect(await textOrProblem(changed, compression)).toMatch(/^none$|^x (is|ends)/);
      }
    }
  });

  it('reads whatever the programs of this machine pack', async () => {
    for (const [compression, program] of [
      ['bzip2', 'bzip2'],
      ['xz', 'xz'],
    ] as const) {
      if (!hasProgram(program)) continue;
      for (const sample of samples()) {
        for (const level of ['-1', '-9']) {
          const packed = execFileSync(program, [level, '-c'], { input: sample, maxBuffer: 64 * 1024 ** 2 });
          expect((await unpacked(packed, compression)).equals(sample)).toBe(true);
        }
      }
      const twice = Buffer.concat([
        execFileSync(program, ['-c'], { input: 'one ' }),
        execFileSync(program, ['-c'], { input: 'two' }),
      ]);
      expect((await unpacked(twice, compression)).toString()).toBe('one two');
    }
  });
});
