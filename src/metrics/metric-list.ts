/**
 * Every figure of Parapet's own at `/metrics`, as data: names, units and labels follow the conventions of Prometheus
 * (https://prometheus.io/docs/practices/naming/). `docs/metrics.md` is made from it. The values of each label come from a
 * bounded set: operations, states, jobs, error codes, feeds; never a project, a server or anything a stranger names.
 */

export interface MetricSpec {
  readonly name: string;
  readonly type: 'gauge' | 'counter' | 'histogram' | 'summary';
  readonly help: string;
  readonly labels: readonly string[];
  /** Upper bounds, in seconds; of a histogram alone. */
  readonly buckets?: readonly number[];
}

const REQUEST_SECONDS = [
  0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30,
] as const;
const JOB_SECONDS = [0.01, 0.1, 0.5, 1, 5, 15, 60, 300, 900, 3_600] as const;

/** What p50 and p99 of the clocks are taken over, so that they follow what happens now. */
export const CLOCK_WINDOW_SECONDS = 24 * 60 * 60;

export const METRICS = {
  requestsInFlight: {
    name: 'parapet_http_requests_in_flight',
    type: 'gauge',
    help: 'Requests that have come in and are not answered yet.',
    labels: [],
  },
  requestDuration: {
    name: 'parapet_http_request_duration_seconds',
    type: 'histogram',
    help: 'Time from a request to the end of its answer, by operation (as in docs/openapi.json; none: it reached no endpoint) and status. Its count is that of the requests.',
    labels: ['operation', 'status'],
    buckets: REQUEST_SECONDS,
  },
  reports: {
    name: 'parapet_reports_total',
    type: 'counter',
    help: "Agents' reports, by outcome: accepted (a whole one was stored), unchanged (noted), wanted_in_full (the digest was not the stored one).",
    labels: ['outcome'],
  },
  reportsRefused: {
    name: 'parapet_reports_refused_total',
    type: 'counter',
    help: "Agents' reports that were refused or failed, by error (docs/errors.md).",
    labels: ['error'],
  },
  viewAnswers: {
    name: 'parapet_view_answers_total',
    type: 'counter',
    help: 'Pages of the server view, by what answered: memory, or sql while the read model cannot.',
    labels: ['source'],
  },
  viewState: {
    name: 'parapet_view_state',
    type: 'gauge',
    help: '1 for the state that the read model is in: loading, comparing (the database fell and came back), behind (looks fail or take too long), current. Only current answers from memory.',
    labels: ['state'],
  },
  viewAge: {
    name: 'parapet_view_age_seconds',
    type: 'gauge',
    help: 'How long ago the last look for changes that succeeded began: how old an answer from memory is at most.',
    labels: [],
  },
  viewChangedAt: {
    name: 'parapet_view_last_change_timestamp_seconds',
    type: 'gauge',
    help: 'When the last change was applied to the read model.',
    labels: [],
  },
  viewServers: {
    name: 'parapet_view_servers',
    type: 'gauge',
    help: 'Servers that the server view lists, of all projects.',
    labels: [],
  },
  viewLists: {
    name: 'parapet_view_distinct_lists',
    type: 'gauge',
    help: 'Different lists of vulnerabilities among the servers of the read model.',
    labels: [],
  },
  viewOverlay: {
    name: 'parapet_view_overlay_rows',
    type: 'gauge',
    help: 'Rows that have changed since the snapshots of the read model were built.',
    labels: [],
  },
  viewMemory: {
    name: 'parapet_view_memory_bytes',
    type: 'gauge',
    help: 'Memory of the read model: columns (with the results of filters that are kept), and encoded fragments.',
    labels: ['part'],
  },
  viewFilters: {
    name: 'parapet_view_filters_total',
    type: 'counter',
    help: 'Filters that were asked for, by whether their result was kept (hit) or worked out (miss).',
    labels: ['result'],
  },
  viewRebases: {
    name: 'parapet_view_rebases_total',
    type: 'counter',
    help: 'Snapshots of the read model that took an older one’s place.',
    labels: [],
  },
  viewRebaseSeconds: {
    name: 'parapet_view_rebase_seconds_total',
    type: 'counter',
    help: 'Time that building those snapshots took, from beginning to end; requests are answered meanwhile.',
    labels: [],
  },
  viewChanges: {
    name: 'parapet_view_changes_total',
    type: 'counter',
    help: 'Servers that were written or removed in the read model, loading not counted.',
    labels: [],
  },
  viewLooks: {
    name: 'parapet_view_looks_total',
    type: 'counter',
    help: 'Looks into the database for changes that succeeded.',
    labels: [],
  },
  viewFailures: {
    name: 'parapet_view_failures_total',
    type: 'counter',
    help: 'Looks into the database that failed, and work on the read model that did.',
    labels: [],
  },
  viewCorrections: {
    name: 'parapet_view_corrections_total',
    type: 'counter',
    help: 'Servers that differed between the read model and the database and were corrected. Anything but 0 is worth a report.',
    labels: [],
  },
  viewLoads: {
    name: 'parapet_view_loads_total',
    type: 'counter',
    help: 'Times that the read model was loaded.',
    labels: [],
  },
  viewLoadSeconds: {
    name: 'parapet_view_load_seconds',
    type: 'gauge',
    help: 'How long the last load of the read model took.',
    labels: [],
  },
  databaseUp: {
    name: 'parapet_database_up',
    type: 'gauge',
    help: '1 where the database answered this scrape, else 0; then every figure that is read from it is left out.',
    labels: [],
  },
  databasePing: {
    name: 'parapet_database_ping_seconds',
    type: 'gauge',
    help: 'Time of one round trip to the database, measured at this scrape.',
    labels: [],
  },
  databaseConnections: {
    name: 'parapet_database_connections',
    type: 'gauge',
    help: 'Connections that this process shares among its queries, by state: in_use, idle.',
    labels: ['state'],
  },
  databaseConnectionsMax: {
    name: 'parapet_database_connections_max',
    type: 'gauge',
    help: 'How many there may be: PARAPET_DATABASE_CONNECTIONS_MAX, and six for reports and the server view.',
    labels: [],
  },
  databaseWaiting: {
    name: 'parapet_database_waiting',
    type: 'gauge',
    help: 'Uses of the database that wait for a connection to become free.',
    labels: [],
  },
  databaseFailures: {
    name: 'parapet_database_failures_total',
    type: 'counter',
    help: 'Uses of the database that failed, by error (docs/errors.md; statement: any other failure of a statement, such as a deadlock, also where running the transaction again helped).',
    labels: ['error'],
  },
  jobs: {
    name: 'parapet_jobs',
    type: 'gauge',
    help: 'Background jobs in the queue that all nodes share, by job and state: waiting (its time has come), running, failed (will not be tried again).',
    labels: ['job', 'state'],
  },
  jobOldest: {
    name: 'parapet_job_oldest_waiting_seconds',
    type: 'gauge',
    help: 'How long the job that waits longest has been waiting.',
    labels: [],
  },
  jobDuration: {
    name: 'parapet_job_duration_seconds',
    type: 'histogram',
    help: 'Background jobs that this process ran, by job and outcome: done, failed.',
    labels: ['job', 'outcome'],
    buckets: JOB_SECONDS,
  },
  advisoryRevision: {
    name: 'parapet_advisory_revision',
    type: 'gauge',
    help: 'Number of the advisory set in force.',
    labels: [],
  },
  advisoryChangedAt: {
    name: 'parapet_advisory_changed_timestamp_seconds',
    type: 'gauge',
    help: 'When the advisory set in force was imported.',
    labels: [],
  },
  followingPackages: {
    name: 'parapet_following_packages',
    type: 'gauge',
    help: 'Packages that an import touched and that are not matched again yet.',
    labels: [],
  },
  followingChanges: {
    name: 'parapet_following_changes',
    type: 'gauge',
    help: 'Sets of changed packages or vulnerabilities whose servers are not assessed again yet.',
    labels: [],
  },
  feedRecords: {
    name: 'parapet_feed_records',
    type: 'gauge',
    help: 'Records of a feed in force.',
    labels: ['feed'],
  },
  feedPublishedAt: {
    name: 'parapet_feed_published_timestamp_seconds',
    type: 'gauge',
    help: "A feed's date: the publisher's own, else that of its newest record.",
    labels: ['feed'],
  },
  feedImportedAt: {
    name: 'parapet_feed_imported_timestamp_seconds',
    type: 'gauge',
    help: 'When a feed was last imported, whether or not that changed anything.',
    labels: ['feed'],
  },
  findingClock: {
    name: 'parapet_finding_clock_seconds',
    type: 'summary',
    help: 'The four clocks of findings that appeared in the last 24 hours, p50 and p99 by feed: from the publishing of the advisory to its fetching, to the match on the server, to being visible in this process. By cause: an advisory came, or a report brought what it names.',
    labels: ['feed', 'cause', 'stage'],
  },
  findingClockLeftOut: {
    name: 'parapet_finding_clock_unknown_total',
    type: 'counter',
    help: 'Moments that are missing among the findings looked at for the clocks, by stage: the advisory has no date, came with the first import of its feed, or the process did not see when it became visible.',
    labels: ['stage'],
  },
  unhandledFailures: {
    name: 'parapet_unhandled_failures_total',
    type: 'counter',
    help: 'Work that failed and that nobody waited for; the log has each.',
    labels: [],
  },
} as const satisfies Record<string, MetricSpec>;

/** Prefixes of the figures of the process, which the client library adds. */
export const PROCESS_PREFIXES = ['process_', 'nodejs_'] as const;
