import type { FeedCoverage } from '../../matching/coverage.ts';
import type { Queryable } from '../database.ts';

/**
 * Which ecosystems the feeds in force answer for, and how new they are: by the list's own date, by that of the newest record, and
 * where a file that is no whole list brought it, by that of the file.
 */
export async function loadFeedCoverage(tx: Queryable): Promise<readonly FeedCoverage[]> {
  const rows = await tx.query<{
    feed: string;
    ecosystem: string;
    published_at: number | null;
    newest_at: number | null;
    records: number;
  }>(
    `SELECT c.feed, c.ecosystem, f.published_at, greatest(c.newest_at, c.published_at) AS newest_at, c.records
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
