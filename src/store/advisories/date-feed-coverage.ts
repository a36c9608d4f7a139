import type { Queryable } from '../database.ts';

/** The publisher's date of what a feed says of one ecosystem, in ms since 1970. */
export interface CoverageDate {
  readonly feed: string;
  readonly ecosystem: string;
  readonly publishedAt: number;
}

/** Notes how new the files were in which feeds that are no whole lists came. Returns whether any date is another than before. */
export async function dateFeedCoverage(tx: Queryable, dates: readonly CoverageDate[]): Promise<boolean> {
  if (dates.length === 0) return false;
  const changed = await tx.execute(
    `UPDATE feed_coverage c SET published_at = d.published_at
     FROM unnest($1::text[], $2::text[], $3::bigint[]) AS d (feed, ecosystem, published_at)
     WHERE c.feed = d.feed AND c.ecosystem = d.ecosystem AND c.published_at IS DISTINCT FROM d.published_at`,
    [dates.map((one) => one.feed), dates.map((one) => one.ecosystem), dates.map((one) => one.publishedAt)],
  );
  return changed > 0;
}
