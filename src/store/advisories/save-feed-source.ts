import type { Queryable } from '../database.ts';
import { storableText } from '../storable-text.ts';

/** How one attempt to fetch a feed ended. */
export interface FeedAttempt {
  readonly name: string;
  readonly url: string;
  readonly at: number;
  /** `partly`: some of its files failed, `error` says which; what arrived is in force. */
  readonly outcome: 'changed' | 'unchanged' | 'partly' | 'failed';
  readonly error: string;
  readonly nextAt: number;
}

/** Notes an attempt. A failed one leaves everything that succeeded before in its place. */
export async function saveFeedSource(tx: Queryable, attempt: FeedAttempt): Promise<void> {
  const { name, url, at, outcome, error, nextAt } = attempt;
  const hasSucceeded = outcome === 'changed' || outcome === 'unchanged';
  await tx.query(
    `INSERT INTO feed_source (name, url, tried_at, succeeded_at, changed_at, next_at, failures, error)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
     ON CONFLICT (name) DO UPDATE SET
       url = excluded.url, tried_at = excluded.tried_at,
       succeeded_at = coalesce(excluded.succeeded_at, feed_source.succeeded_at),
       changed_at = coalesce(excluded.changed_at, feed_source.changed_at),
       next_at = excluded.next_at,
       failures = CASE WHEN excluded.failures = 0 THEN 0 ELSE feed_source.failures + 1 END,
       error = excluded.error`,
    [
      name,
      url,
      at,
      hasSucceeded ? at : null,
      outcome === 'changed' || outcome === 'partly' ? at : null,
      nextAt,
      hasSucceeded ? 0 : 1,
      storableText(error),
    ],
  );
}
