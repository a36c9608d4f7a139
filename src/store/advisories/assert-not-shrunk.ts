import { appError } from '../../errors.ts';
import type { Queryable } from '../database.ts';
import { listRecordCounts } from './list-record-counts.ts';

/** Lists shorter than this may shrink as they like. */
const SHRINKING_RECORDS_MIN = 100;

/**
 * Throws `feed-shrunk` where one of the whole lists `feeds` has lost more than half of the records that it had: lists grow, and what
 * arrived is then rather cut short than true.
 */
export async function assertNotShrunk(
  tx: Queryable,
  before: ReadonlyMap<string, number>,
  feeds: readonly string[],
): Promise<void> {
  const now = await listRecordCounts(tx);
  for (const feed of feeds) {
    const held = before.get(feed) ?? 0;
    const after = now.get(feed) ?? 0;
    if (held >= SHRINKING_RECORDS_MIN && after < held / 2) {
      throw appError('feed-shrunk', { feed, before: held, after });
    }
  }
}
