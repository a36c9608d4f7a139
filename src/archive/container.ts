/** How many bytes `containerOf` needs to see: a tar header is one block. */
export const CONTAINER_HEAD_BYTES = 512;

/** What a file is packed in. */
export type Container = 'gzip' | 'zip' | 'tar' | 'bzip2' | 'xz' | 'zstd';

/** Recognises a container by its first bytes, never by a name; undefined: it is not packed. */
export function containerOf(head: Buffer): Container | undefined {
  if (startsWith(head, [0x1f, 0x8b])) return 'gzip';
  if (startsWith(head, [0x50, 0x4b, 0x03, 0x04]) || startsWith(head, [0x50, 0x4b, 0x05, 0x06])) return 'zip';
  if (startsWith(head, [0x42, 0x5a, 0x68]) && head.toString('latin1', 4, 10) === '1AY&SY') return 'bzip2';
  if (startsWith(head, [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00])) return 'xz';
  if (startsWith(head, [0x28, 0xb5, 0x2f, 0xfd])) return 'zstd';
  return isTarHeader(head) ? 'tar' : undefined;
}

function startsWith(head: Buffer, magic: readonly number[]): boolean {
  return head.byteLength >= magic.length && magic.every((byte, index) => head[index] === byte);
}

/** A tar header carries the sum of its own bytes, its checksum field counted as spaces (POSIX ustar; also true of older tars). */
function isTarHeader(head: Buffer): boolean {
  if (head.byteLength < CONTAINER_HEAD_BYTES || head[0] === 0) return false;
  const stated = Number.parseInt(head.toString('latin1', 148, 156).replace(/\0.*$/s, '').trim(), 8);
  if (!Number.isSafeInteger(stated)) return false;
  let sum = 8 * 0x20;
  for (let index = 0; index < CONTAINER_HEAD_BYTES; index += 1) {
    if (index < 148 || index >= 156) sum += head[index] ?? 0;
  }
  return sum === stated;
}
