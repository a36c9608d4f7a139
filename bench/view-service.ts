/**
 * What the server view is compared in: the same HTTP application answering from a read model of its own, from SQL, and from
 * one ready buffer, in this process. The model is loaded as a node loads it and does not follow changes.
 */
import type { AddressInfo } from 'node:net';
import { buildApp } from '../src/api/app.ts';
import { createAuthenticator } from '../src/api/authenticate.ts';
import { projectEndpoint } from '../src/api/endpoint.ts';
import { listVulHostHosts } from '../src/api/hss/list-vul-host-hosts.ts';
import type { AnswerServers } from '../src/server-view/server-view.ts';
import { ServerViewModel } from '../src/server-view/server-view-model.ts';
import type { ShownVulnerabilities, ViewRecord } from '../src/server-view/view-record.ts';
import type { Database } from '../src/store/database.ts';
import { openIdentityStore } from '../src/store/identity/open-identity-store.ts';
import { loadView } from '../src/store/server-view/load-view.ts';
import { VulnerabilityNames } from '../src/store/server-view/vulnerability-names.ts';
import type { Figures } from './main.ts';

const BYTES_A_MIB = 1024 ** 2;

/** The model of the project, by COPY from the store, with everything encoded. */
export async function loadModel(
  database: Database,
  projectId: string,
): Promise<{ readonly model: ServerViewModel; readonly figures: Figures }> {
  const started = performance.now();
  const names = new VulnerabilityNames();
  const model = new ServerViewModel(projectId, names.lookup);
  const sink = {
    beginLoad: (servers: ReadonlyMap<string, number>) => model.beginLoad(servers.get(projectId) ?? 0),
    learn: (shown: readonly ShownVulnerabilities[]) => {
      for (const one of shown) model.learn(one);
    },
    knows: () => false,
    add: (records: readonly ViewRecord[]) => {
      for (const record of records) model.add(record);
    },
    finishLoad: () => undefined,
    apply: () => undefined,
    applyFindings: () => [],
    rest: () => undefined,
    beginComparing: () => undefined,
    compare: () => [],
    uncompared: () => [],
    failure: () => undefined,
  };
  const onProgress = (): undefined => undefined;
  await loadView(database, sink, { names, onProgress, signal: new AbortController().signal });
  const copied = performance.now();
  await model.finishLoad();
  const ready = performance.now();
  await model.settled();
  const held = model.figures();
  return {
    model,
    figures: {
      seconds_load: (ready - started) / 1000,
      seconds_sort_and_index: (ready - copied) / 1000,
      seconds_encode_rest: (performance.now() - ready) / 1000,
      distinct_lists: held.distinctLists,
      column_mb: held.columnBytes / BYTES_A_MIB,
      fragment_mb: held.fragmentBytes / BYTES_A_MIB,
    },
  };
}

export interface Timed {
  readonly answer: AnswerServers;
  /** Mean time of an answer since the last call, without HTTP. */
  readonly takeMeanMs: () => number;
}

export function timed(answer: AnswerServers): Timed {
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

export interface ViewService {
  readonly port: number;
  /** Who answers the view from now on. */
  readonly setAnswer: (answer: AnswerServers) => void;
  /** What `/v5/{project_id}/ready` sends from now on. */
  readonly setReady: (bytes: Buffer) => void;
  readonly close: () => Promise<void>;
}

export async function listen(database: Database): Promise<ViewService> {
  let ready: Buffer = Buffer.alloc(0);
  let current: AnswerServers | undefined;
  const app = buildApp({
    authenticator: createAuthenticator({
      identity: openIdentityStore(database),
      openSecretKey: () => '',
      now: Date.now,
    }),
    endpoints: [
      listVulHostHosts(async (filter, page) => {
        if (current === undefined) throw new Error('nobody answers the view yet');
        return await current(filter, page);
      }),
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
    setAnswer: (answer) => {
      current = answer;
    },
    setReady: (bytes) => {
      ready = bytes;
    },
    close: async () => void (await app.close()),
  };
}
