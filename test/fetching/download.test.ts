/** One file from a publisher: what changed, what broke off, what is wrong with it, and who may be asked. */
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type DownloadRequest, download } from '../../src/fetching/download.ts';
import { type HttpClient, openHttpClient } from '../../src/fetching/http-client.ts';
import { HTTP_LIMITS, type HttpLimits, type HttpSettings } from '../../src/fetching/http-settings.ts';
import { dropPartialFile } from '../../src/fetching/partial-file.ts';
import { answer, breakOffAfter, etagOf, feedServer, listening, type ServedFile } from './feed-server.ts';

const DSA = readFileSync(new URL('../fixtures/advisories/DSA.list', import.meta.url));
const NEWER = Buffer.concat([Buffer.from('[01 Jan 2026] DSA-9999-1 hello\n'), DSA]);
const LAST_MODIFIED = 'Sun, 02 Apr 2023 10:00:00 GMT';
const LIST: ServedFile = { content: DSA, lastModified: LAST_MODIFIED };
/** Larger than what lies in the buffers of a connection, so that some of it has arrived when the connection breaks. */
const LARGE: ServedFile = { content: Buffer.alloc(24 * 1024 * 1024, DSA) };
const LARGE_BROKEN_OFF_BYTES = 20 * 1024 * 1024;
const LARGE_REQUEST = { bytesMax: 64 * 1024 * 1024 };

const server = await feedServer();
const folder = mkdtempSync(join(tmpdir(), 'parapet-test-download-'));
const clients: HttpClient[] = [];
afterAll(() => {
  for (const client of clients) client.close();
  rmSync(folder, { recursive: true, force: true });
});
beforeEach(() => {
  server.files.clear();
  server.files.set('/list', LIST);
  server.misbehave.length = 0;
  server.asked.length = 0;
});
const path = join(folder, 'list');
afterEach(() => dropPartialFile(path));

function client(limits: Partial<HttpLimits> = {}, settings: Partial<HttpSettings> = {}): HttpClient {
  const opened = openHttpClient({
    proxy: { http: undefined, https: undefined, none: undefined },
    mirrors: [],
    credentials: [],
    privateHosts: [],
    ...settings,
    limits: { ...HTTP_LIMITS, backoffMs: 1, ...limits },
  });
  clients.push(opened);
  return opened;
}

function get(request: Partial<DownloadRequest> = {}, by: HttpClient = client()) {
  const whole = { url: `${server.url}/list`, held: undefined, bytesMax: 1024 * 1024, ...request };
  return download(by, whole, path, { signal: new AbortController().signal });
}

async function failing(request: Partial<DownloadRequest> = {}, by?: HttpClient): Promise<string> {
  return await get(request, by).then(
    () => 'it did not fail',
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  );
}

describe('a download', () => {
  it('brings the file with what tells its version', async () => {
    const sha256 = createHash('sha256').update(DSA).digest('hex');
    expect(await get()).toEqual({
      kind: 'file',
      path,
      bytes: DSA.length,
      sha256,
      etag: etagOf(DSA),
      lastModified: LAST_MODIFIED,
    });
    expect(readFileSync(path)).toEqual(DSA);
  });

  it('is not repeated where the publisher says that nothing changed', async () => {
    const held = { etag: etagOf(DSA), lastModified: LAST_MODIFIED };
    expect(await get({ held })).toEqual({ kind: 'unchanged' });
    expect(server.asked[0]?.headers).toMatchObject({
      'if-none-match': held.etag,
      'if-modified-since': LAST_MODIFIED,
    });
    expect(existsSync(path)).toBe(false);
  });

  it('that broke off goes on where it was', async () => {
    server.files.set('/list', LARGE);
    server.misbehave.push(breakOffAfter(LARGE_BROKEN_OFF_BYTES, LARGE));
    expect(await get(LARGE_REQUEST)).toMatchObject({ kind: 'file', bytes: LARGE.content.length });
    expect(readFileSync(path).equals(LARGE.content)).toBe(true);
    expect(server.asked.map(({ headers }) => headers.range)).toEqual([
      undefined,
      expect.stringMatching(/^bytes=[1-9]/),
    ]);
    expect(server.asked[1]?.headers['if-range']).toBe(etagOf(LARGE.content));
  });

  it('that broke off in an earlier update goes on there, and anew where the file changed meanwhile', async () => {
    server.misbehave.push(
      breakOffAfter(LARGE_BROKEN_OFF_BYTES, LARGE),
      ...Array.from({ length: 3 }, () => answer(500)),
    );
    expect(await failing(LARGE_REQUEST, client({ attemptsMax: 3 }))).toContain('HTTP 500');
    server.files.set('/list', { content: NEWER });
    server.asked.length = 0;
    expect(await get()).toMatchObject({ kind: 'file', bytes: NEWER.length });
    expect(server.asked[0]?.headers.range).toMatch(/^bytes=[1-9]/);
    expect(readFileSync(path)).toEqual(NEWER);
  });

  it('starts again where the rest that comes is not the rest that was asked for', async () => {
    server.files.set('/list', LARGE);
    server.misbehave.push(breakOffAfter(LARGE_BROKEN_OFF_BYTES, LARGE), (_request, response) => {
      const range = `bytes 50-${LARGE.content.length - 1}/${LARGE.content.length}`;
      response.writeHead(206, { etag: etagOf(LARGE.content), 'content-range': range }).end();
      return true;
    });
    expect(await get(LARGE_REQUEST)).toMatchObject({ kind: 'file' });
    expect(readFileSync(path).equals(LARGE.content)).toBe(true);
  });

  it('of a file that was fetched and not yet imported is not repeated', async () => {
    await get();
    server.asked.length = 0;
    expect(await get()).toMatchObject({ kind: 'file', bytes: DSA.length, etag: etagOf(DSA) });
    expect(server.asked[0]?.headers['if-none-match']).toBe(etagOf(DSA));
  });

  it('is tried again after 5xx and 429, and waits as long as the server asks', async () => {
    server.misbehave.push(answer(502), answer(429, { 'retry-after': '0' }));
    expect(await get({}, client({ backoffMs: 1 }))).toMatchObject({ kind: 'file' });
    expect(server.asked).toHaveLength(3);
  });

  it('is given up where the server asks for a longer wait than there is', async () => {
    server.misbehave.push(answer(429, { 'retry-after': '3600' }));
    expect(await failing()).toMatch(/asks for fewer requests \(HTTP 429, and to wait 3600 seconds\)$/);
    expect(server.asked).toHaveLength(1);
  });

  it('is given up after a number of attempts that brought nothing', async () => {
    server.misbehave.push(...Array.from({ length: 9 }, () => answer(503)));
    expect(await failing({}, client({ attemptsMax: 3 }))).toContain('HTTP 503');
    expect(server.asked).toHaveLength(3);
  });

  it.each([
    [404, 'has nothing there'],
    [401, 'PARAPET_FEEDS_CREDENTIALS_FILE'],
    [403, 'refuses access'],
    [418, 'did not answer with a file'],
  ])('is not tried again after %i', async (status, words) => {
    server.misbehave.push(answer(status));
    expect(await failing()).toContain(words);
    expect(server.asked).toHaveLength(1);
  });

  it('is ended where a server is silent, before its answer or within it', async () => {
    const silent = (_request: unknown): boolean => true;
    server.misbehave.push(silent, silent);
    expect(await failing({}, client({ idleTimeoutMs: 50, attemptsMax: 2 }))).toContain(
      'was silent for 0.05 seconds',
    );
    server.misbehave.push((_request, response) => {
      response.writeHead(200, { 'content-length': DSA.length }).flushHeaders();
      return true;
    });
    expect(await failing({}, client({ idleTimeoutMs: 50, attemptsMax: 1 }))).toContain('was silent');
  });

  it('is ended where it takes too long in all', async () => {
    server.misbehave.push((_request, response) => {
      response.writeHead(200, { 'content-length': DSA.length });
      const timer = setInterval(() => response.write('x'), 5);
      response.on('close', () => clearInterval(timer));
      return true;
    });
    expect(await failing({}, client({ fileTimeoutMs: 100 }))).toBe('took longer than 0.1 seconds');
  });

  it('ends with the reason of its signal', async () => {
    const controller = new AbortController();
    server.misbehave.push(() => {
      controller.abort(new Error('the reader went home'));
      return true;
    });
    const request = { url: `${server.url}/list`, held: undefined, bytesMax: 1_000_000 };
    await expect(download(client(), request, path, { signal: controller.signal })).rejects.toThrow(
      'the reader went home',
    );
  });
});

describe('what arrives', () => {
  it('is refused where it is larger than the feed may be, announced or not', async () => {
    expect(await failing({ bytesMax: 100 })).toBe(
      'is larger than 100 bytes, the most that Parapet takes of this feed',
    );
    server.misbehave.push((_request, response) => {
      response.writeHead(200, { 'transfer-encoding': 'chunked' }).end(DSA);
      return true;
    });
    expect(await failing({ bytesMax: 100 })).toContain('is larger than 100 bytes');
    expect(readdirSync(folder)).toEqual([]);
  });

  const digest = (algorithm: string) => createHash(algorithm).update(DSA).digest('base64');
  it.each([
    ['repr-digest', `sha-256=:${digest('sha256')}:`],
    ['digest', `SHA-256=${digest('sha256')}`],
    ['content-digest', `sha-512=:${digest('sha512')}:`],
    ['x-goog-hash', `crc32c=AAAAAA==,md5=${digest('md5')}`],
    ['content-md5', digest('md5')],
  ])('is checked against %s', async (header, value) => {
    server.files.set('/list', { ...LIST, headers: { [header]: value } });
    expect(await get()).toMatchObject({ kind: 'file' });
    await dropPartialFile(path);
    server.files.set('/list', { content: NEWER, headers: { [header]: value } });
    expect(await failing({}, client({ attemptsMax: 2 }))).toMatch(
      /^arrived damaged: its (?:sha256|sha512|md5) is not/,
    );
    expect(readdirSync(folder)).toEqual([]);
  });

  it('is checked against the checksum file of its publisher', async () => {
    const hex = createHash('sha256').update(DSA).digest('hex');
    server.files.set('/list.sha256', { content: Buffer.from(`${'0'.repeat(64)}  other\n${hex}  list\n`) });
    const sha256Url = `${server.url}/list.sha256`;
    expect(await get({ sha256Url })).toMatchObject({ sha256: hex });
    await dropPartialFile(path);
    server.files.set('/list.sha256', { content: Buffer.from(`${'0'.repeat(64)}\n`) });
    expect(await failing({ sha256Url }, client({ attemptsMax: 1 }))).toContain('arrived damaged');
    server.files.set('/list.sha256', { content: Buffer.from('<html>') });
    expect(await failing({ sha256Url })).toContain('holds no SHA-256 of the file');
    server.files.delete('/list.sha256');
    expect(await failing({ sha256Url })).toContain('has nothing there');
  });

  it('that was damaged on its way once is fetched once more', async () => {
    server.files.set('/list', { ...LIST, headers: { 'repr-digest': `sha-256=:${digest('sha256')}:` } });
    server.misbehave.push((_request, response) => {
      const damaged = Buffer.from(DSA);
      damaged[20] = 0;
      response
        .writeHead(200, {
          etag: etagOf(DSA),
          'content-length': damaged.length,
          'repr-digest': `sha-256=:${digest('sha256')}:`,
        })
        .end(damaged);
      return true;
    });
    expect(await get()).toMatchObject({ kind: 'file' });
    expect(readFileSync(path)).toEqual(DSA);
  });
});

describe('redirects', () => {
  it('are followed on the same host', async () => {
    server.misbehave.push(answer(302, { location: '/list' }));
    expect(await get({ url: `${server.url}/moved` })).toMatchObject({ kind: 'file' });
  });

  it('that go round are ended', async () => {
    server.misbehave.push(...Array.from({ length: 20 }, () => answer(302, { location: '/list' })));
    expect(await failing()).toMatch(/redirects more than 5 times$/);
    expect(server.asked).toHaveLength(6);
  });

  it.each([
    ['http://example.com/list', 'neither https nor the same host'],
    ['file:///etc/passwd', 'neither https nor the same host'],
    ['https://127.0.0.2/list', 'the private address 127.0.0.2'],
    ['https://[::1]/list', 'the private address ::1'],
    ['https://[::ffff:10.0.0.1]/', 'the private address'],
    ['https://169.254.169.254/latest/meta-data', 'the private address 169.254.169.254'],
    ['https://0x0a000001/', 'the private address 10.0.0.1'],
    ['https://localhost/list', 'the private address localhost'],
    ['https://[fd00::1]/list', 'the private address fd00::1'],
  ])('to %s are refused', async (location, words) => {
    server.misbehave.push(answer(302, { location }));
    expect(await failing()).toContain(words);
    expect(server.asked).toHaveLength(1);
  });

  it('to a name that leads to a private address are refused when it is looked up', async () => {
    // The name of this machine's own loopback, as most systems have it besides localhost.
    server.misbehave.push(answer(302, { location: 'https://ip6-localhost/list' }));
    expect(await failing({}, client({ attemptsMax: 1 }))).toMatch(
      /private address|is not known|could not be looked up/,
    );
    expect(server.asked).toHaveLength(1);
  });

  it('to a private host are followed where the operator named it', async () => {
    server.misbehave.push(answer(302, { location: 'https://127.0.0.2:1/list' }));
    const allowed = client({ attemptsMax: 1 }, { privateHosts: ['127.0.0.2'] });
    expect(await failing({}, allowed)).toContain('127.0.0.2:1 refuses connections');
  });
});

describe('credentials', () => {
  it('go to the URLs they are for, and to no others', async () => {
    const credentials = [{ prefix: `${server.url}/list`, authorization: 'Bearer abc' }];
    server.misbehave.push(answer(302, { location: '/list' }));
    await get({ url: `${server.url}/moved` }, client({}, { credentials }));
    expect(server.asked.map(({ headers }) => headers.authorization)).toEqual([undefined, 'Bearer abc']);
  });
});

describe('a proxy', () => {
  it('is asked in place of the publisher, but for hosts that are to be asked directly', async () => {
    const seen: string[] = [];
    const proxyUrl = await listening(
      createServer((request, response) => {
        seen.push(request.url ?? '');
        response.writeHead(200, { etag: etagOf(DSA) }).end(DSA);
      }),
    );
    const url = 'http://feeds.example/list';
    const proxy = { http: proxyUrl, https: proxyUrl, none: '127.0.0.1,.internal' };
    expect(await get({ url }, client({}, { proxy }))).toMatchObject({ kind: 'file', bytes: DSA.length });
    expect(seen).toEqual([url]);
    await dropPartialFile(path);
    expect(await get({}, client({}, { proxy }))).toMatchObject({ kind: 'file' });
    expect(seen).toHaveLength(1);
  });

  it('tunnels https, and its refusal is said in words', async () => {
    const tunnels: string[] = [];
    const proxy = createServer();
    proxy.on('connect', (request, socket) => {
      tunnels.push(request.url ?? '');
      socket.end('HTTP/1.1 403 Forbidden\r\n\r\n');
    });
    const proxyUrl = await listening(proxy);
    const by = client({ attemptsMax: 1 }, { proxy: { http: undefined, https: proxyUrl, none: undefined } });
    expect(await failing({ url: 'https://feeds.example/list' }, by)).toContain('feeds.example');
    expect(tunnels).toEqual(['feeds.example:443']);
  });
});
