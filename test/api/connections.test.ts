import { readFileSync } from 'node:fs';
import { request } from 'node:https';
import { setImmediate } from 'node:timers/promises';
import { afterAll, describe, expect, it } from 'vitest';
import { buildApp } from '../../src/api/app.ts';
import { createAuthenticator } from '../../src/api/authenticate.ts';
import { openEndpoint } from '../../src/api/endpoint.ts';
import type { ReadinessPart } from '../../src/api/health.ts';
import { openIdentityStore } from '../../src/store/identity/open-identity-store.ts';
import { testDatabase } from '../database.ts';
import { listenOnLoopback } from './application.ts';
import { openConnection } from './raw-connection.ts';

const { database } = await testDatabase();
const identity = openIdentityStore(database);
const authenticator = createAuthenticator({ identity, openSecretKey: () => '', now: Date.now });

function appWith(parts: Partial<Parameters<typeof buildApp>[0]>) {
  return buildApp({ authenticator, endpoints: [], readiness: [], log: () => {}, ...parts });
}

describe('an application that closes', () => {
  it('finishes what is in flight, then ends the connection', async () => {
    let finish = () => {};
    let begun = () => {};
    const hasBegun = new Promise<void>((resolve) => {
      begun = resolve;
    });
    const slow = openEndpoint({
      operation: 'Slow',
      method: 'GET',
      url: '/slow',
      summary: 'Answers when it is told to.',
      handler: async () => {
        begun();
        await new Promise<void>((resolve) => {
          finish = resolve;
        });
        return { json: { done: true } };
      },
    });
    const app = appWith({ endpoints: [slow] });
    const { port } = await listenOnLoopback(app);
    const busy = openConnection(port);
    busy.send('GET /slow HTTP/1.1\r\nHost: a\r\n\r\n');
    await hasBegun;
    const closed = app.close();
    while (app.server.listening) await setImmediate();
    finish();
    const answer = await busy.untilText('true}');
    expect(answer).toMatch(/^HTTP\/1\.1 200 [\s\S]*\{"done":true\}$/);
    expect(answer.toLowerCase()).toContain('\r\nconnection: close\r\n');
    await closed;
  });
});

describe('an application with a certificate', () => {
  it('speaks HTTPS, with the same headers and errors', async () => {
    const tls = {
      cert: readFileSync(new URL('../fixtures/tls/cert.pem', import.meta.url), 'utf8'),
      key: readFileSync(new URL('../fixtures/tls/key.pem', import.meta.url), 'utf8'),
    };
    const app = appWith({ tls });
    afterAll(() => app.close());
    const { port } = await listenOnLoopback(app);
    const answer = await new Promise<{ status: number | undefined; requestId: unknown; body: string }>(
      (resolve, reject) => {
        const sent = request({ host: '127.0.0.1', port, path: '/v3/regions', ca: tls.cert }, (response) => {
          let body = '';
          response.on('data', (chunk: Buffer) => {
            body += chunk.toString();
          });
          response.on('end', () =>
            resolve({ status: response.statusCode, requestId: response.headers['x-request-id'], body }),
          );
        });
        sent.on('error', reject);
        sent.end();
      },
    );
    expect(answer).toMatchObject({ status: 404, requestId: expect.stringMatching(/^[0-9a-f]{32}$/) });
    expect(JSON.parse(answer.body)).toMatchObject({ error: { code: 404 }, error_code: 'APIGW.0101' });
  });
});

describe('readiness', () => {
  it('is 503 while a part is missing or fails, and names it', async () => {
    const parts: ReadinessPart[] = [
      { name: 'database', check: () => undefined },
      { name: 'view', check: () => 'loading' },
      { name: 'broken', check: () => Promise.reject(new Error('a detail')) },
      { name: 'advisories', informs: true, check: () => 'matching in progress' },
    ];
    const app = appWith({ readiness: parts });
    const response = await app.inject('/readyz');
    expect([response.statusCode, response.json()]).toEqual([
      503,
      {
        status: 'not ready',
        parts: [
          { name: 'database', state: 'ready' },
          { name: 'view', state: 'loading' },
          { name: 'broken', state: 'not ready' },
          { name: 'advisories', state: 'matching in progress' },
        ],
      },
    ]);
    expect((await app.inject('/healthz')).statusCode).toBe(200);
    expect((await appWith({ readiness: parts.slice(3) }).inject('/readyz')).statusCode).toBe(200);
  });
});
