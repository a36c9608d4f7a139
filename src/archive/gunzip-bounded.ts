import { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { appError, isAppError } from '../errors.ts';
import type { ByteStream } from './byte-stream.ts';
import { type ArchiveLimits, inflationProblem } from './limits.ts';

const CHUNK_BYTES = 128 * 1024;

/**
 * Decompresses gzip (one or more members, RFC 1952) as it is read. Throws `archive-unreadable`, naming `name`, for data
 * that is broken or cut short, and as soon as more comes out than `limits` allow.
 */
export async function* gunzipBounded(
  source: ByteStream,
  name: string,
  limits: ArchiveLimits,
): AsyncGenerator<Uint8Array> {
  let packed = 0;
  let unpacked = 0;
  const counted = async function* (): AsyncGenerator<Uint8Array> {
    for await (const chunk of source) {
      packed += chunk.byteLength;
      yield chunk;
    }
  };
  const input = Readable.from(counted(), { objectMode: false });
  const gunzip = createGunzip({ chunkSize: CHUNK_BYTES });
  input.on('error', (error) => gunzip.destroy(error));
  input.pipe(gunzip);
  try {
    for await (const chunk of gunzip) {
      unpacked += chunk.byteLength;
      const problem = inflationProblem(limits, { packed, unpacked });
      if (problem !== undefined) throw appError('archive-unreadable', { name, problem });
      yield chunk;
    }
  } catch (error) {
    if (isAppError(error)) throw error;
    throw appError('archive-unreadable', { name, problem: gzipProblem(error) }, error);
  } finally {
    input.destroy();
    gunzip.destroy();
  }
}

function gzipProblem(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'Z_BUF_ERROR') return 'ends in the middle of its gzip data: copy or download it again';
  return `is broken gzip data (${error instanceof Error ? error.message : String(error)}): copy or download it again`;
}
