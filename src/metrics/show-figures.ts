/** Writes what others counted into the instruments, at every scrape. Pure but for the instruments. */
import type { ModelFigures } from '../server-view/model-options.ts';
import type { DatabaseFigures } from '../store/database.ts';
import type { FollowerFigures } from '../store/server-view/view-follower.ts';
import type { StoreFigures } from '../store/store-figures.ts';
import { counter, gauge, type MetricsRegistry } from './instruments.ts';
import { METRICS } from './metric-list.ts';

export interface ViewFigures {
  readonly follower: FollowerFigures;
  readonly models: ModelFigures;
}

const VIEW_STATES = ['loading', 'comparing', 'behind', 'current'] as const;
const MS = 1_000;

/** A number that somebody else counts up; it starts again from 0 with the process. */
function total(registry: MetricsRegistry, spec: Parameters<typeof counter>[1]): (value: number) => void {
  const instrument = counter(registry, spec);
  return (value) => {
    instrument.reset();
    instrument.inc(value);
  };
}

export function viewInstruments(registry: MetricsRegistry): (figures: ViewFigures) => void {
  const state = gauge(registry, METRICS.viewState);
  const age = gauge(registry, METRICS.viewAge);
  const changedAt = gauge(registry, METRICS.viewChangedAt);
  const servers = gauge(registry, METRICS.viewServers);
  const lists = gauge(registry, METRICS.viewLists);
  const overlay = gauge(registry, METRICS.viewOverlay);
  const memory = gauge(registry, METRICS.viewMemory);
  const loadSeconds = gauge(registry, METRICS.viewLoadSeconds);
  const filters = counter(registry, METRICS.viewFilters);
  const rebases = total(registry, METRICS.viewRebases);
  const rebaseSeconds = total(registry, METRICS.viewRebaseSeconds);
  const changes = total(registry, METRICS.viewChanges);
  const looks = total(registry, METRICS.viewLooks);
  const failures = total(registry, METRICS.viewFailures);
  const corrections = total(registry, METRICS.viewCorrections);
  const loads = total(registry, METRICS.viewLoads);
  return ({ follower, models }) => {
    for (const one of VIEW_STATES) state.set({ state: one }, follower.state === one ? 1 : 0);
    setKnown(age, follower.ageMs);
    setKnown(changedAt, follower.changedAt);
    setKnown(loadSeconds, follower.loadMs);
    servers.set(models.servers);
    lists.set(models.distinctLists);
    overlay.set(models.overlayRows);
    memory.set({ part: 'columns' }, models.columnBytes);
    memory.set({ part: 'fragments' }, models.fragmentBytes);
    filters.reset();
    filters.inc({ result: 'hit' }, models.cacheHits);
    filters.inc({ result: 'miss' }, models.cacheMisses);
    rebases(models.rebases);
    rebaseSeconds(models.rebaseMs / MS);
    changes(follower.changes);
    looks(follower.looks);
    failures(follower.failures);
    corrections(follower.corrections);
    loads(follower.loads);
  };
}

export function databaseInstruments(registry: MetricsRegistry): (figures: DatabaseFigures) => void {
  const connections = gauge(registry, METRICS.databaseConnections);
  const connectionsMax = gauge(registry, METRICS.databaseConnectionsMax);
  const waiting = gauge(registry, METRICS.databaseWaiting);
  const failures = counter(registry, METRICS.databaseFailures);
  return (figures) => {
    connections.set({ state: 'in_use' }, figures.connectionsInUse);
    connections.set({ state: 'idle' }, figures.connectionsIdle);
    connectionsMax.set(figures.connectionsMax);
    waiting.set(figures.waiting);
    failures.reset();
    for (const [error, count] of figures.failures) failures.inc({ error }, count);
  };
}

/** The figures that are read from the database; undefined: it did not answer. */
export function storeInstruments(registry: MetricsRegistry): (figures: StoreFigures | undefined) => void {
  const up = gauge(registry, METRICS.databaseUp);
  const ping = gauge(registry, METRICS.databasePing);
  const jobs = gauge(registry, METRICS.jobs);
  const oldest = gauge(registry, METRICS.jobOldest);
  const revision = gauge(registry, METRICS.advisoryRevision);
  const changedAt = gauge(registry, METRICS.advisoryChangedAt);
  const packages = gauge(registry, METRICS.followingPackages);
  const changes = gauge(registry, METRICS.followingChanges);
  const records = gauge(registry, METRICS.feedRecords);
  const publishedAt = gauge(registry, METRICS.feedPublishedAt);
  const importedAt = gauge(registry, METRICS.feedImportedAt);
  return (figures) => {
    up.set(figures === undefined ? 0 : 1);
    for (const one of [ping, oldest, revision, changedAt, packages, changes]) one.remove();
    for (const labelled of [jobs, records, publishedAt, importedAt]) labelled.reset();
    if (figures === undefined) return;
    ping.set(figures.pingMs / MS);
    revision.set(figures.revision);
    changedAt.set(figures.advisoriesChangedAt / MS);
    packages.set(figures.packagesToMatch);
    changes.set(figures.changesToFollow);
    for (const { name: feed, records: count, date, importedAt: at } of figures.feeds) {
      records.set({ feed }, count);
      if (date !== undefined) publishedAt.set({ feed }, date / MS);
      importedAt.set({ feed }, at / MS);
    }
    for (const { job, waiting, running, failed } of figures.jobs) {
      jobs.set({ job, state: 'waiting' }, waiting);
      jobs.set({ job, state: 'running' }, running);
      jobs.set({ job, state: 'failed' }, failed);
    }
    oldest.set(Math.max(0, ...figures.jobs.map((job) => job.oldestWaitingSeconds)));
  };
}

/** Milliseconds, shown in seconds; what is not known is left out. */
function setKnown(instrument: { set(value: number): void; remove(): void }, ms: number | undefined): void {
  if (ms === undefined) instrument.remove();
  else instrument.set(ms / MS);
}
