/** The service as an agent meets it: the real application on the loopback, over a real database with one feed. */
import { type AddressInfo, connect, createServer as createTcpServer, type Socket } from 'node:net';
import { afterAll } from 'vitest';
import { agentEndpoints } from '../../src/api/agent/agent-endpoints.ts';
import { buildApp } from '../../src/api/app.ts';
import { createAuthenticator } from '../../src/api/authenticate.ts';
import { bootstrapIdentity } from '../../src/identity/bootstrap.ts';
import type { EnrolmentDefaults } from '../../src/identity/identity-store.ts';
import { hashSecret, newId, newSecret } from '../../src/identity/token.ts';
import { importAdvisories } from '../../src/jobs/import-advisories.ts';
import type { CoverageClock } from '../../src/jobs/refresh-unknown.ts';
import type { ServerRow } from '../../src/server-view/server-view.ts';
import type { Database } from '../../src/store/database.ts';
import { bootstrapExclusively } from '../../src/store/identity/bootstrap-exclusively.ts';
import { openIdentityStore } from '../../src/store/identity/open-identity-store.ts';
import { saveEnrolmentToken } from '../../src/store/identity/save-enrolment-token.ts';
import { listServersInSql } from '../../src/store/server-view/list-servers.ts';
import { vulnerabilityDictionary } from '../../src/store/vulnerability-dictionary.ts';
import { listenOnLoopback } from '../api/application.ts';
import { testDatabase } from '../database.ts';
import { advisoryItem, clockAt, itemsOf, SYSTEMD } from '../jobs/fleet-fixture.ts';

export interface TestService {
  readonly url: string;
  readonly port: number;
  readonly database: Database;
  readonly projectId: string;
  /** Days after the fixtures' day; moved by tests. */
  readonly clock: { days: number; readonly now: () => CoverageClock };
  readonly addToken: (more?: {
    readonly defaults?: EnrolmentDefaults;
    readonly usesLeft?: number;
    readonly expiresAt?: number;
  }) => Promise<string>;
  readonly rows: () => Promise<readonly ServerRow[]>;
  readonly rowOf: (name: string) => Promise<ServerRow | undefined>;
}

/** To be called while a test file is loaded, as `testDatabase` is. */
export async function testService(
  options: {
    readonly tls?: { readonly cert: string; readonly key: string };
    readonly publicUrl?: string;
  } = {},
): Promise<TestService> {
  const { database } = await testDatabase();
  const clock = { days: 0, now: () => clockAt(clock.days) };
  const first = await bootstrapIdentity(bootstrapExclusively(database), {
    password: 'correct horse battery',
    projectName: 'cn-north-4',
    now: clock.now().now,
  });
  if (first === undefined) throw new Error('the database of this test is not new');
  await importAdvisories(database, () => itemsOf(advisoryItem(SYSTEMD)), clock.now());
  const authenticator = createAuthenticator({
    identity: openIdentityStore(database),
    openSecretKey: () => '',
    now: () => clock.now().now,
  });
  const app = buildApp({
    authenticator,
    endpoints: agentEndpoints({
      database,
      clock: clock.now,
      forgetAgents: authenticator.forget,
      countReport: () => undefined,
      batchFailed: () => undefined,
      publicUrl: () => options.publicUrl ?? `${options.tls === undefined ? 'http' : 'https'}://0.0.0.0:8080`,
      publicUrlIsConfigured: options.publicUrl !== undefined,
    }),
    readiness: [],
    log: () => {},
    ...(options.tls === undefined ? {} : { tls: options.tls }),
  });
  afterAll(() => app.close());
  const { port } = await listenOnLoopback(app);
  const listServers = listServersInSql(database, vulnerabilityDictionary(database));
  const { projectId } = first;
  const rows = async (nameContains?: string): Promise<readonly ServerRow[]> => {
    const filter = { projectId, enterpriseProjects: 'all', nameContains } as const;
    return (await listServers(filter, { offset: 0, limit: 100 })).rows;
  };
  return {
    url: `${options.tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}`,
    port,
    database,
    projectId,
    clock,
    addToken: async (more = {}) => {
      const secret = newSecret('enrol');
      const { defaults = {}, ...limits } = more;
      const token = {
        id: newId(),
        projectId,
        enterpriseProjectId: '0',
        name: 'test',
        defaults,
        createdAt: 0,
      };
      await saveEnrolmentToken(database, { token: { ...token, ...limits }, hash: hashSecret(secret) });
      return secret;
    },
    rows: () => rows(),
    rowOf: async (name) => (await rows(name)).find((row) => row.name === name),
  };
}

/** One connection that went through a `Wire`. */
export interface Passed {
  /** Everything the client sent, head and body. */
  sent: string;
  bytes: number;
}

export interface Wire {
  readonly url: string;
  readonly connections: Passed[];
  /** After so many bytes from the client it is cut off; undefined: never. */
  cutAfterBytes: number | undefined;
  readonly close: () => Promise<void>;
}

/** A wire to the service, at a free port or at `listenAt`, that counts what an agent sends and can be cut. */
export async function openWire(port: number, listenAt = 0): Promise<Wire> {
  const sockets = new Set<Socket>();
  const connections: Passed[] = [];
  const server = createTcpServer((client) => {
    const passed: Passed = { sent: '', bytes: 0 };
    connections.push(passed);
    const upstream = connect(port, '127.0.0.1');
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => {
        client.destroy();
        upstream.destroy();
      });
    }
    client.on('data', (chunk: Buffer) => {
      passed.bytes += chunk.length;
      passed.sent += chunk.toString('latin1');
      const { cutAfterBytes } = wire;
      if (cutAfterBytes !== undefined && passed.bytes > cutAfterBytes) {
        upstream.write(chunk.subarray(0, Math.max(0, chunk.length - (passed.bytes - cutAfterBytes))));
        client.destroy();
        upstream.end();
      } else {
        upstream.write(chunk);
      }
    });
    upstream.on('data', (chunk: Buffer) => client.write(chunk));
    upstream.on('end', () => client.end());
  });
  await new Promise<void>((resolve) => server.listen(listenAt, '127.0.0.1', resolve));
  const address = server.address() as AddressInfo;
  const close = () =>
    new Promise<void>((resolve) => {
      for (const socket of sockets) socket.destroy();
      server.close(() => resolve());
    });
  afterAll(close);
  const wire: Wire = {
    url: `http://127.0.0.1:${address.port}`,
    connections,
    cutAfterBytes: undefined,
    close,
  };
  return wire;
}
