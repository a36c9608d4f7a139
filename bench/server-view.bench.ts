/**
 * `bench server-view`: the server view over HTTP, answered from the store, with the load from a second process: random
 * filters and offsets, limit 10 and 200, against the same application sending the same bytes from one ready buffer.
 */
import { spawn } from 'node:child_process';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { buildApp } from '../src/api/app.ts';
import { createAuthenticator } from '../src/api/authenticate.ts';
import { projectEndpoint } from '../src/api/endpoint.ts';
import { listVulHostHosts } from '../src/api/hss/list-vul-host-hosts.ts';
import { hashSecret, newSecret } from '../src/identity/token.ts';
import type { Database } from '../src/store/database.ts';
import { createDomain } from '../src/store/identity/create-domain.ts';
import { createProject } from '../src/store/identity/create-project.ts';
import { createUser } from '../src/store/identity/create-user.ts';
import { openIdentityStore } from '../src/store/identity/open-identity-store.ts';
import { saveGrant } from '../src/store/identity/save-grant.ts';
import { saveToken } from '../src/store/identity/save-token.ts';
import { listServersInSql } from '../src/store/server-view/list-servers.ts';
import { vulnerabilityDictionary } from '../src/store/vulnerability-dictionary.ts';
import { openBenchStore } from './bench-store.ts';
import { FLEET_PROJECT, writeFleet } from './fleet.ts';
import type { BenchOptions, Figures } from './main.ts';

const SERVERS_DEFAULT = 100_000;
const SERVERS_PER_INVENTORY = 10;
const CONNECTIONS = 4;
const LOAD_SECONDS = 8;
const DAY_MS = 24 * 60 * 60 * 1000;

export async function serverViewBench({ servers = SERVERS_DEFAULT, note }: BenchOptions): Promise<Figures> {
  const bench = await openBenchStore();
  const { database } = bench.store;
  try {
    const distinctInventories = Math.max(1, Math.round(servers / SERVERS_PER_INVENTORY));
    note(`writing ${servers} servers with ${distinctInventories} distinct inventories`);
    await writeFleet(database, { servers, distinctInventories }, (done) => {
      if (done % 20_000 === 0) note(`  ${done}`);
    });
    const token = await makeToken(database);
    const service = await listen(database, token);
    try {
      return { servers, distinct_inventories: distinctInventories, ...(await measure(service, note)) };
    } finally {
      await service.close();
    }
  } finally {
    await bench.close();
  }
}

interface Service {
  readonly port: number;
  readonly token: string;
  /** What the ready endpoint sends from now on. */
  readonly setReady: (bytes: Buffer) => void;
  readonly close: () => Promise<void>;
}

async function makeToken(database: Database): Promise<string> {
  const now = Date.now();
  const token = newSecret('token');
  await database.transaction(async (tx) => {
    await createDomain(tx, { id: 'bench', name: 'bench', createdAt: now });
    await createProject(tx, { id: FLEET_PROJECT, domainId: 'bench', name: 'bench', createdAt: now });
    await createUser(tx, {
      id: 'bench',
      domainId: 'bench',
      name: 'bench',
      passwordHash: '-',
      createdAt: now,
    });
    await saveGrant(tx, { userId: 'bench', grant: { role: 'read' }, grantedAt: now });
    await saveToken(tx, {
      hash: hashSecret(token),
      userId: 'bench',
      projectId: FLEET_PROJECT,
      issuedAt: now,
      expiresAt: now + DAY_MS,
    });
  });
  return token;
}

async function listen(database: Database, token: string): Promise<Service> {
  let ready: Buffer = Buffer.alloc(0);
  const app = buildApp({
    authenticator: createAuthenticator({
      identity: openIdentityStore(database),
      openSecretKey: () => '',
      now: Date.now,
    }),
    endpoints: [
      listVulHostHosts(listServersInSql(database, vulnerabilityDictionary(database))),
      projectEndpoint({
        operation: 'SendReady',
        method: 'GET',
        url: '/v5/:project_id/ready',
        right: 'read',
        summary: 'Sends the bytes that are ready',
        handler: () => ({ bytes: ready }),
      }),
    ],
    readiness: [],
    log: () => undefined,
  });
  await app.listen({ host: '127.0.0.1', port: 0 });
  return {
    port: (app.server.address() as AddressInfo).port,
    token,
    setReady: (bytes) => {
      ready = bytes;
    },
    close: async () => void (await app.close()),
  };
}

async function measure(service: Service, note: (text: string) => void): Promise<Figures> {
  const figures: Record<string, number> = {};
  for (const limit of [10, 200]) {
    const sample = await fetch(`http://127.0.0.1:${service.port}${viewPath(`limit=${limit}&offset=0`)}`, {
      headers: { 'x-auth-token': service.token },
    });
    service.setReady(Buffer.from(await sample.arrayBuffer()));
    note(`limit ${limit}: load on the view, then on the ready buffer`);
    const view = await load(service, { path: viewPath(''), mode: 'random', limit });
    const readyLoad = await load(service, { path: `/v5/${FLEET_PROJECT}/ready`, mode: 'plain', limit });
    figures[`requests_per_second_limit_${limit}`] = view.requestsPerSecond;
    figures[`p99_ms_limit_${limit}`] = view.p99Ms;
    figures[`ratio_ready_bytes_limit_${limit}`] = view.requestsPerSecond / readyLoad.requestsPerSecond;
  }
  note('depth: offset 0 against the deepest page');
  const shallow = await load(service, { path: viewPath('limit=10&offset=0'), mode: 'plain', limit: 10 });
  const deep = await load(service, { path: viewPath(''), mode: 'deep', limit: 10 });
  figures['ratio_depth_p99'] = deep.p99Ms / shallow.p99Ms;
  figures['rss_mb'] = process.memoryUsage().rss / 1024 ** 2;
  return figures;
}

function viewPath(query: string): string {
  return `/v5/${FLEET_PROJECT}/vulnerability/host/hosts?enterprise_project_id=all_granted_eps&${query}`;
}

interface Load {
  readonly path: string;
  readonly mode: 'random' | 'plain' | 'deep';
  readonly limit: number;
}

/** Runs bench/http-load.ts in a process of its own. */
async function load(
  service: Service,
  what: Load,
): Promise<{ readonly requestsPerSecond: number; readonly p99Ms: number }> {
  const script = fileURLToPath(new URL('./http-load.ts', import.meta.url));
  const child = spawn(process.execPath, [script], { stdio: ['pipe', 'pipe', 'inherit'] });
  child.stdin.end(
    JSON.stringify({
      ...what,
      port: service.port,
      token: service.token,
      connections: CONNECTIONS,
      seconds: LOAD_SECONDS,
    }),
  );
  let out = '';
  child.stdout.on('data', (chunk: Buffer) => {
    out += chunk.toString();
  });
  const code = await new Promise<number | null>((resolve) => child.on('exit', resolve));
  if (code !== 0) throw new Error(`the load ended with exit code ${code}`);
  return JSON.parse(out) as { requestsPerSecond: number; p99Ms: number };
}
