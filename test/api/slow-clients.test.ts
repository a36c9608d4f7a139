import { describe, expect, it } from 'vitest';
import { listenOnLoopback, testApplication } from './application.ts';
import { openConnection } from './raw-connection.ts';

const test = await testApplication({ timeouts: { headersMs: 300, requestMs: 600, checkMs: 50 } });
const { port } = await listenOnLoopback(test.app);

describe('a slow client', () => {
  it('whose headers drip in one by one is given up', async () => {
    const connection = openConnection(port);
    connection.send('GET /healthz HTTP/1.1\r\nHost: a\r\n');
    const dripping = setInterval(() => connection.send('X-A: b\r\n'), 20);
    const answer = await connection.untilText('"}');
    clearInterval(dripping);
    expect(answer).toMatch(/^HTTP\/1\.1 408 [\s\S]*"error_code":"APIGW\.0602"/);
    expect((await test.app.inject('/healthz')).statusCode).toBe(200);
  });

  it('whose body never comes to an end is given up', async () => {
    const connection = openConnection(port);
    connection.send('POST /v3/auth/tokens HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n{"auth"');
    expect(await connection.untilText('"}')).toMatch(/^HTTP\/1\.1 408 [\s\S]*"error_code":"APIGW\.0602"/);
    expect((await test.app.inject('/healthz')).statusCode).toBe(200);
  });
});
