import { describe, expect, it } from 'vitest';
import { accountEndpoint, projectEndpoint } from '../../src/api/endpoint.ts';
import { setUserEnabled } from '../../src/store/identity/set-user-enabled.ts';
import {
  echoEndpoint,
  errorCodeOf,
  type KeyPair,
  START_MS,
  signedHeaders,
  testApplication,
} from './application.ts';

const bodyEndpoint = projectEndpoint({
  operation: 'EchoBody',
  method: 'PUT',
  url: '/v5/:project_id/body',
  right: 'operate',
  summary: 'Answers how many bytes it was sent.',
  handler: async ({ rawBody }) => ({ json: { bytes: (await rawBody()).length } }),
});
const deleteEndpoint = accountEndpoint({
  operation: 'EchoDelete',
  method: 'DELETE',
  url: '/v3/echo',
  summary: 'Answers who asked.',
  handler: ({ caller }) => ({ json: { user: caller.userName } }),
});

const test = await testApplication({ endpoints: [echoEndpoint, bodyEndpoint, deleteEndpoint] });
const { app, projectId, admin } = test;
const ECHO = `/v5/${projectId}/echo`;

function send(
  key: KeyPair,
  request: { method?: 'GET' | 'PUT' | 'DELETE'; target?: string; body?: string; atMs?: number },
  change: Record<string, string> = {},
) {
  const { method = 'GET', target = ECHO, body } = request;
  const headers = signedHeaders(key, { ...request, method, target, atMs: request.atMs ?? test.clock.now });
  return app.inject({
    method,
    url: target,
    headers: { ...headers, ...change },
    ...(body === undefined ? {} : { payload: body }),
  });
}

describe('a request signed with an access key', () => {
  it('is answered as with a token, whatever order and encoding its query has', async () => {
    const key = await test.addAccessKey(admin.id);
    const response = await send(key, {
      target: `${ECHO}?limit=5&host_name=web+a%2Bb%2f%C3%BC*~&x&machine_type=a`,
    });
    expect(response.json()).toMatchObject({ user: 'admin', query: { limit: 5, host_name: 'web a+b/ü*~' } });
  });

  it('may bring a JSON body with GET and DELETE, as the Node client does', async () => {
    const key = await test.addAccessKey(admin.id);
    expect((await send(key, { body: '{}' })).statusCode).toBe(200);
    expect((await send(key, { method: 'DELETE', target: '/v3/echo', body: '{}' })).json()).toEqual({
      user: 'admin',
    });
    const headers = signedHeaders(key, { method: 'GET', target: ECHO, body: '{}' });
    expect(errorCodeOf(await app.inject({ method: 'GET', url: ECHO, headers, payload: '{ }' }))).toBe(
      '401 APIGW.0301',
    );
  });

  it('covers its body', async () => {
    const key = await test.addAccessKey(admin.id);
    const target = `/v5/${projectId}/body`;
    expect((await send(key, { method: 'PUT', target, body: '{"a":1}' })).json()).toEqual({ bytes: 7 });
    const headers = signedHeaders(key, { method: 'PUT', target, body: '{"a":1}' });
    const changed = await app.inject({ method: 'PUT', url: target, headers, payload: '{"a":2}' });
    expect(errorCodeOf(changed)).toBe('401 APIGW.0301');
  });

  it('that does not fit is told the canonical request, newlines as bars, and no secret', async () => {
    const key = await test.addAccessKey(admin.id);
    const response = await send({ ...key, secretKey: 'another' }, { target: `${ECHO}?b=2&a=1` });
    expect(errorCodeOf(response)).toBe('401 APIGW.0301');
    const { error_msg: message } = response.json<{ error_msg: string }>();
    expect(message).toContain('verify aksk signature fail, canonicalRequest:GET|');
    expect(message).toContain(
      `|${ECHO}/|a=1&b=2|host:localhost:80|x-sdk-date:20260102T030405Z||host;x-sdk-date|e3b0c442`,
    );
    expect(message).not.toContain(key.secretKey);
  });

  it('is refused 15 minutes from the clock, with an unknown key, and in another algorithm', async () => {
    const key = await test.addAccessKey(admin.id);
    const late = await send(key, { atMs: START_MS - 15 * 60_000 - 1_000 });
    expect([errorCodeOf(late), late.body]).toEqual([
      '401 APIGW.0301',
      expect.stringContaining('signature expired'),
    ]);
    const unknown = await send({ ...key, accessKey: 'NOSUCHKEY' }, {});
    expect([errorCodeOf(unknown), unknown.body]).toEqual([
      '401 APIGW.0301',
      expect.stringContaining('Get secretKey failed,ak:NOSUCHKEY,err:ak not exist'),
    ]);
    for (const authorization of [
      'V11-HMAC-SHA256 Credential=a/20260102/r/hss, SignedHeaders=host, Signature=00',
      'Basic eDp5',
      'x',
    ]) {
      expect(errorCodeOf(await send(key, {}, { authorization })), authorization).toBe('401 APIGW.0305');
    }
  });

  it('is refused when its key is deleted or its user disabled', async () => {
    const user = await test.addUser('signer', [{ role: 'read' }]);
    const key = await test.addAccessKey(user.id);
    const other = await test.addAccessKey(user.id);
    expect((await send(key, {})).statusCode).toBe(200);
    const token = await test.logIn(user);
    const deleted = await app.inject({
      method: 'DELETE',
      url: `/v3.0/OS-CREDENTIAL/credentials/${key.accessKey}`,
      headers: { 'x-auth-token': token },
    });
    expect(deleted.statusCode).toBe(204);
    expect(errorCodeOf(await send(key, {}))).toBe('401 APIGW.0301');
    await setUserEnabled(test.database, { userId: user.id, enabled: false });
    test.letFactsAge();
    expect(errorCodeOf(await send(other, {}))).toBe('401 APIGW.0301');
  });

  it('locks its key for five minutes after more than five failures in a row', async () => {
    const key = await test.addAccessKey(admin.id);
    const wrong = { ...key, secretKey: 'wrong' };
    for (let failure = 1; failure <= 5; failure++) await send(wrong, {});
    expect((await send(key, {})).statusCode).toBe(200);
    test.letFactsAge();
    for (let failure = 1; failure <= 6; failure++) {
      expect((await send(wrong, {})).body, String(failure)).toContain('verify aksk signature fail');
    }
    const locked = await send(key, {});
    expect([errorCodeOf(locked), locked.body]).toEqual([
      '401 APIGW.0301',
      expect.stringContaining('AK access failed to reach the limit,forbidden'),
    ]);
    test.clock.now += 5 * 60_000;
    expect((await send(key, {})).statusCode).toBe(200);
  });
});

describe('access keys', () => {
  it('are made, listed and deleted by their user, the secret shown once', async () => {
    const user = await test.addUser('key holder', [{ role: 'read' }]);
    const headers = { 'x-auth-token': await test.logIn(user) };
    const url = '/v3.0/OS-CREDENTIAL/credentials';
    const payload = { credential: { user_id: user.id, description: 'for scripts' } };
    const made = await app.inject({ method: 'POST', url, headers, payload });
    expect(made.statusCode).toBe(201);
    const { credential } = made.json<{ credential: { access: string; secret: string } }>();
    expect(credential).toMatchObject({ status: 'active', user_id: user.id, description: 'for scripts' });
    expect((await send({ accessKey: credential.access, secretKey: credential.secret }, {})).statusCode).toBe(
      200,
    );
    const listed = await app.inject({ method: 'GET', url, headers });
    expect(listed.json()).toMatchObject({ credentials: [{ access: credential.access, status: 'active' }] });
    expect(listed.body).not.toContain(credential.secret);
    const stored = await test.database.query<{ sealed_secret_key: Buffer }>(
      'SELECT sealed_secret_key FROM access_key',
    );
    expect(stored.some((row) => row.sealed_secret_key.includes(credential.secret))).toBe(false);
    const remove = () => app.inject({ method: 'DELETE', url: `${url}/${credential.access}`, headers });
    expect((await remove()).statusCode).toBe(204);
    expect((await remove()).statusCode).toBe(404);
  });

  it('of another user are out of reach', async () => {
    const user = await test.addUser('curious', [{ role: 'read' }]);
    const others = await test.addAccessKey(admin.id);
    const headers = { 'x-auth-token': await test.logIn(user) };
    const url = '/v3.0/OS-CREDENTIAL/credentials';
    const payload = { credential: { user_id: admin.id } };
    expect((await app.inject({ method: 'POST', url, headers, payload })).statusCode).toBe(403);
    expect((await app.inject({ method: 'GET', url: `${url}?user_id=${admin.id}`, headers })).statusCode).toBe(
      403,
    );
    expect(
      (await app.inject({ method: 'DELETE', url: `${url}/${others.accessKey}`, headers })).statusCode,
    ).toBe(404);
    expect((await send(others, {})).statusCode).toBe(200);
  });
});
