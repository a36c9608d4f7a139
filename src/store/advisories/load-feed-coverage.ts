import type { FeedCoverage } from '../../matching/coverage.ts';
import type { Queryable } from '../database.ts';

export interface LoadedFeedCoverage {
  readonly feeds: readonly FeedCoverage[];
  /** The moment against which their age is measured, in ms since 1970 (feeds-measured-at.ts); undefined: the present. */
  readonly measuredAt: number | undefined;
}

/**
 * Which ecosystems the feeds in force answer for, and how new they are: by the list's own date, by that of the newest record, and
 * where a file that is no whole list brought it, by that of the file.
 */
export async function loadFeedCoverage(tx: Queryable): Promise<LoadedFeedCoverage> {
  const rows = await tx.query<{
    feed: string;
    ecosystem: string;
    published_at: number | null;
    newest_at: number | null;
    records: number;
    measured_at: number | null;
  }>(
    `SELECT c.feed, c.ecosystem, f.published_at, greatest(c.newest_at, c.published_at) AS newest_at, c.records,
       a.feeds_measured_at AS measured_at
     FROM feed_coverage c JOIN feed f ON f.name = c.feed CROSS JOIN advisory_set a`,
  );
  return {
    feeds: rows.map((row) => ({
      feed: row.feed,
      ecosystem: row.ecosystem,
      publishedAt: row.published_at ?? undefined,
      newestAt: row.newest_at ?? undefined,
      records: row.records,
    })),
    measuredAt: rows[0]?.measured_at ?? undefined,
  };
}
