import { supportEndedAt } from '../inventory/releases.ts';
import type { System } from '../inventory/system.ts';

/**
 * Which feed answers for a system, and how old it is. Unknown is not safe (design.md section 2, promise 3): a system that no
 * feed covers, or whose feeds are stale, says so.
 */

const DAY_MS = 24 * 60 * 60 * 1000;
/** A feed has to have so many records for a release, or a fair share of what it has for the family's others, to answer for it. */
const RECORDS_MIN = 20;
const RECORDS_SHARE_MIN = 1 / 20;

/** One feed's say for one ecosystem. */
export interface FeedCoverage {
  readonly feed: string;
  readonly ecosystem: string;
  /** The publisher's own date of the list, in ms since 1970. */
  readonly publishedAt: number | undefined;
  /** Date of the newest record for the ecosystem, or of the file that brought them, in ms since 1970. */
  readonly newestAt: number | undefined;
  readonly records: number;
}

export type CoverageStatus = 'covered' | 'stale' | 'unknown';

export interface Coverage {
  /** System key; empty where the inventory names no system. */
  readonly system: string;
  readonly status: CoverageStatus;
  /** One sentence: why. */
  readonly reason: string;
  /** The newest date of the feeds that answer, in ms since 1970. */
  readonly date: number | undefined;
  readonly feeds: readonly {
    readonly feed: string;
    readonly date: number | undefined;
    readonly records: number;
  }[];
  /** When the clock alone turns `covered` into `stale`, in ms since 1970; undefined: it will not. */
  readonly staleAt: number | undefined;
}

/**
 * Coverage of `system` at the moment `now` by the feeds in `rows` (other ecosystems' rows are passed over). A feed's date is
 * the publisher's own, else its newest record's. It is stale after `staleDays`, unless the release had reached the end of
 * its support by the feed's date: nothing newer is to come then.
 */
export function coverageOf(
  system: System | undefined,
  rows: readonly FeedCoverage[],
  clock: { readonly now: number; readonly staleDays: number },
): Coverage {
  if (system === undefined) {
    return unknownCoverage(
      '',
      'The inventory names no system, so no feed can answer for its system packages.',
    );
  }
  const named = rowsFor(system.key, rows);
  const feeds = datedFeeds(named.filter((row) => !isStray(row, system.family, rows)));
  const newest = feeds[0];
  const [stray] = named;
  if (newest === undefined && stray !== undefined) {
    return unknownCoverage(
      system.key,
      `${stray.feed} has only ${stray.records} records that name ${system.key}, strays among those for other releases.`,
    );
  }
  if (newest === undefined) {
    return unknownCoverage(system.key, `No feed that was imported has advisories for ${system.key}.`);
  }
  const { date } = newest;
  const held = { system: system.key, date, feeds };
  if (date === undefined) {
    return {
      ...held,
      status: 'stale',
      reason: `No record of ${newest.feed} for ${system.key} is dated.`,
      staleAt: undefined,
    };
  }
  const day = new Date(date).toISOString().slice(0, 10);
  const endedAt = supportEndedAt(system);
  if (endedAt !== undefined && date >= endedAt) {
    return {
      ...held,
      status: 'covered',
      reason: `${newest.feed} of ${day} is later than the end of support.`,
      staleAt: undefined,
    };
  }
  const staleAt = date + clock.staleDays * DAY_MS;
  if (clock.now < staleAt) {
    return { ...held, status: 'covered', reason: `${newest.feed} is of ${day}.`, staleAt };
  }
  const reason = `The newest feed for ${system.key}, ${newest.feed}, is of ${day}: older than ${clock.staleDays} days.`;
  return { ...held, status: 'stale', reason, staleAt: undefined };
}

/** What feeds say of one ecosystem. */
function rowsFor(ecosystem: string, rows: readonly FeedCoverage[]): readonly FeedCoverage[] {
  return rows.filter((row) => row.ecosystem === ecosystem && row.records > 0);
}

/** Feeds with their dates, the newest first. */
function datedFeeds(rows: readonly FeedCoverage[]): Coverage['feeds'] {
  return rows
    .map((row) => ({ feed: row.feed, date: row.publishedAt ?? row.newestAt, records: row.records }))
    .sort((a, b) => (b.date ?? 0) - (a.date ?? 0) || (a.feed < b.feed ? -1 : 1));
}

/** Which feeds answer for an ecosystem that is no system: packages of applications, content management systems. */
export interface EcosystemCoverage extends Omit<Coverage, 'system' | 'staleAt'> {
  readonly ecosystem: string;
}

/**
 * Coverage of an ecosystem of applications (`npm`, `WordPress`) at the moment `now`. It says nothing of a server's level: that
 * follows from its system's coverage alone (design.md section 2, promise 3).
 */
export function ecosystemCoverage(
  ecosystem: string,
  rows: readonly FeedCoverage[],
  clock: { readonly now: number; readonly staleDays: number },
): EcosystemCoverage {
  const feeds = datedFeeds(rowsFor(ecosystem, rows));
  const newest = feeds[0];
  if (newest === undefined) {
    const reason = `No feed that was imported has advisories for ${ecosystem}.`;
    return { ecosystem, status: 'unknown', reason, date: undefined, feeds };
  }
  const { date } = newest;
  if (date === undefined) {
    const reason = `No record of ${newest.feed} for ${ecosystem} is dated.`;
    return { ecosystem, status: 'stale', reason, date, feeds };
  }
  const day = new Date(date).toISOString().slice(0, 10);
  if (clock.now < date + clock.staleDays * DAY_MS) {
    return { ecosystem, status: 'covered', reason: `${newest.feed} is of ${day}.`, date, feeds };
  }
  const reason = `The newest feed for ${ecosystem}, ${newest.feed}, is of ${day}: older than ${clock.staleDays} days.`;
  return { ecosystem, status: 'stale', reason, date, feeds };
}

/**
 * Whether the records of `row` only happen to name the release: a feed that adds record by record and is about another
 * release of the family now and then names one beside it. A list of its publisher's, or a feed of one system, is whole
 * however short.
 */
function isStray(row: FeedCoverage, family: string, rows: readonly FeedCoverage[]): boolean {
  if (row.records >= RECORDS_MIN || row.publishedAt !== undefined) return false;
  let most = 0;
  for (const other of rows) {
    if (other.feed === row.feed && other.ecosystem.startsWith(`${family}:`))
      most = Math.max(most, other.records);
  }
  return row.records < most * RECORDS_SHARE_MIN;
}

/** Whether a server last heard of at `reportedAt` (ms since 1970; undefined: never) counts as silent. */
export function isSilent(
  reportedAt: number | undefined,
  clock: { readonly now: number; readonly silentDays: number },
): boolean {
  return reportedAt === undefined || clock.now - reportedAt >= clock.silentDays * DAY_MS;
}

function unknownCoverage(system: string, reason: string): Coverage {
  return { system, status: 'unknown', reason, date: undefined, feeds: [], staleAt: undefined };
}
