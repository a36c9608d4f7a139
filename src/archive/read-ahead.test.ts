import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { zipOf } from '../../test/archive/zip.ts';
import { collectStream } from './byte-stream.ts';
import { leavesOfFile } from './leaves.ts';
import { readAhead } from './read-ahead.ts';

describe('readAhead', () => {
  it('yields in the order of the tasks, never starting more than allowed', async () => {
    let running = 0;
    let most = 0;
    const tasks = [3, 1, 2, 0, 4].map((turns, index) => async () => {
      running += 1;
      most = Math.max(most, running);
      for (let turn = 0; turn < turns; turn += 1) await Promise.resolve();
      running -= 1;
      return index;
    });
    const found: number[] = [];
    for await (const index of readAhead(tasks, 2)) found.push(index);
    expect(found).toEqual([0, 1, 2, 3, 4]);
    expect(most).toBeLessThanOrEqual(2);
  });

  it('yields what was started before its source failed, then fails', async () => {
    async function* tasks(): AsyncGenerator<() => Promise<string>> {
      yield async () => 'a';
      yield async () => 'b';
      throw new Error('broken');
    }
    const found: string[] = [];
    const readAll = async (): Promise<void> => {
      for await (const text of readAhead(tasks(), 8)) found.push(text);
    };
    await expect(readAll()).rejects.toThrow('broken');
    expect(found).toEqual(['a', 'b']);
  });
});

describe('a zip on the disk', () => {
  it('gives every entry whole, small or streamed, wherever the blocks it is read in end', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'parapet-zip-'));
    try {
      const sizes = [10, 700_000, 200_000, 0, 255_000, 1_500_000, 90_000, 240_000, 5];
      const files = sizes.map((size, index) => ({ name: `f${index}`, content: randomBytes(size) }));
      const path = join(folder, 'x.zip');
      writeFileSync(path, zipOf(files));
      const found: Buffer[] = [];
      for await (const leaf of leavesOfFile(path, 'x')) {
        if (leaf.kind === 'content')
          found.push(await collectStream(leaf.content, { name: leaf.name, bytesMax: 1e7 }));
      }
      expect(found.map((bytes, index) => files[index]?.content.equals(bytes))).toEqual(sizes.map(() => true));
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
