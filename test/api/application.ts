/**
 * The application as tests drive it: over a real database with a first start done, with endpoints of the test's own, a
 * clock that stands until it is moved, and its log kept.
 */
import { createHash, createHmac } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import type { FastifyInstance } from 'fastify';
import type { Response } from 'light-my-request';
import { afterAll } from 'vitest';
import { type AppParts, buildApp } from '../../src/api/app.ts';
import { createAuthenticator, FACTS_AGE_MAX_MS } from '../../src/api/authenticate.ts';
import { type Endpoint, projectEndpoint } from '../../src/api/endpoint.ts';
import { iamEndpoints } from '../../src/api/iam/iam-endpoints.ts';
import type { RequestLine } from '../../src/api/request-context.ts';
import { queryInteger, queryText, queryTextList, queryWord } from '../../src/api/strict-query.ts';
import { bootstrapIdentity } from '../../src/identity/bootstrap.ts';
import { createLoginLimiter } from '../../src/identity/login-limiter.ts';
import { hashPassword } from '../../src/identity/password.ts';
import type { Grant } from '../../src/identity/rights.ts';
import { secretKeyOf } from '../../src/identity/secret-key.ts';
import { canonicalRequest } from '../../src/identity/signature.ts';
import { newAccessKey, newId } from '../../src/identity/token.ts';
import type { Database } from '../../src/store/database.ts';
import { bootstrapExclusively } from '../../src/store/identity/bootstrap-exclusively.ts';
import { createUser } from '../../src/store/identity/create-user.ts';
import { openIdentityStore } from '../../src/store/identity/open-identity-store.ts';
import { saveGrant } from '../../src/store/identity/save-grant.ts';
import { testDatabase } from '../database.ts';

export const ADMIN_PASSWORD = 'correct horse battery';
export const REGION = 'cn-north-4';

/** The moment at which the test's clock starts. */
export const START_MS = Date.UTC(2026, 0, 2, 3, 4, 5);

export interface TestUser {
  readonly id: string;
  readonly name: string;
  readonly password: string;
}

export interface KeyPair {
  readonly accessKey: string;
  readonly secretKey: string;
}

export interface TestApplication {
  readonly app: FastifyInstance;
  readonly database: Database;
  readonly projectId: string;
  readonly domainId: string;
  readonly clock: { now: number };
  readonly log: RequestLine[];
  /** Lets what the authenticator remembers grow old. */
  readonly letFactsAge: () => void;
  readonly addUser: (name: string, grants: readonly Grant[]) => Promise<TestUser>;
  readonly addAccessKey: (userId: string) => Promise<KeyPair>;
  /** A token for the project of the test, or with `scope` null for the domain. */
  readonly logIn: (user: Pick<TestUser, 'name' | 'password'>, scope?: object | null) => Promise<string>;
  readonly admin: TestUser;
}

/** To be called while a test file is loaded, as `testDatabase` is. */
export async function testApplication(
  options: {
    readonly endpoints?: readonly Endpoint[] | ((database: Database) => readonly Endpoint[]);
    readonly timeouts?: AppParts['timeouts'];
  } = {},
): Promise<TestApplication> {
  const { database } = await testDatabase();
  const clock = { now: START_MS };
  const now = () => clock.now;
  const first = await bootstrapIdentity(bootstrapExclusively(database), {
    password: ADMIN_PASSWORD,
    projectName: REGION,
    now: START_MS,
  });
  if (first === undefined) throw new Error('the database of this test is not new');
  const identity = openIdentityStore(database);
  const secretKey = secretKeyOf(Buffer.alloc(32, 7));
  const authenticator = createAuthenticator({ identity, openSecretKey: secretKey.open, now });
  const loginLimiter = createLoginLimiter(now);
  const log: RequestLine[] = [];
  const publicUrl = () => 'https://parapet.example.test';
  const app = buildApp({
    authenticator,
    endpoints: [
      ...iamEndpoints({ identity, authenticator, loginLimiter, secretKey, publicUrl, now }),
      ...(typeof options.endpoints === 'function' ? options.endpoints(database) : (options.endpoints ?? [])),
    ],
    readiness: [{ name: 'database', check: async () => void (await database.query('SELECT 1')) }],
    log: (line) => log.push(line),
    ...(options.timeouts === undefined ? {} : { timeouts: options.timeouts }),
  });
  afterAll(() => app.close());
  const passwordHash = await hashPassword('password of every test user');

  async function logIn(user: Pick<TestUser, 'name' | 'password'>, scope?: object | null): Promise<string> {
    const response = await app.inject({
      method: 'POST',
      url: '/v3/auth/tokens',
      payload: loginBody(user, scope === undefined ? { project: { name: REGION } } : scope),
    });
    return headerOf(response, 'x-subject-token');
  }

  return {
    app,
    database,
    projectId: first.projectId,
    domainId: first.domainId,
    clock,
    log,
    admin: { id: first.userId, name: 'admin', password: ADMIN_PASSWORD },
    letFactsAge: () => {
      clock.now += FACTS_AGE_MAX_MS;
    },
    addUser: async (name, grants) => {
      const user = { id: newId(), name, password: 'password of every test user' };
      await createUser(database, { ...user, domainId: first.domainId, passwordHash, createdAt: START_MS });
      for (const grant of grants) await saveGrant(database, { userId: user.id, grant, grantedAt: START_MS });
      return user;
    },
    addAccessKey: async (userId) => {
      const pair = newAccessKey();
      await identity.saveAccessKey({
        accessKey: pair.accessKey,
        userId,
        sealedSecretKey: secretKey.seal(pair.secretKey, pair.accessKey),
        description: '',
        createdAt: START_MS,
      });
      return pair;
    },
    logIn,
  };
}

/** The body of `POST /v3/auth/tokens`; `scope` null leaves it out. */
export function loginBody(user: Pick<TestUser, 'name' | 'password'>, scope: object | null): object {
  return {
    auth: {
      identity: {
        methods: ['password'],
        password: { user: { name: user.name, password: user.password, domain: { name: 'parapet' } } },
      },
      ...(scope === null ? {} : { scope }),
    },
  };
}

/** An endpoint that answers what it was asked, with the tolerances of the server view. */
export const echoEndpoint = projectEndpoint({
  operation: 'EchoQuery',
  method: 'GET',
  url: '/v5/:project_id/echo',
  right: 'read',
  summary: 'Answers what it was asked.',
  query: {
    enterprise_project_id: queryText({ min: 1, max: 256 }),
    limit: queryInteger({ min: 1, max: 200, default: 10 }),
    offset: queryInteger({ min: 0, max: 2_000_000, default: 0 }),
    host_name: queryText({ min: 1, max: 64 }),
    severity_level: queryWord(['High', 'Medium', 'Low', 'Security']),
    host_id_list: queryTextList({ charactersMax: 1_850 }),
  },
  handler: async ({ query, resolveScope, caller, project }) => ({
    json: {
      query,
      scope: resolveScope(query.enterprise_project_id),
      user: caller.userName,
      project: project.name,
    },
  }),
});

/** Starts listening on a free port of the loopback; returns `http://127.0.0.1:PORT`. */
export async function listenOnLoopback(
  app: FastifyInstance,
): Promise<{ readonly url: string; readonly port: number }> {
  await app.listen({ host: '127.0.0.1', port: 0 });
  const address = app.server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${address.port}`, port: address.port };
}

/** The headers with which a request is signed, as the vendor's clients do it. */
export function signedHeaders(
  key: KeyPair,
  request: {
    readonly method: string;
    readonly target: string;
    readonly body?: string;
    readonly atMs?: number;
  },
): Record<string, string> {
  const sdkDate = new Date(request.atMs ?? START_MS).toISOString().replace(/[-:]|\.\d+/g, '');
  const headers: Record<string, string> = { host: 'localhost:80', 'x-sdk-date': sdkDate };
  const names = ['host', 'x-sdk-date'];
  const body = Buffer.from(request.body ?? '');
  const canonical = canonicalRequest(
    { method: request.method, target: request.target, headers, body },
    names,
  );
  const hash = createHash('sha256').update(canonical, 'latin1').digest('hex');
  const signature = createHmac('sha256', key.secretKey)
    .update(`SDK-HMAC-SHA256\n${sdkDate}\n${hash}`)
    .digest('hex');
  return {
    ...headers,
    authorization: `SDK-HMAC-SHA256 Access=${key.accessKey}, SignedHeaders=${names.join(';')}, Signature=${signature}`,
  };
}

export function headerOf(response: Response, name: string): string {
  const value = response.headers[name];
  return typeof value === 'string' ? value : '';
}

/** The code of a failed answer, in whichever of the three forms it came. */
export function errorCodeOf(response: Response): string {
  const body: { readonly error_code?: string } = response.json();
  return `${response.statusCode} ${body.error_code ?? ''}`;
}
