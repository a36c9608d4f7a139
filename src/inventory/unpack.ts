import { gunzipSync } from 'node:zlib';
import { appError } from '../errors.ts';

/** Largest inventory file, unpacked. The largest real SBOM measured is 4 MB, an SPDX file with all its files some 40 MB. */
export const INVENTORY_BYTES_MAX = 128 * 1024 * 1024;
/**
 * `bytes` themselves, or what they hold where they are gzip. Throws `inventory-too-large` as soon as more than
 * `bytesMax` come out, `inventory-unreadable` for broken gzip data.
 */
export function unpack(
  bytes: Uint8Array,
  limits: { readonly file: string; readonly bytesMax: number },
): Uint8Array {
  const { file, bytesMax } = limits;
  const isGzip = bytes[0] === 0x1f && bytes[1] === 0x8b;
  if (!isGzip) {
    if (bytes.byteLength > bytesMax) throw tooLarge(file, bytesMax);
    return bytes;
  }
  try {
    return gunzipSync(bytes, { maxOutputLength: bytesMax });
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : '';
    if (code === 'ERR_BUFFER_TOO_LARGE') throw tooLarge(file, bytesMax);
    throw appError('inventory-unreadable', { file, problem: 'its gzip data is broken or cut short' }, error);
  }
}

function tooLarge(file: string, bytesMax: number): Error {
  return appError('inventory-too-large', { file, what: 'bytes', limit: bytesMax });
}

const UTF_8 = new TextDecoder('utf-8');
const UTF_16_LE = new TextDecoder('utf-16le');
const UTF_16_BE = new TextDecoder('utf-16be');

/** UTF-8, with or without its mark, or UTF-16 with its mark, as PowerShell's `>` writes. Broken bytes become U+FFFD. */
export function decodeText(bytes: Uint8Array): string {
  const isUtf16 = (bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff);
  return (isUtf16 ? (bytes[0] === 0xff ? UTF_16_LE : UTF_16_BE) : UTF_8).decode(bytes);
}
