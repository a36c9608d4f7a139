/**
 * The composition root: the only place that knows every part. Starts them in order (store, keys, first start, jobs,
 * application, listening) and stops them in reverse; whatever fails on the way up is stopped again.
 */
import { readFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { buildApp } from './api/app.ts';
import { type Authenticator, createAuthenticator } from './api/authenticate.ts';
import { allEndpoints } from './api/endpoints.ts';
import type { RequestLine } from './api/request-context.ts';
import type { Config } from './config.ts';
import { appError } from './errors.ts';
import { chooseFeeds } from './fetching/choose-feeds.ts';
import { readHttpSettings } from './fetching/read-http-settings.ts';
import type { FirstStart } from './identity/bootstrap.ts';
import type { SecretKey } from './identity/secret-key.ts';
import { coverageClock, firstStartOf, secretKeyOf } from './installation.ts';
import { isFollowing } from './jobs/follow-advisories.ts';
import type { CoverageClock } from './jobs/refresh-unknown.ts';
import { startJobs } from './jobs/schedule.ts';
import type { FeedSchedule } from './jobs/update-due-feeds.ts';
import { watchFindingClocks } from './jobs/watch-finding-clocks.ts';
import type { Log } from './log.ts';
import { createMetrics, type Metrics } from './metrics/metrics.ts';
import { readMetricsToken } from './metrics/metrics-token.ts';
import type { Page, ServerFilter, ServerPageBytes } from './server-view/server-view.ts';
import { findDataFolder } from './store/data-folder.ts';
import type { Database } from './store/database.ts';
import { openIdentityStore } from './store/identity/open-identity-store.ts';
import { openStore, type Store } from './store/open-store.ts';
import { followView } from './store/server-view/follow-changes.ts';
import { ProjectModels } from './store/server-view/project-models.ts';
import type { ViewFollower } from './store/server-view/view-follower.ts';
import { VulnerabilityNames } from './store/server-view/vulnerability-names.ts';
import { readStoreFigures } from './store/store-figures.ts';
import { type VulnerabilityDictionary, vulnerabilityDictionary } from './store/vulnerability-dictionary.ts';

export interface StartOptions {
  readonly log: Log;
  /** False: PARAPET_FEEDS is not followed. The demo's snapshot is measured by its own date: newer feeds beside it would be of the future. */
  readonly fetchesFeeds?: boolean;
  /** Runs once the store is open, before anything listens: the demo loads its fleet here. */
  readonly prepare?: (parts: {
    readonly database: Database;
    readonly clock: () => CoverageClock;
  }) => Promise<void>;
}

export interface RunningParapet {
  /** `http://127.0.0.1:8080`: where it listens. */
  readonly url: string;
  readonly database: Database;
  readonly clock: () => CoverageClock;
  /** What a first start made; undefined at later ones. */
  readonly firstStart: FirstStart | undefined;
  /** Finishes what is in flight, then stops everything. May be called more than once. */
  readonly close: () => Promise<void>;
}

/** Starts the service. Throws in words where it cannot; then nothing is left running. */
export async function startParapet(config: Config, options: StartOptions): Promise<RunningParapet> {
  const started: (() => Promise<void>)[] = [];
  const stop = async (): Promise<void> => {
    for (let close = started.pop(); close !== undefined; close = started.pop()) await close();
  };
  try {
    const store = await openStore(config, { role: 'serve' });
    started.push(store.close);
    const { database } = store;
    const clock = coverageClock(config);
    const secretKey = await secretKeyOf(config, database);
    const firstStart = await firstStartOf(config, database);
    await options.prepare?.({ database, clock });
    const view = startServerView(database, options.log);
    started.push(view.follower.close);
    const metrics = metricsOf(database, view, options.log);
    started.push(surviveUnhandledRejections(options.log, metrics));
    started.push(
      watchFindingClocks(
        {
          database,
          shownSince: (xmin) => view.follower.shownSince(xmin),
          note: metrics.clockStage,
        },
        options.log,
      ),
    );
    const jobs = await startJobs({
      database,
      connectionString: store.connectionString,
      clock,
      log: options.log,
      feeds: options.fetchesFeeds === false ? undefined : await feedScheduleOf(config),
      onJobEnded: metrics.jobEnded,
    });
    started.push(jobs.stop);
    let listeningAt = '';
    const publicUrl = (): string => config.publicUrl ?? listeningAt;
    const app = await applicationOf({
      ...{ config, store, clock, secretKey, publicUrl, view, metrics },
      log: options.log,
    });
    started.push(async () => void (await app.close()));
    listeningAt = await listen(app, config);
    const url = listeningAt;
    let closing: Promise<void> | undefined;
    return { url, database, clock, firstStart, close: () => (closing ??= stop()) };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** What PARAPET_FEEDS asks for. Throws `feed-unknown` for a name that is none, and `config-invalid` for unusable credentials. */
async function feedScheduleOf(config: Config): Promise<FeedSchedule | undefined> {
  if (config.feeds === undefined) return undefined;
  chooseFeeds(config.feeds, new Set());
  return {
    words: config.feeds,
    http: await readHttpSettings(config),
    updateHours: config.feedsUpdateHours,
    dataFolder: findDataFolder(config).path,
  };
}

/**
 * A promise that fails while nobody waits for it ends a Node.js process. Here all truth lies in the database, in whole
 * transactions, so it is told instead, loudly. The job queue has such promises: it marks a job as done without waiting, and
 * fails at that where the database goes away in this moment.
 */
function surviveUnhandledRejections(log: Log, metrics: Metrics): () => Promise<void> {
  const tell = (cause: unknown): void => {
    metrics.countUnhandledFailure();
    log.error('work failed that nobody waited for', { cause });
  };
  process.on('unhandledRejection', tell);
  return async () => void process.off('unhandledRejection', tell);
}

interface ApplicationParts {
  readonly config: Config;
  readonly store: Store;
  readonly clock: () => CoverageClock;
  readonly secretKey: SecretKey;
  readonly publicUrl: () => string;
  readonly view: ServerView;
  readonly metrics: Metrics;
  readonly log: Log;
}

/** The read models and what keeps them true. */
interface ServerView {
  readonly models: ProjectModels;
  readonly vulnerabilities: VulnerabilityDictionary;
  readonly follower: ViewFollower;
}

/** Begins to load the server view; until it is there the store answers. */
function startServerView(database: Database, log: Log): ServerView {
  const names = new VulnerabilityNames();
  const models = new ProjectModels(names.lookup);
  const vulnerabilities = vulnerabilityDictionary(database);
  const onOtherHistory = vulnerabilities.forget;
  return {
    models,
    vulnerabilities,
    follower: followView({ database, sink: models, names, log, onOtherHistory }),
  };
}

function metricsOf(database: Database, { models, follower }: ServerView, log: Log): Metrics {
  return createMetrics(
    {
      database: () => database.figures(),
      view: () => ({ follower: follower.figures(), models: models.figures() }),
      store: () => readStoreFigures(database),
    },
    log,
  );
}

/** Answers the view from memory while that is true; undefined: SQL is to be asked. */
function answerFromMemory({ models, follower }: ServerView, metrics: Metrics) {
  return (filter: ServerFilter, page: Page): ServerPageBytes | undefined => {
    const isCurrent = follower.isCurrent();
    metrics.countViewAnswer(isCurrent ? 'memory' : 'sql');
    return isCurrent ? models.page(filter, page) : undefined;
  };
}

async function applicationOf(parts: ApplicationParts): Promise<FastifyInstance> {
  const { config, store, clock, secretKey, publicUrl, metrics, log } = parts;
  const { vulnerabilities, follower } = parts.view;
  const { database } = store;
  const identity = openIdentityStore(database);
  const now = (): number => clock().now;
  const authenticator: Authenticator = createAuthenticator({ identity, openSecretKey: secretKey.open, now });
  return buildApp({
    authenticator,
    endpoints: allEndpoints({
      database,
      identity,
      authenticator,
      secretKey,
      clock,
      publicUrl,
      publicUrlIsConfigured: config.publicUrl !== undefined,
      vulnerabilities,
      answerFromMemory: answerFromMemory(parts.view, metrics),
      metrics: { ...metrics, token: await metricsTokenOf(config) },
      countReport: metrics.countReport,
      batchFailed: (kind, cause, reports) =>
        log.warn('reports could not be taken in together and go one by one', { kind, reports, cause }),
    }),
    afterWrite: () => follower.refresh(),
    readiness: [
      { name: 'database', check: () => store.problem() },
      { name: 'server view', check: () => follower.loading() },
      {
        name: 'advisories',
        informs: true,
        check: async () => ((await isFollowing(database)) ? 'matching in progress' : undefined),
      },
    ],
    log: (line) => logRequest(log, line),
    observer: metrics.requests,
    ...(await tlsOf(config)),
  });
}

function logRequest(log: Log, line: RequestLine): void {
  const { cause, ...fields } = line;
  if (cause !== undefined) log.error('request failed', { ...fields, cause });
  else log.info('request', fields);
}

async function metricsTokenOf({ metricsTokenFile }: Config): Promise<string | undefined> {
  return metricsTokenFile === undefined ? undefined : await readMetricsToken(metricsTokenFile);
}

async function tlsOf(
  config: Config,
): Promise<{ readonly tls?: { readonly cert: string; readonly key: string } }> {
  if (config.tlsCert === undefined || config.tlsKey === undefined) return {};
  const read = async (name: string, path: string): Promise<string> => {
    try {
      return await readFile(path, 'utf8');
    } catch (error) {
      throw appError('config-invalid', { name, problem: `${path} cannot be read: ${String(error)}` }, error);
    }
  };
  return {
    tls: {
      cert: await read('PARAPET_TLS_CERT', config.tlsCert),
      key: await read('PARAPET_TLS_KEY', config.tlsKey),
    },
  };
}

async function listen(app: FastifyInstance, config: Config): Promise<string> {
  try {
    await app.listen({ host: config.host, port: config.port });
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    throw appError(
      'cannot-listen',
      { host: config.host, port: config.port, problem: listenProblem(code, error) },
      error,
    );
  }
  const address = app.server.address() as AddressInfo;
  const host = address.family === 'IPv6' ? `[${address.address}]` : address.address;
  return `${config.tlsCert === undefined ? 'http' : 'https'}://${host}:${address.port}`;
}

function listenProblem(code: string, error: unknown): string {
  if (code === 'EADDRINUSE')
    return 'another program listens there. Stop it, or choose another with PARAPET_PORT';
  if (code === 'EACCES') return 'this user may not. Choose a port above 1023 with PARAPET_PORT';
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND') {
    return 'this machine has no such address. Choose one of its own, or 0.0.0.0 for all, with PARAPET_HOST';
  }
  return String(error);
}
