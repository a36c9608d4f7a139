/** Where the snapshot lies and how its files are written: the same input gives the same bytes. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { constants, gzipSync } from 'node:zlib';

export const SNAPSHOT_FOLDER = fileURLToPath(new URL('../../snapshot/', import.meta.url));

/** Writes `text` gzipped below the snapshot folder and returns its size in bytes. zlib's header carries no time and no name. */
export function writeGzip(path: string, text: string): number {
  const bytes = gzipSync(Buffer.from(text, 'utf8'), { level: constants.Z_BEST_COMPRESSION });
  // The system that compressed it (RFC 1952, byte 9): 255 is "unknown", the same wherever this runs.
  bytes[9] = 255;
  writeFileSync(join(SNAPSHOT_FOLDER, path), bytes);
  return bytes.byteLength;
}
