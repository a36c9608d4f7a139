/**
 * Request bodies: read raw and bounded (the signature needs the bytes as sent), then parsed once into a checked value.
 * A body is refused before it is parsed if it is too large, too deep, names a key twice in one object, names
 * `__proto__`, or holds NUL (which PostgreSQL cannot store); so what comes out is what every reader of it would see.
 */
import type { IncomingMessage } from 'node:http';
import type { Static, TSchema } from 'typebox';
import { Compile } from 'typebox/compile';
import { appError } from '../errors.ts';
import { BODY_DEPTH_MAX, REFUSED_BODY_BYTES_MAX } from './http-limits.ts';

const NO_BYTES = Buffer.alloc(0);

/** Reads the whole body of a request. Larger than `bytesMax`: `body-too-large`, and the rest is thrown away unread. */
export async function readRawBody(request: IncomingMessage, bytesMax: number): Promise<Buffer> {
  const { headers } = request;
  const declared = headers['content-length'];
  if (headers['transfer-encoding'] === undefined && (declared === undefined || declared === '0'))
    return NO_BYTES;
  if (Number(declared ?? 0) > bytesMax) {
    discardRest(request);
    throw appError('body-too-large', { bytesMax });
  }
  return collect(request, bytesMax);
}

/**
 * Lets the rest of a body flow into nothing, so that the client can finish sending and read the answer; cuts the
 * connection where that would take too much. The time is bounded by the server's own request timeout.
 */
export function discardRest(request: IncomingMessage): void {
  let bytes = 0;
  request.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > REFUSED_BODY_BYTES_MAX) request.destroy();
  });
}

function collect(request: IncomingMessage, bytesMax: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    const onData = (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes <= bytesMax) {
        chunks.push(chunk);
        return;
      }
      request.off('data', onData);
      chunks.length = 0;
      discardRest(request);
      reject(appError('body-too-large', { bytesMax }));
    };
    request.on('data', onData);
    request.once('end', () => resolve(Buffer.concat(chunks, bytes)));
    const onBroken = () =>
      reject(appError('body-unreadable', { problem: 'the connection ended before the body' }));
    request.once('error', onBroken);
    request.once('close', () => {
      if (!request.complete) onBroken();
    });
  });
}

/** Parses the bytes of a body as JSON; empty is undefined. Throws `body-unreadable`. */
export function parseJson(bytes: Buffer): unknown {
  if (bytes.length === 0) return undefined;
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw appError('body-unreadable', { problem: 'it is not UTF-8' });
  }
  checkShape(text);
  try {
    return JSON.parse(text);
  } catch (error) {
    // The parser's own words quote the body, which may hold a password; only the place is passed on.
    const position = /at position (\d+)/.exec(error instanceof Error ? error.message : '')?.[1];
    const place = position === undefined ? '' : ` (at character ${position})`;
    throw appError('body-unreadable', { problem: `it is not valid JSON${place}` });
  }
}

/** Makes a reader of bodies of one schema: bytes to a value of its type. An empty body is read as `{}` where that fits. */
export function bodyReader<B extends TSchema>(schema: B): (bytes: Buffer) => Static<B> {
  const validator = Compile(schema);
  return (bytes) => {
    const value = bytes.length === 0 ? {} : parseJson(bytes);
    if (validator.Check(value)) return value as Static<B>;
    const faults = validator.Errors(value);
    throw bodyError(faults.find((fault) => fault.keyword === 'maxItems') ?? faults[0]);
  };
}

interface BodyFault {
  readonly keyword: string;
  readonly instancePath: string;
  readonly message: string;
  readonly params: object;
}

function bodyError(fault: BodyFault | undefined): Error {
  if (fault === undefined) return appError('body-unreadable', { problem: 'it does not fit the schema' });
  const name = fault.instancePath.slice(1).replaceAll('/', '.');
  const params = new Map<string, unknown>(Object.entries(fault.params));
  if (fault.keyword === 'required') {
    const missing = params.get('requiredProperties');
    const first: unknown = Array.isArray(missing) ? missing[0] : undefined;
    return appError('parameter-missing', { name: name === '' ? String(first) : `${name}.${String(first)}` });
  }
  const limit = params.get('limit');
  if (fault.keyword === 'maxItems' && typeof limit === 'number') {
    return appError('list-too-long', { name, max: limit });
  }
  const allowed = params.get('allowedValues');
  const problem =
    fault.keyword === 'enum' && Array.isArray(allowed)
      ? `must be one of ${allowed.join(', ')}`
      : fault.message;
  return appError('parameter-invalid', { name: name === '' ? 'the body' : name, problem });
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COLON = 0x3a;
const OBJECT_START = 0x7b;
const OBJECT_END = 0x7d;
const ARRAY_START = 0x5b;
const ARRAY_END = 0x5d;

/**
 * One pass over the text of a JSON document, before it is parsed: nesting, keys given twice, `__proto__`, NUL. It need not
 * understand malformed text, only come to an end; the parser refuses that afterwards.
 */
function checkShape(text: string): void {
  const open: ('object' | 'array')[] = [];
  const keysAtDepth: Set<string>[] = [];
  for (let at = 0; at < text.length; at++) {
    const character = text.charCodeAt(at);
    if (character === QUOTE) {
      const end = endOfString(text, at);
      const keys = open.at(-1) === 'object' ? keysAtDepth[open.length] : undefined;
      if (keys !== undefined && isFollowedByColon(text, end + 1)) noteKey(keys, text.slice(at, end + 1));
      at = end;
    } else if (character === OBJECT_START || character === ARRAY_START) {
      open.push(character === OBJECT_START ? 'object' : 'array');
      if (open.length > BODY_DEPTH_MAX) {
        throw appError('body-unreadable', { problem: `it is nested deeper than ${BODY_DEPTH_MAX}` });
      }
      if (character === OBJECT_START) {
        const keys = keysAtDepth[open.length];
        if (keys === undefined) keysAtDepth[open.length] = new Set();
        else keys.clear();
      }
    } else if (character === OBJECT_END || character === ARRAY_END) {
      open.pop();
    }
  }
}

function endOfString(text: string, start: number): number {
  let at = start + 1;
  while (at < text.length) {
    const character = text.charCodeAt(at);
    if (character === QUOTE) return at;
    if (character === BACKSLASH && text.startsWith('u0000', at + 1)) {
      throw appError('body-unreadable', { problem: 'a text with the character NUL is not accepted' });
    }
    at += character === BACKSLASH ? 2 : 1;
  }
  return text.length;
}

function isFollowedByColon(text: string, start: number): boolean {
  let at = start;
  while (at < text.length && text.charCodeAt(at) <= 0x20) at++;
  return text.charCodeAt(at) === COLON;
}

function noteKey(keys: Set<string>, quoted: string): void {
  let key = quoted.slice(1, -1);
  if (key.includes('\\')) {
    try {
      key = String(JSON.parse(quoted));
    } catch {
      return;
    }
  }
  if (key === '__proto__')
    throw appError('body-unreadable', { problem: 'the key __proto__ is not accepted' });
  if (keys.has(key)) {
    throw appError('body-unreadable', {
      problem: `the key ${key.slice(0, 64)} is given twice in one object`,
    });
  }
  keys.add(key);
}
