import { describe, expect, it } from 'vitest';
import { deleteUser } from '../../src/store/identity/delete-user.ts';
import { setUserEnabled } from '../../src/store/identity/set-user-enabled.ts';
import { setUserPassword } from '../../src/store/identity/set-user-password.ts';
import {
  echoEndpoint,
  errorCodeOf,
  headerOf,
  loginBody,
  REGION,
  START_MS,
  testApplication,
} from './application.ts';

const test = await testApplication({ endpoints: [echoEndpoint] });
const { app, projectId, admin } = test;

function echo(token: string | undefined, project = projectId) {
  return app.inject({
    method: 'GET',
    url: `/v5/${project}/echo`,
    ...(token === undefined ? {} : { headers: { 'x-auth-token': token } }),
  });
}

function tokens(method: 'GET' | 'HEAD' | 'DELETE', token: string, subject?: string) {
  return app.inject({
    method,
    url: '/v3/auth/tokens?nocatalog=1',
    headers: { 'x-auth-token': token, ...(subject === undefined ? {} : { 'x-subject-token': subject }) },
  });
}

function post(payload: object | string, remoteAddress = '192.0.2.77') {
  return app.inject({
    method: 'POST',
    url: '/v3/auth/tokens',
    headers: { 'content-type': 'application/json' },
    payload,
    remoteAddress,
  });
}

describe('a token', () => {
  it('is issued for name and password as the contract shows it', async () => {
    const response = await post(loginBody(admin, { project: { name: REGION } }));
    expect(response.statusCode).toBe(201);
    expect(headerOf(response, 'x-subject-token')).toMatch(/^[\w-]{40,}$/);
    expect(headerOf(response, 'x-request-id')).toMatch(/^[0-9a-f]{32}$/);
    const domain = { id: test.domainId, name: 'parapet' };
    const endpoint = (id: string, url: string) => ({
      id,
      interface: 'public',
      region: REGION,
      region_id: REGION,
      url,
    });
    const base = 'https://parapet.example.test';
    expect(response.json()).toEqual({
      token: {
        methods: ['password'],
        issued_at: '2026-01-02T03:04:05.000000Z',
        expires_at: '2026-01-03T03:04:05.000000Z',
        user: { id: admin.id, name: 'admin', domain, password_expires_at: '' },
        project: { id: projectId, name: REGION, domain },
        roles: [{ id: '0', name: 'hss_admin' }],
        catalog: [
          { id: 'iam', name: 'iam', type: 'iam', endpoints: [endpoint('iam', `${base}/v3`)] },
          { id: 'hss', name: 'hss', type: 'hss', endpoints: [endpoint('hss', `${base}/v5/${projectId}`)] },
        ],
      },
    });
  });

  it('is of the domain without a scope, leaves the catalog out on demand, and takes ids for names', async () => {
    const response = await app.inject({
      method: 'POST',
      url: '/v3/auth/tokens?nocatalog=true',
      payload: {
        auth: {
          identity: {
            methods: ['password'],
            password: { user: { id: admin.id, password: admin.password, domain: { id: test.domainId } } },
          },
        },
      },
    });
    expect(response.statusCode).toBe(201);
    const { token } = response.json<{ token: Record<string, unknown> }>();
    expect(token['domain']).toEqual({ id: test.domainId, name: 'parapet' });
    expect(token).not.toHaveProperty('project');
    expect(token).not.toHaveProperty('catalog');
    expect((await echo(headerOf(response, 'x-subject-token'))).statusCode).toBe(200);
  });

  it('opens the project it was issued for', async () => {
    const response = await echo(await test.logIn(admin));
    expect(response.json()).toMatchObject({ user: 'admin', project: REGION, scope: ['0'] });
    expect(response.headers['content-type']).toBe('application/json');
  });

  it('ends after 24 hours, and says when it did', async () => {
    const token = await test.logIn(admin);
    test.clock.now = START_MS + 24 * 60 * 60_000 - 1;
    expect((await echo(token)).statusCode).toBe(200);
    test.clock.now = START_MS + 24 * 60 * 60_000;
    const response = await echo(token);
    expect(errorCodeOf(response)).toBe('401 APIGW.0301');
    expect(response.json()).toMatchObject({
      error_msg:
        'Incorrect IAM authentication information: token expires, expires_at: 2026-01-03T03:04:05.000Z',
      request_id: headerOf(response, 'x-request-id'),
    });
    test.clock.now = START_MS;
  });

  it('is asked for where there is none, and refused where it is unknown', async () => {
    const missing = await echo(undefined);
    expect(errorCodeOf(missing)).toBe('401 APIGW.0301');
    expect(missing.json<{ error_msg: string }>().error_msg).toContain('x-auth-token not found');
    for (const token of ['x', 'MIIE'.repeat(8_000), 'ünïcode']) {
      expect(errorCodeOf(await echo(token)), token.slice(0, 10)).toBe('401 APIGW.0301');
    }
    expect((await echo('x')).json<{ error_msg: string }>().error_msg).toContain('decrypt token fail');
  });

  it('opens no other project, existing or not', async () => {
    const token = await test.logIn(admin);
    for (const project of ['0'.repeat(32), '%7Bproject_id%7D', 'a%00b', "'--", 'x'.repeat(256)]) {
      expect(errorCodeOf(await echo(token, project)), project).toBe('403 APIGW.0302');
    }
  });

  it('is looked at with GET and HEAD by its holder, and not by others', async () => {
    const token = await test.logIn(admin);
    const reader = await test.addUser('reader of tokens', [{ role: 'read' }]);
    const readers = await test.logIn(reader);
    const own = await tokens('GET', readers, readers);
    expect(own.statusCode).toBe(200);
    expect(headerOf(own, 'x-subject-token')).toBe(readers);
    expect(own.json()).toMatchObject({
      token: { user: { name: 'reader of tokens' }, project: { id: projectId } },
    });
    const head = await tokens('HEAD', readers, readers);
    expect([head.statusCode, head.body]).toEqual([200, '']);
    expect((await tokens('GET', token, readers)).statusCode).toBe(200);
    const foreign = await tokens('GET', readers, token);
    expect(foreign.statusCode).toBe(404);
    expect(foreign.json()).toMatchObject({ error: { code: 404, title: 'Not Found' } });
    expect((await tokens('GET', readers, 'unknown')).body).toBe(foreign.body);
    expect((await tokens('GET', 'unknown', readers)).statusCode).toBe(401);
    expect((await tokens('GET', readers)).statusCode).toBe(400);
  });

  it('is revoked at once by DELETE', async () => {
    const token = await test.logIn(admin);
    expect((await echo(token)).statusCode).toBe(200);
    expect((await tokens('DELETE', token, token)).statusCode).toBe(204);
    expect(errorCodeOf(await echo(token))).toBe('401 APIGW.0307');
    expect((await tokens('DELETE', token, token)).statusCode).toBe(401);
  });

  it('ends when its user is disabled, deleted or given another password', async () => {
    const end = {
      disabled: (userId: string) => setUserEnabled(test.database, { userId, enabled: false }),
      deleted: (userId: string) => deleteUser(test.database, userId),
      changed: (userId: string) => setUserPassword(test.database, { userId, passwordHash: 'none' }),
    };
    for (const [name, action] of Object.entries(end)) {
      const user = await test.addUser(`user to be ${name}`, [{ role: 'read' }]);
      const token = await test.logIn(user);
      expect((await echo(token)).statusCode).toBe(200);
      expect(await action(user.id)).toBe(true);
      test.letFactsAge();
      expect(errorCodeOf(await echo(token)), name).toMatch(/^401 APIGW\.030[17]$/);
      expect(await test.logIn(user), name).toBe('');
    }
  });
});

describe('a login', () => {
  it('with a wrong password, an unknown user or an unknown domain gets one and the same answer', async () => {
    const wrong = await post(loginBody({ name: 'admin', password: 'wrong' }, null), '192.0.2.1');
    expect(wrong.statusCode).toBe(401);
    expect(wrong.json()).toMatchObject({
      error: { code: 401, message: 'The username or password is wrong.', title: 'Unauthorized' },
    });
    const unknown = await post(loginBody({ name: 'nobody', password: 'wrong' }, null), '192.0.2.1');
    expect(unknown.body).toBe(wrong.body);
    const foreign = loginBody(admin, null);
    const body = JSON.stringify(foreign).replace('"parapet"', '"elsewhere"');
    expect((await post(body, '192.0.2.1')).body).toBe(wrong.body);
  });

  it('is braked after some failures, even with the right password', async () => {
    const user = await test.addUser('guessed', [{ role: 'read' }]);
    const wrong = loginBody({ name: 'guessed', password: 'wrong' }, null);
    for (let failure = 0; failure < 5; failure++)
      expect((await post(wrong, '192.0.2.9')).statusCode).toBe(401);
    const braked = await post(loginBody(user, null), '192.0.2.9');
    expect(errorCodeOf(braked)).toBe('429 APIGW.0308');
    expect(headerOf(braked, 'retry-after')).toBe('12');
    expect((await post(loginBody(user, null), '192.0.2.10')).statusCode).toBe(201);
  });

  it('for a project without rights, an unknown project or another domain is 403', async () => {
    const user = await test.addUser('without rights', []);
    const answers = [
      await post(loginBody(user, { project: { name: REGION } })),
      await post(loginBody(user, { project: { id: projectId } })),
      await post(loginBody(admin, { project: { name: 'no-such-region' } })),
      await post(loginBody(admin, { project: { name: REGION, domain: { name: 'other' } } })),
      await post(loginBody(admin, { domain: { name: 'other' } })),
    ];
    expect(answers.map(({ statusCode }) => statusCode)).toEqual([403, 403, 403, 403, 403]);
    expect(answers[0]?.body).toBe(answers[2]?.body);
  });

  it.each([
    ['no body', ''],
    ['no JSON', '{"auth":'],
    ['another method', { auth: { identity: { methods: ['totp'] } } }],
    ['no password part', { auth: { identity: { methods: ['password'] } } }],
    ['no user', { auth: { identity: { methods: ['password'], password: { user: { password: 'x' } } } } }],
    [
      'a number for a name',
      { auth: { identity: { methods: ['password'], password: { user: { name: 1, password: 'x' } } } } },
    ],
    [
      'a name without a domain',
      { auth: { identity: { methods: ['password'], password: { user: { name: 'a', password: 'x' } } } } },
    ],
  ])('with %s is 400 in the form of Keystone', async (_name, body) => {
    const response = await post(body);
    expect(response.statusCode).toBe(400);
    const { error } = response.json<{ error: { code: number; message: string; title: string } }>();
    expect(error).toMatchObject({ code: 400, title: 'Bad Request' });
    expect(error.message).not.toBe('');
  });

  it('never shows what was sent as a password in its log', async () => {
    await post(loginBody({ name: 'admin', password: 'hunter2-hunter2' }, null), '192.0.2.33');
    expect(JSON.stringify(test.log)).not.toContain('hunter2');
    expect(test.log.at(-1)).toMatchObject({
      method: 'POST',
      path: '/v3/auth/tokens',
      status: 401,
      error: 'login-failed',
    });
  });
});
