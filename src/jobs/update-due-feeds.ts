/** Keeps the configured feeds up to date: those whose time has come, each at its own. */
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { chooseFeeds } from '../fetching/choose-feeds.ts';
import { openHttpClient } from '../fetching/http-client.ts';
import type { HttpSettings } from '../fetching/http-settings.ts';
import type { Log } from '../log.ts';
import { installedEcosystems } from '../store/advisories/installed-ecosystems.ts';
import { loadFeedSources } from '../store/advisories/load-feed-sources.ts';
import type { Database } from '../store/database.ts';
import { compileAdvisories } from './compile-advisories.ts';
import { FEEDS_FOLDER_NAME, updateFeeds } from './update-feeds.ts';

/** Jobs begin with the minute, everywhere: publishers are asked at some moment within it. */
const JITTER_MAX_MS = 50_000;

export interface FeedSchedule {
  /** The words of PARAPET_FEEDS. */
  readonly words: readonly string[];
  readonly http: HttpSettings;
  readonly updateHours: number;
  readonly dataFolder: string;
  /** Overridable by a caller that has no publishers to spare. */
  readonly jitterMaxMs?: number;
}

/**
 * Updates the feeds whose time has come, or that were never fetched. Returns how many there were and how many failed, which is
 * no failure of the job. The caller holds `UPDATE_FEEDS_LOCK`.
 */
export async function updateDueFeeds(
  database: Database,
  schedule: FeedSchedule,
  { now, log, signal }: { readonly now: () => number; readonly log: Log; readonly signal: AbortSignal },
): Promise<{ readonly feeds: number; readonly failed: number }> {
  const states = new Map((await loadFeedSources(database)).map((state) => [state.name, state]));
  const due = chooseFeeds(schedule.words, await installedEcosystems(database)).filter(
    ({ name }) => (states.get(name)?.nextAt ?? 0) <= now(),
  );
  if (due.length === 0) return { feeds: 0, failed: 0 };
  await sleep(Math.random() * (schedule.jitterMaxMs ?? JITTER_MAX_MS), undefined, { signal });
  const client = openHttpClient(schedule.http);
  try {
    const updates = await updateFeeds(database, {
      sources: due,
      client,
      folder: join(schedule.dataFolder, FEEDS_FOLDER_NAME),
      now,
      updateHours: schedule.updateHours,
      failuresBefore: new Map([...states].map(([name, { failures }]) => [name, failures])),
      signal,
      onFeed: ({ feed, outcome, error, bytes }) => {
        if (error === '') log.info('feed updated', { feed, outcome, bytes });
        else log.warn('feed failed', { feed, outcome, problem: error });
      },
    });
    if (updates.some(({ summary }) => summary !== undefined)) {
      await compileAdvisories(database, schedule.dataFolder, now());
    }
    return { feeds: updates.length, failed: updates.filter(({ error }) => error !== '').length };
  } finally {
    client.close();
  }
}
