import type { Queryable } from '../database.ts';

/** How fetching a feed went so far. Moments in ms since 1970. */
export interface FeedSourceState {
  readonly name: string;
  readonly url: string;
  /** The feeds in force that its files brought. */
  readonly feeds: readonly string[];
  readonly triedAt: number;
  readonly succeededAt: number | undefined;
  /** When something new of it last came into force. */
  readonly changedAt: number | undefined;
  /** When `serve` asks next; undefined: at once. */
  readonly nextAt: number | undefined;
  /** Attempts in a row that failed. */
  readonly failures: number;
  /** Why the last attempt failed; empty: it did not. */
  readonly error: string;
}

interface Row {
  readonly name: string;
  readonly url: string;
  readonly feeds: readonly string[];
  readonly tried_at: number;
  readonly succeeded_at: number | null;
  readonly changed_at: number | null;
  readonly next_at: number | null;
  readonly failures: number;
  readonly error: string;
}

/** Every feed that was ever fetched, by name. */
export async function loadFeedSources(tx: Queryable): Promise<readonly FeedSourceState[]> {
  const rows = await tx.query<Row>(
    `SELECT name, url, feeds, tried_at, succeeded_at, changed_at, next_at, failures, error
     FROM feed_source ORDER BY name COLLATE "C"`,
  );
  return rows.map((row) => ({
    name: row.name,
    url: row.url,
    feeds: row.feeds,
    triedAt: row.tried_at,
    succeededAt: row.succeeded_at ?? undefined,
    changedAt: row.changed_at ?? undefined,
    nextAt: row.next_at ?? undefined,
    failures: row.failures,
    error: row.error,
  }));
}
