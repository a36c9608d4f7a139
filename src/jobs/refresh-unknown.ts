/**
 * Keeps `is_unknown` true to the feeds and the clock: a server whose system no feed covers, whose feeds are stale, or that
 * has been silent for too long is unknown, never `Security` (design.md section 2, promise 3).
 */
import { systemOfKey } from '../inventory/system.ts';
import { coverageOf } from '../matching/coverage.ts';
import type { Queryable } from '../store/database.ts';
import { type FeedsInForce, feedsInForce } from './feeds-in-force.ts';

const DAY_MS = 24 * 60 * 60 * 1000;
/** When a feed grows stale, all of a fleet's servers may change: not in one statement, for which their reports would wait. */
const SERVERS_PER_STATEMENT = 10_000;

export interface CoverageClock {
  /** Milliseconds since 1970. Ages of feeds are measured by it but where a snapshot says otherwise (`feedsInForce`). */
  readonly now: number;
  readonly staleDays: number;
  readonly silentDays: number;
}

/**
 * Writes `is_unknown` of the servers for which it changed: all, so many at a time, or the one given. Returns how many. Asked
 * again it goes on where it was.
 */
export async function refreshUnknown(
  tx: Queryable,
  clock: CoverageClock,
  only?: { readonly projectId: string; readonly serverId: string },
): Promise<number> {
  const covered = await coveredSystems(tx, clock);
  let written = 0;
  for (let count = SERVERS_PER_STATEMENT; count === SERVERS_PER_STATEMENT; written += count) {
    count = await tx.execute(
      `UPDATE server SET is_unknown = NOT server.is_unknown
       FROM (
         SELECT project_id, id, is_unknown FROM server
         WHERE is_unknown <> (system <> ALL ($1::text[]) OR scan_time IS NULL OR scan_time <= $2)
           AND ($3::text IS NULL OR project_id = $3 AND id = $4)
           -- Covered counts only when every server has followed what covers it.
           AND (NOT is_unknown OR NOT EXISTS (SELECT FROM rematch_package) AND NOT EXISTS (SELECT FROM reassess))
         LIMIT $5) changed
       WHERE server.project_id = changed.project_id AND server.id = changed.id AND server.is_unknown = changed.is_unknown
         AND server.is_unknown <> (server.system <> ALL ($1::text[]) OR server.scan_time IS NULL OR server.scan_time <= $2)`,
      [
        covered,
        clock.now - clock.silentDays * DAY_MS,
        only?.projectId ?? null,
        only?.serverId ?? null,
        SERVERS_PER_STATEMENT,
      ],
    );
  }
  return written;
}

/** Keys of the systems that a feed covers and that is not stale. */
export async function coveredSystems(tx: Queryable, clock: CoverageClock): Promise<readonly string[]> {
  const { feeds, by } = await feedsInForce(tx, clock);
  return [...new Set(feeds.map((row) => row.ecosystem))].filter((key) => isSystemCovered(key, feeds, by));
}

/** Whether a feed that is not stale covers the system `key`. */
export function isSystemCovered(key: string, feeds: FeedsInForce['feeds'], by: FeedsInForce['by']): boolean {
  return key.includes(':') && coverageOf(systemOfKey(key), feeds, by).status === 'covered';
}
