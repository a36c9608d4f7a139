import type { FeedCoverage } from '../../matching/coverage.ts';
import type { Queryable } from '../database.ts';

/** Which ecosystems the feeds in force answer for, and how new they are. */
export async function loadFeedCoverage(tx: Queryable): Promise<readonly FeedCoverage[]> {
  const rows = await tx.query<{
    feed: string;
    ecosystem: string;
    published_at: number | null;
    newest_at: number | null;
    records: number;
  }>(
    `SELECT c.feed, c.ecosystem, c.newest_at, c.records,
       CASE WHEN c.published_at IS NULL THEN f.published_at ELSE greatest(c.published_at, c.newest_at) END AS published_at
     FROM feed_coverage c JOIN feed f ON f.name = c.feed`,
  );
  return rows.map((row) => ({
    feed: row.feed,
    ecosystem: row.ecosystem,
    publishedAt: row.published_at ?? undefined,
    newestAt: row.newest_at ?? undefined,
    records: row.records,
  }));
}
