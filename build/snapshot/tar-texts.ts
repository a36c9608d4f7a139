import { gunzipSync } from 'node:zlib';

const BLOCK_BYTES = 512;

/** The plain files of a gzipped tar (ustar) as UTF-8 texts, by path. For archives of our own making: no bounds. */
export function* tarEntriesOf(
  tarGz: Uint8Array,
): Generator<{ readonly path: string; readonly text: string }> {
  const tar = gunzipSync(tarGz);
  const found: { path: string; text: string }[] = [];
  for (let at = 0; at + BLOCK_BYTES <= tar.length; ) {
    const header = tar.subarray(at, at + BLOCK_BYTES);
    const field = (from: number, to: number): string =>
      header.subarray(from, to).toString('utf8').replace(/\0.*$/s, '');
    const name = field(0, 100);
    if (name === '') break;
    const size = Number.parseInt(field(124, 136).trim() || '0', 8);
    const type = field(156, 157);
    const start = at + BLOCK_BYTES;
    if (type === '0' || type === '') {
      const prefix = field(345, 500);
      const path = prefix === '' ? name : `${prefix}/${name}`;
      found.push({ path, text: tar.subarray(start, start + size).toString('utf8') });
    }
    at = start + Math.ceil(size / BLOCK_BYTES) * BLOCK_BYTES;
  }
  yield* found.sort((a, b) => (a.path < b.path ? -1 : 1));
}
