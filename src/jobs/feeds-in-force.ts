/** What feeds answer for, and the one moment against which their age is measured wherever coverage is told. */
import type { FeedCoverage } from '../matching/coverage.ts';
import { loadFeedCoverage } from '../store/advisories/load-feed-coverage.ts';
import type { Queryable } from '../store/database.ts';
import type { CoverageClock } from './refresh-unknown.ts';

export interface FeedsInForce {
  readonly feeds: readonly FeedCoverage[];
  /** For `coverageOf`: the present, or the moment of the snapshot that was imported last (the demo's), in ms since 1970. */
  readonly by: { readonly now: number; readonly staleDays: number };
}

export async function feedsInForce(tx: Queryable, clock: CoverageClock): Promise<FeedsInForce> {
  const { feeds, measuredAt = clock.now } = await loadFeedCoverage(tx);
  return { feeds, by: { now: measuredAt, staleDays: clock.staleDays } };
}
