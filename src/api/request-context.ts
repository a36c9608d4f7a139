/**
 * What every exchange has, whatever it asks for: an id (in `X-Request-Id`, which all clients attach to their errors), the
 * headers of every answer, the checks of sizes that come before routing, and one log line at its end.
 */
import { randomBytes } from 'node:crypto';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { appError } from '../errors.ts';
import { ALL_HEADERS_BYTES_MAX, HEADER_BYTES_MAX, URI_CHARACTERS_MAX } from './http-limits.ts';

/** One line of the request log. */
export interface RequestLine {
  readonly requestId: string;
  /** Of the endpoint that it reached; undefined: none. */
  readonly operation?: string;
  readonly method: string;
  /** Without its query. */
  readonly path: string;
  readonly status: number;
  readonly durationMs: number;
  readonly remoteAddress: string;
  /** The code of the failure, where it failed. */
  readonly error?: string;
  /** The failure itself, where it is ours. */
  readonly cause?: unknown;
}

/** What is learned about a request while it is served, for its log line. */
export interface RequestNote {
  operation?: string;
  error?: string;
  cause?: unknown;
}

/** Is told of every request, for counting. */
export interface RequestObserver {
  began(): void;
  /** Once for each that began. */
  ended(line: RequestLine): void;
}

const notes = new WeakMap<FastifyRequest, RequestNote>();

/** The note of a request, to be filled in by whoever answers it. */
export function noteOf(request: FastifyRequest): RequestNote {
  const known = notes.get(request);
  if (known !== undefined) return known;
  const note: RequestNote = {};
  notes.set(request, note);
  return note;
}

export function newRequestId(): string {
  return randomBytes(16).toString('hex');
}

/** Headers of every answer: answers hold what only the asker may see, and are what they say they are. */
export function standingHeaders(requestId: string): Readonly<Record<string, string>> {
  return { 'X-Request-Id': requestId, 'Cache-Control': 'no-store', 'X-Content-Type-Options': 'nosniff' };
}

/** Hooks the context into the application. */
export function addRequestContext(
  app: FastifyInstance,
  log: (line: RequestLine) => void,
  observer?: RequestObserver,
): void {
  app.addHook('onRequest', async (request, reply) => {
    observer?.began();
    reply.headers(standingHeaders(request.id));
    checkSizes(request.raw.url ?? '', request.raw.rawHeaders);
  });
  app.addHook('onResponse', async (request, reply) => {
    const line: RequestLine = {
      requestId: request.id,
      method: request.method,
      path: (request.raw.url ?? '').split('?', 1)[0] ?? '',
      status: reply.statusCode,
      durationMs: Math.round(reply.elapsedTime * 1_000) / 1_000,
      remoteAddress: request.ip,
      ...noteOf(request),
    };
    observer?.ended(line);
    log(line);
  });
}

/** Refuses a URI, one header, or all headers beyond the limits of contract 5.4. Headers are latin1: a character is a byte. */
function checkSizes(target: string, rawHeaders: readonly string[]): void {
  if (target.length > URI_CHARACTERS_MAX)
    throw appError('uri-too-long', { charactersMax: URI_CHARACTERS_MAX });
  let bytes = 0;
  for (const text of rawHeaders) {
    bytes += text.length;
    if (text.length > HEADER_BYTES_MAX)
      throw appError('headers-too-large', { name: 'One header', bytesMax: HEADER_BYTES_MAX });
  }
  if (bytes > ALL_HEADERS_BYTES_MAX) {
    throw appError('headers-too-large', { name: 'The headers together', bytesMax: ALL_HEADERS_BYTES_MAX });
  }
}
