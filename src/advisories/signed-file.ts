/**
 * A signed file: bytes of any length with a signature over all of them, written and checked as a stream. Layout, numbers
 * little-endian:
 *
 * ```
 * 0    8 bytes   magic, which carries the format's version
 * 8    u64       length of the body
 * 16   32 bytes  ed25519 public key of whoever signed
 * 48   64 bytes  signature over: magic, length, SHA-512 of the body
 * 112  the body: gzip
 * ```
 *
 * The length comes first, so that a file that was cut short is known for that.
 */
import { createHash, type KeyObject, sign, verify } from 'node:crypto';
import { once } from 'node:events';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdtemp, open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { ARCHIVE_LIMITS } from '../archive/limits.ts';
import { type Line, readLines } from '../archive/lines.ts';
import { unpackBounded } from '../archive/unpack-bounded.ts';
import { appError } from '../errors.ts';
import { PUBLIC_KEY_BYTES, publicHalf, publicKeyOf, publicKeyText } from './export-key.ts';

const MAGIC = 'PPTEXP01';
const KEY_AT = 16;
const SIGNATURE_AT = KEY_AT + PUBLIC_KEY_BYTES;
const SIGNATURE_BYTES = 64;
const HEADER_BYTES = SIGNATURE_AT + SIGNATURE_BYTES;
const CHUNK_BYTES = 256 * 1024;
/** Longest line of a body, in bytes; the largest records have some 16 MB. */
export const SIGNED_LINE_BYTES_MAX = 64 * 1024 * 1024;
/** What was signed by a trusted key is no bomb, so only a line is bounded. */
const SIGNED_LIMITS = { ...ARCHIVE_LIMITS, ratioMax: 1_100, unpackedBytesMax: Number.MAX_SAFE_INTEGER };

/** A signed file whose signature holds. */
export interface VerifiedFile {
  readonly path: string;
  /** The word of the key that signed it. */
  readonly key: string;
  readonly bytes: number;
  /** SHA-512 of the body that was verified: what is read later must have it too. */
  readonly digest: Buffer;
}

/** Whether a file begins as a signed one. False also where it cannot be read: reading it in its turn says why. */
export async function isSignedFile(path: string): Promise<boolean> {
  try {
    const file = await open(path, 'r');
    try {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(MAGIC.length), 0, MAGIC.length, 0);
      return bytesRead === MAGIC.length && buffer.toString('latin1') === MAGIC;
    } finally {
      await file.close();
    }
  } catch {
    return false;
  }
}

/**
 * Writes `text`, packed and signed, to `path`: beside it first, then in its place. Returns its length in bytes. Throws `export-unwritable`
 * for a failure of the file; what `text` throws comes out as it is. Nothing half-done stays.
 */
export async function writeSignedFile(
  path: string,
  text: AsyncIterable<string>,
  privateKey: KeyObject,
): Promise<number> {
  const unwritable = (error: unknown): Error =>
    appError(
      'export-unwritable',
      { file: path, problem: error instanceof Error ? error.message : String(error) },
      error,
    );
  const folder = await mkdtemp(join(dirname(path), `.${basename(path)}-`)).catch((error: unknown) => {
    throw unwritable(error);
  });
  try {
    const draft = join(folder, 'draft');
    const { digest, bytes } = await writeBody(draft, text, unwritable);
    const header = Buffer.alloc(HEADER_BYTES);
    header.write(MAGIC, 'latin1');
    header.writeBigUInt64LE(BigInt(bytes), MAGIC.length);
    publicHalf(privateKey).copy(header, KEY_AT);
    sign(null, signedMessage(header, digest), privateKey).copy(header, SIGNATURE_AT);
    try {
      const file = await open(draft, 'r+');
      try {
        await file.write(header, 0, HEADER_BYTES, 0);
        await file.sync();
      } finally {
        await file.close();
      }
      await rename(draft, path);
    } catch (error) {
      throw unwritable(error);
    }
    return HEADER_BYTES + bytes;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function signedMessage(header: Buffer, digest: Buffer): Buffer {
  return Buffer.concat([header.subarray(0, KEY_AT), digest]);
}

async function writeBody(
  draft: string,
  text: AsyncIterable<string>,
  unwritable: (error: unknown) => Error,
): Promise<{ readonly digest: Buffer; readonly bytes: number }> {
  const hash = createHash('sha512');
  let bytes = 0;
  const counted = new Transform({
    transform: (chunk: Buffer, _encoding, done) => {
      hash.update(chunk);
      bytes += chunk.byteLength;
      done(null, chunk);
    },
  });
  const gzip = createGzip();
  const file = createWriteStream(draft, { flags: 'wx', start: HEADER_BYTES });
  let failure: { readonly error: unknown } | undefined;
  const written = pipeline(gzip, counted, file).catch((error: unknown) => {
    failure = { error };
  });
  try {
    for await (const piece of text) {
      if (failure !== undefined) break;
      if (!gzip.write(piece)) await Promise.race([once(gzip, 'drain').catch(() => undefined), written]);
    }
    gzip.end();
    await written;
  } catch (error) {
    gzip.destroy();
    await written;
    throw error;
  }
  if (failure !== undefined) throw unwritable(failure.error);
  return { digest: hash.digest(), bytes };
}

/**
 * Checks the file at `path` from end to end: that it is whole, that one of `trusted` (the words of public keys) signed it, and
 * that it is what was signed. Throws `export-unreadable` or `export-untrusted` in words.
 */
export async function verifySignedFile(
  path: string,
  trusted: readonly string[],
  onBytes: (bytes: number) => void,
): Promise<VerifiedFile> {
  const refused = (problem: string, cause?: unknown): Error =>
    appError('export-unreadable', { file: path, problem }, cause);
  const { header, size } = await readHeader(path).catch((error: unknown) => {
    throw refused(error instanceof Error ? error.message : String(error), error);
  });
  if (header.toString('latin1', 0, MAGIC.length) !== MAGIC) throw refused('it is no export of advisories');
  if (size < HEADER_BYTES) throw refused(`it was cut short: ${size} bytes are less than its header has`);
  const bytes = HEADER_BYTES + Number(header.readBigUInt64LE(MAGIC.length));
  if (size < bytes) throw refused(`it was cut short: it has ${size} of ${bytes} bytes`);
  if (size > bytes) throw refused(`it has ${size} bytes where ${bytes} were signed`);
  const publicKey = header.subarray(KEY_AT, SIGNATURE_AT);
  const key = publicKeyText(publicKey);
  if (!trusted.includes(key)) throw appError('export-untrusted', { file: path, key });
  const hash = createHash('sha512');
  for await (const chunk of bodyOf(path)) {
    hash.update(chunk);
    onBytes(chunk.byteLength);
  }
  const digest = hash.digest();
  const signature = header.subarray(SIGNATURE_AT, HEADER_BYTES);
  if (!verify(null, signedMessage(header, digest), publicKeyOf(publicKey), signature)) {
    throw refused('it is not what was signed: it was changed or damaged');
  }
  return { path, key, bytes, digest };
}

async function readHeader(path: string): Promise<{ readonly header: Buffer; readonly size: number }> {
  const file = await open(path, 'r');
  try {
    const { buffer } = await file.read(Buffer.alloc(HEADER_BYTES), 0, HEADER_BYTES, 0);
    return { header: buffer, size: (await file.stat()).size };
  } finally {
    await file.close();
  }
}

function bodyOf(path: string): AsyncIterable<Buffer> {
  return createReadStream(path, { start: HEADER_BYTES, highWaterMark: CHUNK_BYTES });
}

/**
 * The lines of a verified file, in batches. Its bytes are verified once more as they pass: a file that was exchanged since
 * throws `export-unreadable` at the end, so nothing that was read may count before then.
 */
export async function* readSignedLines(
  { path, digest }: VerifiedFile,
  onBytes: (bytes: number) => void,
): AsyncGenerator<readonly Line[]> {
  const hash = createHash('sha512');
  const body = async function* (): AsyncGenerator<Uint8Array> {
    for await (const chunk of bodyOf(path)) {
      hash.update(chunk);
      onBytes(chunk.byteLength);
      yield chunk;
    }
  };
  yield* readLines(unpackBounded(body(), path, SIGNED_LIMITS, 'gzip'), {
    lineBytesMax: SIGNED_LINE_BYTES_MAX,
  });
  if (!hash.digest().equals(digest)) {
    throw appError('export-unreadable', { file: path, problem: 'it was changed while it was read' });
  }
}
