import Type from 'typebox';
import { describe, expect, it } from 'vitest';
import { projectEndpoint } from '../../src/api/endpoint.ts';
import {
  ADMIN_PASSWORD,
  echoEndpoint,
  errorCodeOf,
  listenOnLoopback,
  testApplication,
} from './application.ts';
import { openConnection } from './raw-connection.ts';

const bodyEndpoint = projectEndpoint({
  operation: 'EchoBody',
  method: 'PUT',
  url: '/v5/:project_id/body',
  right: 'read',
  summary: 'Answers the body it was sent.',
  body: Type.Object({ remark: Type.Optional(Type.String()) }),
  handler: ({ body }) => ({ json: body }),
});
const bodylessEndpoint = projectEndpoint({
  operation: 'EchoNothing',
  method: 'POST',
  url: '/v5/:project_id/nothing',
  right: 'read',
  summary: 'Wants no body and answers none.',
  handler: () => ({}),
});
const failingEndpoint = projectEndpoint({
  operation: 'Fail',
  method: 'GET',
  url: '/v5/:project_id/fail',
  right: 'read',
  summary: 'Fails as a programmer’s mistake does.',
  handler: () => {
    throw new TypeError('a detail of our own');
  },
});

const endpoints = [echoEndpoint, bodyEndpoint, bodylessEndpoint, failingEndpoint];
const test = await testApplication({ endpoints });
const { app, projectId } = test;
const { port } = await listenOnLoopback(app);
const token = await test.logIn({ name: 'admin', password: ADMIN_PASSWORD });
const BASE = `/v5/${projectId}`;

function request(method: string, target: string, headers: readonly string[] = [], body = ''): string {
  const lines = [
    `${method} ${target} HTTP/1.1`,
    'Host: localhost',
    `X-Auth-Token: ${token}`,
    ...headers,
    '',
    body,
  ];
  return lines.join('\r\n');
}

/** Sends raw text over a new connection and returns everything that comes back until `sign` is seen or it closes. */
async function exchange(text: string | Buffer, sign = '"}'): Promise<string> {
  const connection = openConnection(port);
  connection.send(text);
  return connection.untilText(sign);
}

function get(target: string) {
  return app.inject({ method: 'GET', url: target, headers: { 'x-auth-token': token } });
}

function put(payload: string | Buffer, headers: Record<string, string> = {}) {
  return app.inject({
    method: 'PUT',
    url: `${BASE}/body`,
    headers: { 'x-auth-token': token, ...headers },
    payload,
  });
}

/** Asks something ordinary: the service must be unharmed. */
async function expectUnharmed(): Promise<void> {
  expect((await get(`${BASE}/echo?limit=3`)).json()).toMatchObject({ query: { limit: 3 } });
}

it('NUL in a path names nothing that there is', async () => {
  const response = await get('/v5/%00/echo');
  expect(errorCodeOf(response)).toBe('403 APIGW.0302');
  await expectUnharmed();
});

describe('a hostile query string', () => {
  it.each([
    ['limit=0x20', '400 HSS.0001'],
    ['limit=Infinity', '400 HSS.0001'],
    ['limit=1e999', '400 HSS.0001'],
    ['limit=-1', '400 HSS.0001'],
    ['limit=0', '400 HSS.0001'],
    ['limit=201', '400 HSS.0001'],
    ['offset=2000001', '400 HSS.0001'],
    [`limit=${'9'.repeat(400)}`, '400 HSS.0001'],
    ['limit=10&limit=10', '400 HSS.0001'],
    ['host_name=a%00b', '400 HSS.0001'],
    ['host_name=%zz', '400 HSS.0002'],
    ['host_name=%ff%fe', '400 HSS.0002'],
    ['%', '400 HSS.0002'],
    [`host_name=${'a'.repeat(65)}`, '400 HSS.0001'],
    [`host_id_list=${'a'.repeat(1_851)}`, '400 HSS.0001'],
    [`x=${'a'.repeat(32 * 1024)}`, '414 APIGW.0201'],
  ])('%s is answered %#', async (query, expected) => {
    const response = await get(`${BASE}/echo?${query}`);
    expect(errorCodeOf(response)).toBe(expected);
    const body = response.json<Record<string, string>>();
    for (const text of Object.values(body)) expect(text).not.toBe('');
  });

  it('of 5 MB is refused while it arrives, and the service goes on', async () => {
    const before = process.memoryUsage().rss;
    const answers = await Promise.all(
      Array.from({ length: 4 }, () =>
        exchange(Buffer.from(request('GET', `${BASE}/echo?host_name=${'a'.repeat(5 * 1024 * 1024)}`))),
      ),
    );
    for (const answer of answers) {
      expect(answer).toMatch(/^HTTP\/1\.1 494 [\s\S]*"error_code":"APIGW\.0201"/);
    }
    expect(process.memoryUsage().rss - before).toBeLessThan(100 * 1024 * 1024);
    await expectUnharmed();
  });
});

describe('hostile headers', () => {
  it('beyond 32 KB each or 128 KB together are refused', async () => {
    const one = await get(`${BASE}/echo`);
    expect(one.statusCode).toBe(200);
    const long = await app.inject({ url: `${BASE}/echo`, headers: { 'x-auth-token': 'x'.repeat(32_769) } });
    expect(errorCodeOf(long)).toBe('494 APIGW.0201');
    const longest = await app.inject({
      url: `${BASE}/echo`,
      headers: { 'x-auth-token': 'x'.repeat(32_768) },
    });
    expect(errorCodeOf(longest)).toBe('401 APIGW.0301');
    const many = Object.fromEntries(Array.from({ length: 5 }, (_, n) => [`x-h-${n}`, 'x'.repeat(30_000)]));
    expect(errorCodeOf(await app.inject({ url: `${BASE}/echo`, headers: many }))).toBe('494 APIGW.0201');
  });

  it('that are no HTTP get the documented answer and an end', async () => {
    for (const text of [
      'NONSENSE\r\n\r\n',
      'GET / HTTP/1.1\r\nHost: a\r\nbroken header\r\n\r\n',
      '\x16\x03\x01\x02\x00\x01',
    ]) {
      const answer = await exchange(text);
      expect(answer).toMatch(/^HTTP\/1\.1 400 Bad Request\r\nX-Request-Id: [0-9a-f]{32}\r\n/);
      expect(answer).toContain('"error_code":"APIGW.0602"');
    }
    await expectUnharmed();
  });
});

describe('an unknown path or method', () => {
  it('is 404 of the gateway, also where the path cannot be decoded', async () => {
    expect(errorCodeOf(await get('/v5/x/no/such'))).toBe('404 APIGW.0101');
    expect(errorCodeOf(await app.inject({ method: 'POST', url: `${BASE}/echo` }))).toBe('404 APIGW.0101');
    expect(errorCodeOf(await get('/'))).toBe('404 APIGW.0101');
    expect(errorCodeOf(await get('/v5/%zz/echo'))).toBe('400 APIGW.0602');
    const keystone = await get('/v3/no/such');
    expect([keystone.statusCode, keystone.json()]).toMatchObject([
      404,
      { error: { code: 404, title: 'Not Found' } },
    ]);
    for (const response of [keystone, await get('/v5/%zz/echo')]) {
      expect(response.headers['x-request-id']).toMatch(/^[0-9a-f]{32}$/);
    }
  });
});

describe('a failure of our own', () => {
  it('shows no detail and is logged once with its cause', async () => {
    const response = await get(`${BASE}/fail`);
    expect(errorCodeOf(response)).toBe('500 APIGW.0601');
    expect(response.body).not.toContain('detail');
    const lines = test.log.filter((line) => line.requestId === response.headers['x-request-id']);
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatchObject({
      status: 500,
      error: 'internal',
      cause: new TypeError('a detail of our own'),
    });
  });
});

describe('a hostile body', () => {
  it.each([
    ['truncated', '{"remark":"a'],
    ['nested 100,000 deep', `{"remark":${'['.repeat(100_000)}`],
    ['with __proto__', '{"__proto__":{"remark":"a"}}'],
    ['with a key twice', '{"remark":"a","remark":"b"}'],
  ])('that is %s is HSS.0002', async (_name, body) => {
    expect(errorCodeOf(await put(body))).toBe('400 HSS.0002');
    await expectUnharmed();
  });

  it('of the wrong type is HSS.0001', async () => {
    expect(errorCodeOf(await put('{"remark":1}'))).toBe('400 HSS.0001');
    expect(errorCodeOf(await put('[]'))).toBe('400 HSS.0001');
    expect(errorCodeOf(await put('7'))).toBe('400 HSS.0001');
  });

  it('is read whatever its content type says', async () => {
    for (const type of [
      'application/json',
      'application/json;charset=UTF-8',
      'text/plain',
      'nonsense/x; =',
      '',
    ]) {
      const response = await put('{"remark":"é"}', type === '' ? {} : { 'content-type': type });
      expect([200, 400], type).toContain(response.statusCode);
      if (response.statusCode === 200) expect(response.json()).toEqual({ remark: 'é' });
    }
    expect(
      (await put('{"remark":"é"}', { 'content-type': 'application/json;charset=UTF-8' })).statusCode,
    ).toBe(200);
  });

  it('declared as 1 GB is refused before it is sent', async () => {
    const answer = await exchange(
      request('PUT', `${BASE}/body`, ['Content-Length: 1073741824'], '{"remark":'),
    );
    expect(answer).toMatch(/^HTTP\/1\.1 413 /);
    expect(answer).toContain('"error_code":"APIGW.0201"');
    await expectUnharmed();
  });

  it('that goes on and on in chunks is refused at 12 MB, in flat memory, and the answer arrives', async () => {
    const connection = openConnection(port);
    connection.send(request('PUT', `${BASE}/body`, ['Transfer-Encoding: chunked']));
    const before = process.memoryUsage().rss;
    const chunk = Buffer.alloc(1024 * 1024, 0x20);
    for (let sent = 0; sent < 40 && !connection.socket.destroyed; sent++) {
      connection.send('100000\r\n');
      connection.send(chunk);
      connection.send('\r\n');
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(await connection.untilText('"}')).toMatch(/^HTTP\/1\.1 413 [\s\S]*"error_code":"APIGW\.0201"/);
    expect(process.memoryUsage().rss - before).toBeLessThan(150 * 1024 * 1024);
    await expectUnharmed();
  });

  it('may be cut off by its sender', async () => {
    for (let n = 0; n < 5; n++) {
      const connection = openConnection(port);
      connection.send(request('PUT', `${BASE}/body`, ['Content-Length: 100'], '{"rem'));
      connection.socket.destroySoon();
      await connection.untilClosed();
    }
    await expectUnharmed();
  });
});

describe('a connection', () => {
  it('serves one request after the other, also behind a body that nobody read', async () => {
    const connection = openConnection(port);
    connection.send(request('POST', `${BASE}/nothing`, ['Content-Length: 5'], 'a=b&c'));
    expect(await connection.untilText('\r\n\r\n')).toMatch(/^HTTP\/1\.1 200 [\s\S]*content-length: 0/i);
    connection.send(request('GET', '/healthz'));
    expect(await connection.untilText('"ok"')).toContain('{"status":"ok"}');
    connection.send(request('PUT', `${BASE}/body`, ['Content-Length: 0']));
    expect(await connection.untilText('{}')).toContain('{}');
  });

  it('with a PUT of Content-Length 0 is an empty body', async () => {
    const response = await app.inject({
      method: 'PUT',
      url: `${BASE}/body`,
      headers: { 'x-auth-token': token, 'content-length': '0' },
    });
    expect(response.json()).toEqual({});
  });
});
