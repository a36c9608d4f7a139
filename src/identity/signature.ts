/**
 * Verification of requests signed with an access key: SDK-HMAC-SHA256 (contract 5.2). Pure: the request comes as the
 * raw request target, the headers and the raw body bytes, exactly as they stood on the wire, because a re-serialised
 * query or body no longer matches what the client signed.
 */
import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { appError } from '../errors.ts';

const ALGORITHM = 'SDK-HMAC-SHA256';

/** Greatest difference between X-Sdk-Date and our clock, either way (contract 5.2). */
export const SIGNATURE_CLOCK_SKEW_MAX_MINUTES = 15;
const CLOCK_SKEW_MAX_MS = SIGNATURE_CLOCK_SKEW_MAX_MINUTES * 60_000;

/** Longest canonical request quoted in the answer to a mismatch; what follows is cut off. */
const QUOTED_CANONICAL_REQUEST_CHARACTERS_MAX = 8_192;

/** Body hash that stands for "the body is not signed"; clients send it for content that is not JSON. */
const UNSIGNED_PAYLOAD = 'UNSIGNED-PAYLOAD';

/** The three parts of an Authorization header. */
export interface SignatureParts {
  readonly accessKey: string;
  /** Lower case, in the order sent. */
  readonly signedHeaders: readonly string[];
  /** 64 lower-case hexadecimal digits. */
  readonly signature: string;
}

/** A request as it came over the wire. Header names are lower case, values as Node decodes them (latin1). */
export interface SignedRequest {
  readonly method: string;
  /** Request target with its query, undecoded. */
  readonly target: string;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly body: Buffer;
}

const AUTHORIZATION =
  /^SDK-HMAC-SHA256 Access=([0-9A-Za-z_-]{1,64}), ?SignedHeaders=([!#$%&'*+.^_`|~0-9A-Za-z;-]{1,4096}), ?Signature=([0-9a-f]{64})$/;

/**
 * Reads an Authorization header. Other algorithms (V11-HMAC-SHA256, SM3, ECDSA), a malformed header, and a signature
 * that leaves out `x-sdk-date` or `host` are `credentials-malformed` (401): those two are what every client signs.
 */
export function parseAuthorization(authorization: string): SignatureParts {
  const algorithm = authorization.split(' ', 1)[0] ?? '';
  if (algorithm !== ALGORITHM) {
    throw appError('credentials-malformed', {
      problem: `Authorization: only the algorithm ${ALGORITHM} and X-Auth-Token are accepted`,
    });
  }
  const [, accessKey, names, signature] = AUTHORIZATION.exec(authorization) ?? [];
  if (accessKey === undefined || names === undefined || signature === undefined) {
    throw appError('credentials-malformed', {
      problem: `Authorization: expected "${ALGORITHM} Access=…, SignedHeaders=…, Signature=<64 hexadecimal digits>"`,
    });
  }
  const signedHeaders = names.split(';').map((name) => name.toLowerCase());
  for (const needed of ['x-sdk-date', 'host']) {
    if (!signedHeaders.includes(needed)) {
      throw appError('credentials-malformed', {
        problem: `Authorization: ${needed} must be among SignedHeaders`,
      });
    }
  }
  return { accessKey, signedHeaders, signature };
}

const SDK_DATE = /^(\d{4})(\d{2})(\d{2})T(\d{2})(\d{2})(\d{2})Z$/;

/** Checks X-Sdk-Date (`YYYYMMDDTHHMMSSZ`) against the clock; throws `credentials-malformed` or `signature-expired`. */
export function checkSignatureDate(sdkDate: string | undefined, nowMs: number): void {
  const parts = SDK_DATE.exec(sdkDate ?? '');
  if (parts === null) {
    throw appError('credentials-malformed', { problem: 'X-Sdk-Date: expected YYYYMMDDTHHMMSSZ in UTC' });
  }
  const [, year, month, day, hour, minute, second] = parts;
  const signedAtMs = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  if (Number.isNaN(signedAtMs)) {
    throw appError('credentials-malformed', { problem: 'X-Sdk-Date: no such date' });
  }
  if (Math.abs(nowMs - signedAtMs) > CLOCK_SKEW_MAX_MS) {
    throw appError('signature-expired', { minutesMax: SIGNATURE_CLOCK_SKEW_MAX_MINUTES });
  }
}

/** Whether the request bears the signature that this secret key makes; compared in constant time. */
export function isSignatureRight(request: SignedRequest, parts: SignatureParts, secretKey: string): boolean {
  const declaredHash = headerOf(request, 'x-sdk-content-sha256');
  // The declared hash is what was signed, so it must also be the hash of what arrived.
  if (
    declaredHash !== undefined &&
    declaredHash !== UNSIGNED_PAYLOAD &&
    declaredHash.toLowerCase() !== sha256Hex(request.body)
  ) {
    return false;
  }
  return (
    matches(canonicalRequest(request, parts.signedHeaders), request, parts, secretKey) ||
    (splitTarget(request.target).path.includes('%') &&
      matches(canonicalRequest(request, parts.signedHeaders, 'as sent'), request, parts, secretKey))
  );
}

function matches(
  canonical: string,
  request: SignedRequest,
  parts: SignatureParts,
  secretKey: string,
): boolean {
  const hash = sha256Hex(Buffer.from(canonical, 'latin1'));
  const toSign = `${ALGORITHM}\n${headerOf(request, 'x-sdk-date') ?? ''}\n${hash}`;
  const expected = createHmac('sha256', secretKey).update(toSign, 'latin1').digest();
  return timingSafeEqual(expected, Buffer.from(parts.signature, 'hex'));
}

/**
 * The canonical request (contract 5.2, steps 1 to 5). One character is one byte (latin1): path and query are pure ASCII
 * by their encoding, and header values are signed as the bytes that were sent. The path is decoded before it is encoded,
 * or encoded `as sent`: the Node client encodes a path parameter once more for its signature than for the wire, which
 * shows where it has no project and leaves `{project_id}` in the path.
 */
export function canonicalRequest(
  request: SignedRequest,
  signedHeaders: readonly string[],
  pathIs: 'decoded' | 'as sent' = 'decoded',
): string {
  const { path, query } = splitTarget(request.target);
  const headers = signedHeaders.map((name) => `${name}:${(headerOf(request, name) ?? '').trim()}\n`).join('');
  return [
    request.method.toUpperCase(),
    canonicalPath(path, pathIs),
    canonicalQuery(query),
    headers,
    signedHeaders.join(';'),
    headerOf(request, 'x-sdk-content-sha256') ?? sha256Hex(request.body),
  ].join('\n');
}

/** The canonical request as the gateway quotes it after a mismatch: newlines as `|` (contract 5.4). */
export function quotedCanonicalRequest(request: SignedRequest, signedHeaders: readonly string[]): string {
  const text = Buffer.from(canonicalRequest(request, signedHeaders), 'latin1').toString('utf8');
  return text.slice(0, QUOTED_CANONICAL_REQUEST_CHARACTERS_MAX).replaceAll('\n', '|');
}

/** Splits a request target at its first question mark; the query is empty where there is none. */
export function splitTarget(target: string): { readonly path: string; readonly query: string } {
  const at = target.indexOf('?');
  return at === -1 ? { path: target, query: '' } : { path: target.slice(0, at), query: target.slice(at + 1) };
}

function canonicalPath(path: string, pathIs: 'decoded' | 'as sent'): string {
  const encoded = path
    .split('/')
    .map((segment) => encodeBytes(pathIs === 'decoded' ? decodePercent(segment) : Buffer.from(segment)))
    .join('/');
  return encoded.endsWith('/') ? encoded : `${encoded}/`;
}

function canonicalQuery(query: string): string {
  if (query === '') return '';
  const pairs = query.split('&').flatMap((pair) => {
    if (pair === '') return [];
    const at = pair.indexOf('=');
    const name = at === -1 ? pair : pair.slice(0, at);
    const value = at === -1 ? '' : pair.slice(at + 1);
    return [{ name: decodePercent(spaced(name)), value: decodePercent(spaced(value)) }];
  });
  pairs.sort((a, b) => compareText(a.name, b.name) || compareText(a.value, b.value));
  return pairs.map(({ name, value }) => `${encodeBytes(name)}=${encodeBytes(value)}`).join('&');
}

function spaced(text: string): string {
  return text.replaceAll('+', ' ');
}

// Clients sort decoded text. JavaScript and the JVM order by UTF-16 units and the others by code points, which differ only
// between the surrogates and U+E000..U+FFFF; code points (equal to the order of UTF-8 bytes) are what the majority does.
function compareText(a: Buffer, b: Buffer): number {
  return Buffer.compare(a, b);
}

/** Percent-decodes to bytes; a `%` without two hexadecimal digits stays as it is. */
function decodePercent(text: string): Buffer {
  const source = Buffer.from(text, 'utf8');
  if (!text.includes('%')) return source;
  const decoded = Buffer.alloc(source.length);
  let length = 0;
  for (let at = 0; at < source.length; at++) {
    const byte = source[at] ?? 0;
    const high = byte === 0x25 ? hexDigit(source[at + 1]) : -1;
    const low = byte === 0x25 ? hexDigit(source[at + 2]) : -1;
    const escaped = high >= 0 && low >= 0;
    decoded[length++] = escaped ? high * 16 + low : byte;
    if (escaped) at += 2;
  }
  return decoded.subarray(0, length);
}

function hexDigit(byte: number | undefined): number {
  if (byte === undefined) return -1;
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const letter = byte | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1;
}

const ENCODED: readonly string[] = Array.from({ length: 256 }, (_, byte) => {
  const character = String.fromCharCode(byte);
  return /[A-Za-z0-9\-_.~]/.test(character)
    ? character
    : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
});

function encodeBytes(bytes: Buffer): string {
  let encoded = '';
  for (const byte of bytes) encoded += ENCODED[byte] ?? '';
  return encoded;
}

function headerOf(request: SignedRequest, name: string): string | undefined {
  const value = Object.hasOwn(request.headers, name) ? request.headers[name] : undefined;
  return typeof value === 'object' ? value.join(', ') : value;
}

function sha256Hex(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}
