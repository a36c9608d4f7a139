import { METRICS, type MetricSpec, PROCESS_PREFIXES } from '../../src/metrics/metric-list.ts';
import { createMetrics } from '../../src/metrics/metrics.ts';

const INTRODUCTION = `# Metrics

\`GET /metrics\` answers the figures of one process in OpenMetrics text, for Prometheus and whatever reads its form. Every node has
its own; what lies in the database (jobs, feeds, the advisory set) is the same on all of them, so take the \`max\` there.

## Who may read

Whoever has the operator's token, and nobody without one: no user's token or key opens it, because the figures are those of all
projects and of the machine.

\`\`\`sh
openssl rand -hex 32 > /etc/parapet/metrics-token        # readable for Parapet and for Prometheus
PARAPET_METRICS_TOKEN_FILE=/etc/parapet/metrics-token parapet serve
curl -H "Authorization: Bearer $(cat /etc/parapet/metrics-token)" http://127.0.0.1:8080/metrics
\`\`\`

\`\`\`yaml
scrape_configs:
  - job_name: parapet
    authorization: { credentials_file: /etc/parapet/metrics-token }
    static_configs: [{ targets: ['parapet-1:8080', 'parapet-2:8080'] }]
\`\`\`

A scrape costs the database a handful of small statements. Where it does not answer within 5 seconds, the scrape is answered
without what lies there, and \`parapet_database_up\` is 0.

## The four clocks of a finding

| clock | is |
| --- | --- |
| published | the vendor's own date of the record: of this version of it (\`modified\`), else of its first |
| fetched | when the import that brought this version of the record began |
| matched | when the assessment that put the finding on the server began |
| visible | when this process had it in its server view |

\`parapet_finding_clock_seconds\` gives p50 and p99 of the stages between them, by feed, over the last 24 hours. They are taken from
findings that appear, at most 300 in every ten seconds, spread over all that appeared. Nothing is stored for it in a server's
row or beside it ([why](decisions/0020-four-clocks.md)).

- \`cause="advisory"\`: the server had the package, and an advisory came. All stages count, but nothing is said of when a record was
  published that came with the first import of its feed: that is how old the feed is, not how slow anybody was.
- \`cause="report"\`: the advisory was there, and a report brought what it names. Only \`matched_to_visible\` counts.
- A stage that cannot be known is counted in \`parapet_finding_clock_unknown_total\` instead.
- Clocks of several machines are compared, so let them be kept by NTP; what seems to end before it began counts as 0.

\`parapet server show\` and \`parapet explain ID --server NAME\` (and the API's explanation) say of each finding of a server when it
was published, fetched and matched. When it became visible is a moment of each process, and not kept.

## Alerts to begin with

\`\`\`yaml
groups:
  - name: parapet
    rules:
      - { alert: ParapetDown, expr: 'up{job="parapet"} == 0', for: 2m }
      - { alert: ParapetDatabaseDown, expr: 'parapet_database_up == 0', for: 2m }
      - alert: ParapetErrors
        expr: 'sum by (instance) (rate(parapet_http_request_duration_seconds_count{status=~"5.."}[5m])) / sum by (instance) (rate(parapet_http_request_duration_seconds_count[5m])) > 0.01'
        for: 10m
      - alert: ParapetViewFromSql
        expr: 'parapet_view_state{state="current"} == 0'
        for: 5m
      - { alert: ParapetViewDiffered, expr: 'increase(parapet_view_corrections_total[1h]) > 0' }
      - { alert: ParapetJobFailed, expr: 'max by (job) (parapet_jobs{state="failed"}) > 0', for: 15m }
      - { alert: ParapetJobsStand, expr: 'max(parapet_job_oldest_waiting_seconds) > 900' }
      - { alert: ParapetMatchingStands, expr: 'max(parapet_following_packages + parapet_following_changes) > 0', for: 2h }
      - alert: ParapetFeedOld
        expr: 'time() - max by (feed) (parapet_feed_imported_timestamp_seconds) > 2 * 86400'
      - alert: ParapetReportsRefused
        expr: 'sum(rate(parapet_reports_refused_total[15m])) > 0.1 * sum(rate(parapet_reports_total[15m]))'
        for: 30m
      - { alert: ParapetUnhandledFailure, expr: 'increase(parapet_unhandled_failures_total[1h]) > 0' }
\`\`\`

## Every figure

Made from \`src/metrics/metric-list.ts\` and the registry by \`npm run docs\`; a test compares the two. A histogram has \`_bucket\`,
\`_sum\` and \`_count\`, a summary \`_sum\`, \`_count\` and a line for each quantile.
`;

/** The text of `docs/metrics.md`. */
export function metricsPage(): string {
  const rows = Object.values<MetricSpec>(METRICS).map(({ name, type, help, labels }) => {
    const shown = labels.length === 0 ? '' : labels.map((label) => `\`${label}\``).join(', ');
    return `| \`${name}\` | ${type} | ${shown} | ${help} |`;
  });
  return `${INTRODUCTION}
| name | type | labels | meaning |
| --- | --- | --- | --- |
${rows.join('\n')}

## Of the process, on Linux

| name | type | meaning |
| --- | --- | --- |
${processMetrics()
  .map(({ name, type, help }) => `| \`${name}\` | ${type} | ${help} |`)
  .join('\n')}
`;
}

/** What the client library adds, read from a registry as `serve` makes it. */
function processMetrics() {
  const nothing = (): never => {
    throw new Error('nobody scrapes this registry');
  };
  const silent = { debug: nothing, info: nothing, warn: nothing, error: nothing };
  return createMetrics({ database: nothing, view: nothing, store: nothing }, silent)
    .described()
    .filter(({ name }) => PROCESS_PREFIXES.some((prefix) => name.startsWith(prefix)));
}
