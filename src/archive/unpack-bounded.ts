import { Readable } from 'node:stream';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import { appError, isAppError } from '../errors.ts';
import { bunzipBlocks, PackedDataProblem } from './bunzip.ts';
import { type ByteStream, collectStream } from './byte-stream.ts';
import { type ArchiveLimits, inflationProblem } from './limits.ts';
import { unxzChunks } from './unxz.ts';

const CHUNK_BYTES = 128 * 1024;
/** Largest bzip2 or xz data read: they are held in memory while they are unpacked. The largest real feeds have some 30 MB. */
export const HELD_PACKED_BYTES_MAX = 256 * 1024 ** 2;

/** What is unpacked here; all but zip and tar, which hold several files. */
export type Compression = 'gzip' | 'zstd' | 'bzip2' | 'xz';

/**
 * Decompresses gzip (one or more members, RFC 1952), zstd (RFC 8878), bzip2 or xz as it is asked for. Throws
 * `archive-unreadable`, naming `name`, for data that is broken or cut short, and as soon as more comes out than `limits`
 * allow. `bzip2` and `xz` data are first read whole, at most `HELD_PACKED_BYTES_MAX`.
 */
export async function* unpackBounded(
  source: ByteStream,
  name: string,
  limits: ArchiveLimits,
  compression: Compression,
): AsyncGenerator<Uint8Array> {
  if (compression === 'gzip' || compression === 'zstd') {
    yield* inflate(source, name, limits, compression);
    return;
  }
  const data = await collectStream(source, { name, bytesMax: HELD_PACKED_BYTES_MAX });
  const chunks = compression === 'bzip2' ? bunzipBlocks(data) : unxzChunks(data);
  let unpacked = 0;
  try {
    for (const chunk of chunks) {
      unpacked += chunk.byteLength;
      const problem = inflationProblem(limits, { packed: data.byteLength, unpacked });
      if (problem !== undefined) throw appError('archive-unreadable', { name, problem });
      yield chunk;
    }
  } catch (error) {
    if (!(error instanceof PackedDataProblem)) throw error;
    throw appError(
      'archive-unreadable',
      { name, problem: `${error.message}: copy or download it again` },
      error,
    );
  }
}

async function* inflate(
  source: ByteStream,
  name: string,
  limits: ArchiveLimits,
  compression: 'gzip' | 'zstd',
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
  const options = { chunkSize: CHUNK_BYTES };
  const output = compression === 'gzip' ? createGunzip(options) : createZstdDecompress(options);
  input.on('error', (error) => output.destroy(error));
  input.pipe(output);
  try {
    for await (const chunk of output) {
      unpacked += chunk.byteLength;
      const problem = inflationProblem(limits, { packed, unpacked });
      if (problem !== undefined) throw appError('archive-unreadable', { name, problem });
      yield chunk;
    }
  } catch (error) {
    if (isAppError(error)) throw error;
    throw appError('archive-unreadable', { name, problem: brokenDataProblem(error, compression) }, error);
  } finally {
    input.destroy();
    output.destroy();
  }
}

function brokenDataProblem(error: unknown, compression: string): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'Z_BUF_ERROR')
    return `ends in the middle of its ${compression} data: copy or download it again`;
  const message = error instanceof Error ? error.message : String(error);
  return `is broken ${compression} data (${message}): copy or download it again`;
}
