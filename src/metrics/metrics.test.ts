import { expect, it, vi } from 'vitest';
import { METRICS, PROCESS_PREFIXES } from './metric-list.ts';
import { createMetrics, type MetricSources, SCRAPE_WAIT_MS_MAX } from './metrics.ts';

const silent = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};

const FIGURES = {
  pingMs: 2,
  revision: 7,
  advisoriesChangedAt: 1_700_000_000_000,
  packagesToMatch: 3,
  changesToFollow: 1,
  feeds: [{ name: 'debian', records: 9, date: undefined, importedAt: 1_700_000_001_000 }],
  jobs: [{ job: 'follow-advisories', waiting: 1, running: 0, failed: 2, oldestWaitingSeconds: 30 }],
};

function sources(store: MetricSources['store'] = async () => FIGURES): MetricSources {
  return {
    store,
    database: () => ({
      connectionsMax: 10,
      connectionsInUse: 1,
      connectionsIdle: 2,
      waiting: 0,
      failures: new Map([['database-slow', 4]]),
    }),
    view: () => ({
      follower: {
        ...{ state: 'current', ageMs: 50, changedAt: undefined, changes: 5, looks: 6, failures: 0 },
        ...{ corrections: 0, loads: 1, loadMs: 1_500 },
      },
      models: {
        ...{ servers: 8, distinctLists: 3, overlayRows: 2, columnBytes: 100, fragmentBytes: 200 },
        ...{ cacheHits: 1, cacheMisses: 2, rebases: 0, rebaseMs: 0 },
      },
    }),
  };
}

/** The samples of a text by name and labels, after a check that it is well formed (OpenMetrics 1.0). */
function samplesOf(text: string): ReadonlyMap<string, number> {
  const lines = text.split('\n');
  expect(lines.slice(-2)).toEqual(['# EOF', '']);
  const samples = new Map<string, number>();
  let family = '';
  for (const line of lines.slice(0, -2)) {
    const [, kind, name] = /^# (HELP|TYPE) (\S+) \S/.exec(line) ?? [];
    if (name !== undefined) {
      if (kind === 'HELP') family = name;
      expect(name).toBe(family);
      continue;
    }
    const [, series = '', sample = '', value] =
      /^(([a-z_0-9]+)(?:\{(?:[a-z_]+="[^"]*",?)*\})?) (\S+)$/.exec(line) ?? [];
    expect(sample.startsWith(family), line).toBe(true);
    expect(samples.has(series), line).toBe(false);
    samples.set(series, value === '+Inf' ? Number.POSITIVE_INFINITY : Number(value));
  }
  return samples;
}

it('answers well-formed text with what was counted and what was asked for', async () => {
  const metrics = createMetrics(sources(), silent);
  const line = { requestId: '', method: 'GET', path: '/', remoteAddress: '' };
  metrics.requests.began();
  metrics.requests.began();
  metrics.requests.ended({ ...line, operation: 'ShowHealth', status: 200, durationMs: 3 });
  metrics.requests.ended({
    ...line,
    operation: 'AcceptReport',
    status: 429,
    durationMs: 1,
    error: 'agent-throttled',
  });
  metrics.requests.began();
  metrics.countReport('accepted');
  metrics.jobEnded('follow-advisories', 'failed', 20);
  const samples = samplesOf(await metrics.text());
  expect(Object.fromEntries(samples)).toMatchObject({
    parapet_http_requests_in_flight: 1,
    'parapet_http_request_duration_seconds_count{operation="ShowHealth",status="200"}': 1,
    'parapet_http_request_duration_seconds_sum{operation="ShowHealth",status="200"}': 0.003,
    'parapet_reports_total{outcome="accepted"}': 1,
    'parapet_reports_refused_total{error="agent-throttled"}': 1,
    'parapet_job_duration_seconds_count{job="follow-advisories",outcome="failed"}': 1,
    parapet_database_up: 1,
    parapet_database_ping_seconds: 0.002,
    'parapet_database_failures_total{error="database-slow"}': 4,
    'parapet_jobs{job="follow-advisories",state="failed"}': 2,
    parapet_job_oldest_waiting_seconds: 30,
    parapet_advisory_revision: 7,
    'parapet_feed_imported_timestamp_seconds{feed="debian"}': 1_700_000_001,
    'parapet_view_state{state="current"}': 1,
    'parapet_view_state{state="loading"}': 0,
    parapet_view_changes_total: 5,
    'parapet_view_filters_total{result="miss"}': 2,
  });
  // What is not known is not there, instead of 0.
  expect(samples.has('parapet_feed_published_timestamp_seconds{feed="debian"}')).toBe(false);
  expect(samples.has('parapet_view_last_change_timestamp_seconds')).toBe(false);
  // Totals that others count are shown again, not added up.
  expect(samplesOf(await metrics.text()).get('parapet_view_changes_total')).toBe(5);
});

it('has what the list names, and besides only figures of the process', () => {
  const names = createMetrics(sources(), silent)
    .described()
    .map(({ name }) => name);
  const others = names.filter((name) => !PROCESS_PREFIXES.some((prefix) => name.startsWith(prefix)));
  expect(others.sort()).toEqual(
    Object.values(METRICS)
      .map(({ name }) => name)
      .sort(),
  );
});

it('leaves out what the database knows where it does not answer, and says so', async () => {
  let isDown = false;
  const metrics = createMetrics(
    sources(async () => {
      if (isDown) throw new Error('no connection');
      return FIGURES;
    }),
    silent,
  );
  expect(samplesOf(await metrics.text()).get('parapet_advisory_revision')).toBe(7);
  isDown = true;
  const samples = samplesOf(await metrics.text());
  expect(samples.get('parapet_database_up')).toBe(0);
  expect(
    [...samples.keys()].filter((name) => /^parapet_(advisory|feed|jobs|following|job_oldest)/.test(name)),
  ).toEqual([]);
  expect(samples.get('parapet_view_servers')).toBe(8);
});

it('does not wait for a database that hangs, and does not ask it twice at a time', async () => {
  vi.useFakeTimers();
  try {
    const store = vi.fn(() => new Promise<never>(() => undefined));
    const metrics = createMetrics(sources(store), silent);
    const texts = Promise.all([metrics.text(), metrics.text()]);
    await vi.advanceTimersByTimeAsync(SCRAPE_WAIT_MS_MAX);
    for (const text of await texts) expect(samplesOf(text).get('parapet_database_up')).toBe(0);
    expect(store).toHaveBeenCalledTimes(1);
  } finally {
    vi.useRealTimers();
  }
});

it('shows p50 and p99 of the clocks by feed, and counts what is not known', async () => {
  const metrics = createMetrics(sources(), silent);
  const finding = { feed: 'debian', cause: 'advisory' } as const;
  for (let ms = 1_000; ms <= 100_000; ms += 1_000) metrics.clockStage(finding, 'fetched_to_matched', ms);
  metrics.clockStage(finding, 'matched_to_visible', 0);
  metrics.clockStage(finding, 'published_to_fetched', undefined);
  const samples = samplesOf(await metrics.text());
  const of = (quantile: string, stage: string) =>
    samples.get(
      `parapet_finding_clock_seconds{quantile="${quantile}",feed="debian",cause="advisory",stage="${stage}"}`,
    );
  expect(of('0.5', 'fetched_to_matched')).toBeCloseTo(50, -1);
  expect(of('0.99', 'fetched_to_matched')).toBeGreaterThan(95);
  expect(of('0.99', 'matched_to_visible')).toBe(0);
  expect(samples.get('parapet_finding_clock_unknown_total{stage="published_to_fetched"}')).toBe(1);
});
