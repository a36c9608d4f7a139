import type { Queryable } from '../database.ts';

export interface StoredFeed {
  readonly name: string;
  readonly records: number;
  /** The publisher's own date, else that of the newest record, in ms since 1970. */
  readonly date: number | undefined;
  readonly importedAt: number;
}

/** Every feed in force, by name. */
export async function listFeeds(tx: Queryable): Promise<readonly StoredFeed[]> {
  const rows = await tx.query<{ name: string; records: number; date: number | null; imported_at: number }>(
    `SELECT f.name, f.records, coalesce(f.published_at, max(greatest(c.published_at, c.newest_at))) AS date, f.imported_at
     FROM feed f LEFT JOIN feed_coverage c ON c.feed = f.name
     GROUP BY f.name, f.records, f.published_at, f.imported_at ORDER BY f.name COLLATE "C"`,
  );
  return rows.map(({ name, records, date, imported_at }) => ({
    name,
    records,
    date: date ?? undefined,
    importedAt: imported_at,
  }));
}
