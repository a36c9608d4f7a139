import { supportEndedAt } from '../inventory/releases.ts';
import type { System } from '../inventory/system.ts';

/**
 * Which feed answers for a system, and how old it is. Unknown is not safe (design.md section 2, promise 3): a system that no
 * feed covers, or whose feeds are stale, says so.
 */

const DAY_MS = 24 * 60 * 60 * 1000;

/** One feed's say for one ecosystem. */
export interface FeedCoverage {
  readonly feed: string;
  readonly ecosystem: string;
  /** The publisher's own date of the list, in ms since 1970. */
  readonly publishedAt: number | undefined;
  /** Date of the newest record for the ecosystem, in ms since 1970. */
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
  const feeds = rows
    .filter((row) => row.ecosystem === system.key && row.records > 0)
    .map((row) => ({ feed: row.feed, date: row.publishedAt ?? row.newestAt, records: row.records }))
    .sort((a, b) => (b.date ?? 0) - (a.date ?? 0) || (a.feed < b.feed ? -1 : 1));
  const newest = feeds[0];
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
