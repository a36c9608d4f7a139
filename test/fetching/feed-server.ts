/**
 * A publisher for tests: an HTTP server on this machine that serves files as a real one does (ETag, Last-Modified, 304, Range),
 * and misbehaves where a test says so.
 */
import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll } from 'vitest';

export interface ServedFile {
  readonly content: Buffer;
  readonly lastModified?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Answers a request itself (true), or leaves it to the ordinary way (false). */
export type Misbehaviour = (request: IncomingMessage, response: ServerResponse) => boolean;

export interface FeedServer {
  readonly url: string;
  readonly files: Map<string, ServedFile>;
  /** One a request, taken from the front; while there is none the server behaves. */
  readonly misbehave: Misbehaviour[];
  /** What was asked: `GET /path`, with the headers that matter. */
  readonly asked: { readonly path: string; readonly headers: IncomingMessage['headers'] }[];
}

/** To be called while a test file is loaded; the server ends with the file's tests. */
export async function feedServer(): Promise<FeedServer> {
  const files = new Map<string, ServedFile>();
  const misbehave: Misbehaviour[] = [];
  const asked: FeedServer['asked'][number][] = [];
  const server = createServer((request, response) => {
    const path = request.url ?? '';
    asked.push({ path, headers: request.headers });
    if (misbehave.shift()?.(request, response) === true) return;
    const file = files.get(path);
    if (file === undefined) {
      response.writeHead(404).end('nothing here');
      return;
    }
    serve(file, request, response);
  });
  const url = await listening(server);
  return { url, files, misbehave, asked };
}

export async function listening(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

export function etagOf(content: Buffer): string {
  return `"${createHash('md5').update(content).digest('hex')}"`;
}

function serve(
  { content, lastModified, headers }: ServedFile,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  const etag = etagOf(content);
  const common = {
    etag,
    'accept-ranges': 'bytes',
    ...(lastModified && { 'last-modified': lastModified }),
    ...headers,
  };
  if (request.headers['if-none-match'] === etag) {
    response.writeHead(304, common).end();
    return;
  }
  const start = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? Number.NaN);
  const isSame = request.headers['if-range'] === etag || request.headers['if-range'] === lastModified;
  if (Number.isNaN(start) || !isSame) {
    response.writeHead(200, { ...common, 'content-length': content.length }).end(content);
    return;
  }
  const range = `bytes ${start}-${content.length - 1}/${content.length}`;
  response
    .writeHead(206, { ...common, 'content-range': range, 'content-length': content.length - start })
    .end(content.subarray(start));
}

/** Sends the beginning of a file under the whole one's headers, then breaks the connection. */
export function breakOffAfter(bytes: number, { content, lastModified }: ServedFile): Misbehaviour {
  return (_request, response) => {
    response.writeHead(200, {
      etag: etagOf(content),
      ...(lastModified && { 'last-modified': lastModified }),
      'content-length': content.length,
    });
    response.write(content.subarray(0, bytes), () => response.destroy());
    return true;
  };
}

/** Answers with a status and nothing else. */
export function answer(status: number, headers: Readonly<Record<string, string>> = {}): Misbehaviour {
  return (_request, response) => {
    response.writeHead(status, headers).end();
    return true;
  };
}
