/**
 * `bench server-view`: the server view over HTTP, answered from the read model, with the load from a second process: random
 * filters and offsets, limit 10 and 200, against the same application sending the same bytes from one ready buffer, and
 * against the same questions in SQL. Cold: what filters selected is forgotten before every question.
 */
import { spawn } from 'node:child_process';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { buildApp } from '../src/api/app.ts';
import { createAuthenticator } from '../src/api/authenticate.ts';
import { projectEndpoint } from '../src/api/endpoint.ts';
import { listVulHostHosts } from '../src/api/hss/list-vul-host-hosts.ts';
import { hashSecret, newSecret } from '../src/identity/token.ts';
import type { AnswerServers } from '../src/server-view/server-view.ts';
import { ServerViewModel } from '../src/server-view/server-view-model.ts';
import type { ShownVulnerabilities, ViewRecord } from '../src/server-view/view-record.ts';
import type { Database } from '../src/store/database.ts';
import { createDomain } from '../src/store/identity/create-domain.ts';
import { createProject } from '../src/store/identity/create-project.ts';
import { createUser } from '../src/store/identity/create-user.ts';
import { openIdentityStore } from '../src/store/identity/open-identity-store.ts';
import { saveGrant } from '../src/store/identity/save-grant.ts';
import { saveToken } from '../src/store/identity/save-token.ts';
import { listServersInSql } from '../src/store/server-view/list-servers.ts';
import { loadView } from '../src/store/server-view/load-view.ts';
import { VulnerabilityNames } from '../src/store/server-view/vulnerability-names.ts';
import { vulnerabilityDictionary } from '../src/store/vulnerability-dictionary.ts';
import { openBenchStore } from './bench-store.ts';
import { FLEET_PROJECT, writeFleet } from './fleet.ts';
import type { BenchOptions, Figures } from './main.ts';

const SERVERS_DEFAULT = 100_000;
const SERVERS_PER_INVENTORY = 10;
const CONNECTIONS = 4;
const LOAD_SECONDS = 2;
const TURNS = 4;
/** Questions in SQL take longer, so fewer are asked. */
const SQL_LIMIT = 10;
const BYTES_A_MIB = 1024 ** 2;
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
    const loaded = await loadModel(database);
    note(`the read model is loaded after ${(Number(loaded.figures['load_ms']) / 1000).toFixed(1)} s`);
    let isCold = true;
    const view = timed(async (filter, page) => {
      if (isCold) loaded.model.forgetSelections();
      return loaded.model.page(filter, page);
    });
    const sql = timed(listServersInSql(database, vulnerabilityDictionary(database)));
    const services = [
      await listen(database, token, view.answer),
      await listen(database, token, sql.answer),
    ] as const;
    try {
      const cold = await measure(services[0], '', note);
      const { mean_ms: viewMs } = await meanTime(services[0], view);
      isCold = false;
      const reused = await measure(services[0], '_reused', note);
      note('the same questions in SQL');
      const { mean_ms: sqlMs } = await meanTime(services[1], sql);
      return {
        servers,
        distinct_inventories: distinctInventories,
        ...loaded.figures,
        ...cold,
        ...reused,
        view_mean_ms: viewMs,
        sql_mean_ms: sqlMs,
        ratio_sql: sqlMs / viewMs,
        ...(await depth(services[0], note)),
        rss_mb: process.memoryUsage().rss / BYTES_A_MIB,
      };
    } finally {
      for (const service of services) await service.close();
    }
  } finally {
    await bench.close();
  }
}

/** The model of the bench's project, by COPY from the store. */
async function loadModel(
  database: Database,
): Promise<{ readonly model: ServerViewModel; readonly figures: Figures }> {
  const started = performance.now();
  const names = new VulnerabilityNames();
  const model = new ServerViewModel(FLEET_PROJECT, names.lookup);
  const sink = {
    beginLoad: () => undefined,
    learn: (shown: readonly ShownVulnerabilities[]) => {
      for (const one of shown) model.learn(one);
    },
    knows: () => false,
    add: (records: readonly ViewRecord[]) => {
      for (const record of records) model.add(record);
    },
    finishLoad: () => undefined,
    apply: () => undefined,
    beginComparing: () => undefined,
    compare: () => [],
    uncompared: () => [],
    failure: () => undefined,
  };
  await loadView(database, sink, {
    names,
    onProgress: () => undefined,
    signal: new AbortController().signal,
  });
  const copied = performance.now();
  await model.finishLoad();
  const ready = performance.now();
  await model.settled();
  const held = model.figures();
  return {
    model,
    figures: {
      load_ms: ready - started,
      finish_load_ms: ready - copied,
      encode_rest_ms: performance.now() - ready,
      distinct_lists: held.distinctLists,
      column_mb: held.columnBytes / BYTES_A_MIB,
      fragment_mb: held.fragmentBytes / BYTES_A_MIB,
    },
  };
}

interface Timed {
  readonly answer: AnswerServers;
  /** Mean time of an answer since the last call, without HTTP. */
  readonly takeMeanMs: () => number;
}

function timed(answer: AnswerServers): Timed {
  let spentMs = 0;
  let count = 0;
  return {
    answer: async (filter, page) => {
      const started = performance.now();
      const result = await answer(filter, page);
      spentMs += performance.now() - started;
      count += 1;
      return result;
    },
    takeMeanMs: () => {
      const mean = spentMs / Math.max(1, count);
      spentMs = 0;
      count = 0;
      return mean;
    },
  };
}

/** One connection, so that no question waits for another. */
async function meanTime(service: Service, what: Timed): Promise<{ readonly mean_ms: number }> {
  what.takeMeanMs();
  await load(service, { path: viewPath(''), mode: 'random', limit: SQL_LIMIT, connections: 1 });
  return { mean_ms: what.takeMeanMs() };
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

async function listen(database: Database, token: string, answer: AnswerServers): Promise<Service> {
  let ready: Buffer = Buffer.alloc(0);
  const app = buildApp({
    authenticator: createAuthenticator({
      identity: openIdentityStore(database),
      openSecretKey: () => '',
      now: Date.now,
    }),
    endpoints: [
      listVulHostHosts(answer),
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

/**
 * Random questions against the ready buffer, at both limits; names of the figures end in `suffix`. The two take turns, so
 * that what else the machine does meets both alike.
 */
async function measure(service: Service, suffix: string, note: (text: string) => void): Promise<Figures> {
  const figures: Record<string, number> = {};
  for (const limit of [10, 200]) {
    note(`limit ${limit}${suffix}: the view and a ready buffer of the same mean size, in turns`);
    const views: LoadFigures[] = [];
    const readies: LoadFigures[] = [];
    for (let turn = 0; turn < TURNS; turn += 1) {
      const view = await load(service, { path: viewPath(''), mode: 'random', limit });
      service.setReady(Buffer.alloc(view.bytesMean, 0x20));
      readies.push(await load(service, { path: `/v5/${FLEET_PROJECT}/ready`, mode: 'plain', limit }));
      views.push(view);
    }
    const perSecond = meanOf(views, 'requestsPerSecond');
    figures[`requests_per_second_limit_${limit}${suffix}`] = perSecond;
    figures[`p99_ms_limit_${limit}${suffix}`] = meanOf(views, 'p99Ms');
    figures[`body_bytes_mean_limit_${limit}${suffix}`] = meanOf(views, 'bytesMean');
    figures[`ratio_ready_bytes_limit_${limit}${suffix}`] = perSecond / meanOf(readies, 'requestsPerSecond');
  }
  return figures;
}

function meanOf(loads: readonly LoadFigures[], name: keyof LoadFigures): number {
  return loads.reduce((sum, figures) => sum + figures[name], 0) / loads.length;
}

async function depth(service: Service, note: (text: string) => void): Promise<Figures> {
  note('depth: offset 0 against the deepest page');
  const shallow: LoadFigures[] = [];
  const deep: LoadFigures[] = [];
  for (let turn = 0; turn < TURNS; turn += 1) {
    shallow.push(await load(service, { path: viewPath('limit=10&offset=0'), mode: 'plain', limit: 10 }));
    deep.push(await load(service, { path: viewPath(''), mode: 'deep', limit: 10 }));
  }
  return { ratio_depth_p99: meanOf(deep, 'p99Ms') / meanOf(shallow, 'p99Ms') };
}

function viewPath(query: string): string {
  return `/v5/${FLEET_PROJECT}/vulnerability/host/hosts?enterprise_project_id=all_granted_eps&${query}`;
}

interface Load {
  readonly path: string;
  readonly mode: 'random' | 'plain' | 'deep';
  readonly limit: number;
  readonly connections?: number;
}

interface LoadFigures {
  readonly requestsPerSecond: number;
  readonly p99Ms: number;
  readonly bytesMean: number;
}

/** Runs bench/http-load.ts in a process of its own. */
async function load(service: Service, what: Load): Promise<LoadFigures> {
  const script = fileURLToPath(new URL('./http-load.ts', import.meta.url));
  const child = spawn(process.execPath, [script], { stdio: ['pipe', 'pipe', 'inherit'] });
  child.stdin.end(
    JSON.stringify({
      connections: CONNECTIONS,
      ...what,
      port: service.port,
      token: service.token,
      seconds: LOAD_SECONDS,
    }),
  );
  let out = '';
  child.stdout.on('data', (chunk: Buffer) => {
    out += chunk.toString();
  });
  const code = await new Promise<number | null>((resolve) => child.on('exit', resolve));
  if (code !== 0) throw new Error(`the load ended with exit code ${code}`);
  return JSON.parse(out) as LoadFigures;
}
