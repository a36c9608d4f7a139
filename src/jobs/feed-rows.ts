/** Each feed in force with its age, and how fetching went: for the API, `advisories status` and `doctor`. */

import { loadFeedsMeasuredAt } from '../store/advisories/feeds-measured-at.ts';
import { listFeeds, type StoredFeed } from '../store/advisories/list-feeds.ts';
import { type FeedSourceState, loadFeedSources } from '../store/advisories/load-feed-sources.ts';
import type { Queryable } from '../store/database.ts';
import type { CoverageClock } from './refresh-unknown.ts';

const DAY_MS = 24 * 60 * 60 * 1000;

/** `undated`: neither publisher nor records say how new it is. */
export type FeedStatus = 'current' | 'stale' | 'undated';

export interface FeedRow extends StoredFeed {
  readonly status: FeedStatus;
  /** One sentence: why. */
  readonly reason: string;
  /** Names of the fetched feeds that brought it; empty where it was imported from files alone. */
  readonly sources: readonly string[];
}

export interface FeedRows {
  /** The moment against which ages are measured, in ms since 1970: the present but for a snapshot. */
  readonly measuredAt: number;
  readonly feeds: readonly FeedRow[];
  /** Every feed that was ever fetched: last attempt, last success, error. */
  readonly sources: readonly FeedSourceState[];
}

export async function feedRows(tx: Queryable, clock: CoverageClock): Promise<FeedRows> {
  const sources = await loadFeedSources(tx);
  const measuredAt = (await loadFeedsMeasuredAt(tx)) ?? clock.now;
  const by = { measuredAt, staleDays: clock.staleDays };
  const feeds = (await listFeeds(tx)).map((feed) => feedRow(feed, sources, by));
  return { measuredAt, feeds, sources };
}

function feedRow(
  feed: StoredFeed,
  all: readonly FeedSourceState[],
  { measuredAt, staleDays }: { readonly measuredAt: number; readonly staleDays: number },
): FeedRow {
  const sources = all.filter(({ feeds }) => feeds.includes(feed.name));
  const failed = sources.filter(({ error }) => error !== '').map(({ name }) => name);
  const failing = failed.length === 0 ? '' : ` The last attempt to fetch ${failed.join(', ')} failed.`;
  const names = sources.map(({ name }) => name);
  if (feed.date === undefined) {
    const reason = `Neither ${feed.name} nor any of its records is dated.${failing}`;
    return { ...feed, status: 'undated', reason, sources: names };
  }
  const day = new Date(feed.date).toISOString().slice(0, 10);
  const isStale = measuredAt - feed.date >= staleDays * DAY_MS;
  const age = isStale ? `is of ${day}: older than ${staleDays} days.` : `is of ${day}.`;
  return {
    ...feed,
    status: isStale ? 'stale' : 'current',
    reason: `${feed.name} ${age}${failing}`,
    sources: names,
  };
}
