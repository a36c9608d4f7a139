/**
 * Whether what arrived is what was sent: by the digests that servers put into headers (RFC 9530, RFC 3230, Content-MD5,
 * Google Cloud Storage) and by a publisher's own checksum file.
 */
import { createHash, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import type { IncomingHttpHeaders } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { lastingFailure } from './download-failure.ts';

/** A digest that a file must have. `says` is who says so, for people. */
export interface ExpectedDigest {
  readonly algorithm: 'sha256' | 'sha512' | 'md5';
  readonly hex: string;
  readonly says: string;
}

/** Names of algorithms as headers write them. */
const ALGORITHMS: Readonly<Record<string, ExpectedDigest['algorithm']>> = {
  'sha-256': 'sha256',
  'sha-512': 'sha512',
  md5: 'md5',
};
const DIGEST_BYTES: Readonly<Record<ExpectedDigest['algorithm'], number>> = {
  sha256: 32,
  sha512: 64,
  md5: 16,
};

/**
 * The digests of the whole file that an answer's headers tell. Of a part (206) `Content-Digest` and `Content-MD5` say
 * nothing of the whole.
 */
export function digestsInHeaders(headers: IncomingHttpHeaders, isWhole: boolean): readonly ExpectedDigest[] {
  const texts: (readonly [header: string, value: string])[] = [
    ['Repr-Digest', textOf(headers['repr-digest'])],
    ['Digest', textOf(headers['digest'])],
    ['x-goog-hash', textOf(headers['x-goog-hash'])],
  ];
  if (isWhole) texts.push(['Content-Digest', textOf(headers['content-digest'])]);
  const found = texts.flatMap(([header, value]) => digestsIn(header, value));
  const md5 = isWhole ? expected('md5', textOf(headers['content-md5']), 'Content-MD5') : undefined;
  return md5 === undefined ? found : [...found, md5];
}

function textOf(header: string | readonly string[] | undefined): string {
  return typeof header === 'string' ? header : (header ?? []).join(',');
}

/** `sha-256=:…:, sha-512=:…:` (RFC 9530) or `SHA-256=…,md5=…`. */
function digestsIn(header: string, value: string): readonly ExpectedDigest[] {
  return value.split(',').flatMap((part) => {
    const [, name = '', base64 = ''] = /^\s*([\w-]+)\s*=\s*:?([A-Za-z0-9+/]+={0,2}):?\s*$/.exec(part) ?? [];
    const algorithm = ALGORITHMS[name.toLowerCase()];
    const digest = algorithm === undefined ? undefined : expected(algorithm, base64, `its ${header} header`);
    return digest === undefined ? [] : [digest];
  });
}

function expected(
  algorithm: ExpectedDigest['algorithm'],
  base64: string,
  says: string,
): ExpectedDigest | undefined {
  const bytes = Buffer.from(base64, 'base64');
  return bytes.length === DIGEST_BYTES[algorithm]
    ? { algorithm, hex: bytes.toString('hex'), says }
    : undefined;
}

/**
 * The SHA-256 of `fileName` in a checksum file: `sha256sum` lines (`<hex>  name`, `<hex> *name`), BSD lines
 * (`SHA256 (name) = <hex>`), or one hash alone. Undefined where it has none.
 */
export function sha256InFile(text: string, fileName: string): string | undefined {
  const lines = text.split(/\r?\n/).filter((line) => line.trim() !== '' && !line.startsWith('#'));
  for (const line of lines) {
    const [, gnuHex, gnuName] = /^([0-9a-f]{64})\s+\*?(.+?)\s*$/i.exec(line) ?? [];
    const [, bsdName, bsdHex] = /^SHA256 \((.+)\) = ([0-9a-f]{64})\s*$/i.exec(line) ?? [];
    const name = gnuName ?? bsdName;
    if (name !== undefined && name.split('/').at(-1) === fileName)
      return (gnuHex ?? bsdHex ?? '').toLowerCase();
  }
  const [only, another] = lines;
  if (only === undefined || another !== undefined) return undefined;
  return /^[0-9a-f]{64}$/i.exec(only.trim())?.[0].toLowerCase();
}

/** Reads the file at `path` once and returns its SHA-256 in hex. Throws a `DownloadFailure` where a digest is another. */
export async function verifyFile(path: string, digests: readonly ExpectedDigest[]): Promise<string> {
  const hashes = new Map<string, Hash>([['sha256', createHash('sha256')]]);
  for (const { algorithm } of digests) {
    if (!hashes.has(algorithm)) hashes.set(algorithm, createHash(algorithm));
  }
  await pipeline(createReadStream(path), async (chunks: AsyncIterable<Buffer>) => {
    for await (const chunk of chunks) for (const hash of hashes.values()) hash.update(chunk);
  });
  const found = new Map([...hashes].map(([algorithm, hash]) => [algorithm, hash.digest('hex')]));
  for (const { algorithm, hex, says } of digests) {
    if (found.get(algorithm) !== hex) {
      throw lastingFailure(`arrived damaged: its ${algorithm} is not the one that ${says} tells`);
    }
  }
  return found.get('sha256') ?? '';
}
