/**
 * The figures of one process, in one registry: what is counted as it happens (requests, reports, jobs, clocks), and what is
 * asked for at every scrape (the read model, the database). `text` is what `/metrics` answers.
 */
import { collectDefaultMetrics, Registry } from 'prom-client';
import type { RequestObserver } from '../api/request-context.ts';
import type { ClockStage } from '../findings/finding-clock.ts';
import type { Log } from '../log.ts';
import type { DatabaseFigures } from '../store/database.ts';
import type { StoreFigures } from '../store/store-figures.ts';
import { counter, gauge, histogram, type MetricsRegistry, quantiles } from './instruments.ts';
import { CLOCK_WINDOW_SECONDS, METRICS } from './metric-list.ts';
import { databaseInstruments, storeInstruments, type ViewFigures, viewInstruments } from './show-figures.ts';

/** Longest that a scrape waits for the database; then it is answered without what lies there. */
export const SCRAPE_WAIT_MS_MAX = 5_000;

/** What `operation` is of a request that reached no endpoint. */
const NO_OPERATION = 'none';
const REPORT_OPERATIONS: readonly string[] = ['AcceptReport', 'NoteUnchangedReport'];

export type ReportOutcome = 'accepted' | 'unchanged' | 'wanted_in_full';
/** What is asked at every scrape. */
export interface MetricSources {
  readonly database: () => DatabaseFigures;
  readonly view: () => ViewFigures;
  readonly store: () => Promise<StoreFigures>;
}

export interface Metrics {
  readonly contentType: string;
  readonly text: () => Promise<string>;
  /** The names, types and meanings of everything in `text`, also of what has no value yet. */
  readonly described: () => readonly {
    readonly name: string;
    readonly type: string;
    readonly help: string;
  }[];
  readonly requests: RequestObserver;
  readonly countReport: (outcome: ReportOutcome) => void;
  readonly countViewAnswer: (source: 'memory' | 'sql') => void;
  readonly jobEnded: (job: string, outcome: 'done' | 'failed', durationMs: number) => void;
  readonly countUnhandledFailure: () => void;
  /** Notes how long a stage of a finding took; `ms` undefined: it is not known. */
  readonly clockStage: (
    finding: { readonly feed: string; readonly cause: 'advisory' | 'report' },
    stage: ClockStage,
    ms: number | undefined,
  ) => void;
}

export function createMetrics(sources: MetricSources, log: Log): Metrics {
  const registry: MetricsRegistry = new Registry();
  registry.setContentType(Registry.OPENMETRICS_CONTENT_TYPE);
  collectDefaultMetrics({ register: registry });
  const reports = counter(registry, METRICS.reports);
  const viewAnswers = counter(registry, METRICS.viewAnswers);
  const jobs = histogram(registry, METRICS.jobDuration);
  const unhandled = counter(registry, METRICS.unhandledFailures);
  const reportsRefused = counter(registry, METRICS.reportsRefused);
  return {
    contentType: registry.contentType,
    text: scraper(registry, sources, log),
    described: () =>
      registry.getMetricsAsArray().map(({ name, type, help }) => ({ name, type: String(type), help })),
    requests: requestObserver(registry, (error) => reportsRefused.inc({ error })),
    countReport: (outcome) => reports.inc({ outcome }),
    countViewAnswer: (source) => viewAnswers.inc({ source }),
    jobEnded: (job, outcome, durationMs) => jobs.observe({ job, outcome }, durationMs / 1_000),
    countUnhandledFailure: () => unhandled.inc(),
    clockStage: clockNoter(registry),
  };
}

function requestObserver(
  registry: MetricsRegistry,
  countRefusedReport: (error: string) => void,
): RequestObserver {
  const inFlight = gauge(registry, METRICS.requestsInFlight);
  const duration = histogram(registry, METRICS.requestDuration);
  return {
    began: () => inFlight.inc(),
    ended: ({ operation = NO_OPERATION, status, durationMs, error }) => {
      inFlight.dec();
      duration.observe({ operation, status }, durationMs / 1_000);
      if (error !== undefined && REPORT_OPERATIONS.includes(operation)) countRefusedReport(error);
    },
  };
}

function clockNoter(registry: MetricsRegistry): Metrics['clockStage'] {
  const clock = quantiles(registry, METRICS.findingClock, CLOCK_WINDOW_SECONDS);
  const unknown = counter(registry, METRICS.findingClockLeftOut);
  return (finding, stage, ms) => {
    if (ms === undefined) unknown.inc({ stage });
    else clock.observe({ ...finding, stage }, ms / 1_000);
  };
}

/** Scrapes at the same time share one reading of the database. */
function scraper(registry: MetricsRegistry, sources: MetricSources, log: Log): () => Promise<string> {
  const showView = viewInstruments(registry);
  const showDatabase = databaseInstruments(registry);
  const showStore = storeInstruments(registry);
  let reading: Promise<StoreFigures | undefined> | undefined;
  const read = (): Promise<StoreFigures | undefined> => {
    reading ??= sources
      .store()
      .catch((error: unknown) => {
        log.debug('a scrape of the metrics did not reach the database', { cause: error });
        return undefined;
      })
      .finally(() => {
        reading = undefined;
      });
    return reading;
  };
  return async () => {
    const figures = await within(SCRAPE_WAIT_MS_MAX, read());
    showStore(figures);
    showView(sources.view());
    showDatabase(sources.database());
    return await registry.metrics();
  };
}

async function within<T>(ms: number, work: Promise<T>): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const tooLong = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), ms);
  });
  try {
    return await Promise.race([work, tooLong]);
  } finally {
    clearTimeout(timer);
  }
}
