import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { openFileStream } from './file-stream.ts';

const PIECE_BYTES = 1024;
const folder = mkdtempSync(join(tmpdir(), 'parapet-test-file-stream-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function pipeNamed(name: string): string {
  const path = join(folder, name);
  execFileSync('mkfifo', [path]);
  return path;
}

async function textOf(path: string, signal?: AbortSignal): Promise<string> {
  const pieces: Buffer[] = [];
  for await (const piece of await openFileStream(path, { pieceBytes: PIECE_BYTES, signal }))
    pieces.push(piece);
  return Buffer.concat(pieces).toString('utf8');
}

describe('the bytes of a file', () => {
  it('are those of an ordinary file, in pieces', async () => {
    const path = join(folder, 'plain');
    writeFileSync(path, 'x'.repeat(PIECE_BYTES * 3 + 1));
    expect(await textOf(path)).toHaveLength(PIECE_BYTES * 3 + 1);
  });

  it('are what is written to a named pipe, also where the writer comes later, up to its end', async () => {
    const path = pipeNamed('written');
    const read = textOf(path);
    await writeFile(path, 'y'.repeat(300_000));
    expect(await read).toBe('y'.repeat(300_000));
  });

  it('are waited for no longer once the signal is aborted, also of a pipe that no one writes to', async () => {
    const interrupt = new AbortController();
    const read = textOf(pipeNamed('silent'), interrupt.signal);
    const refused = expect(read).rejects.toThrow(expect.objectContaining({ name: 'AbortError' }));
    setImmediate(() => interrupt.abort());
    await refused;
  });

  it('fail in the words of the system where there is no such file', async () => {
    await expect(textOf(join(folder, 'missing'))).rejects.toThrow('ENOENT');
  });
});
