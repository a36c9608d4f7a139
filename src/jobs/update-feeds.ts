/**
 * Feeds from their publishers to the advisory set in force: each is fetched, then imported by itself, so that one that fails
 * costs none of the others and leaves its old state in force. How each went is kept in the store.
 */

import { readAhead } from '../archive/read-ahead.ts';
import { counted } from '../counted.ts';
import { isAppError } from '../errors.ts';
import { DownloadFailure } from '../fetching/download-failure.ts';
import type { FeedSource } from '../fetching/feed-source.ts';
import { type FetchedSource, fetchSource } from '../fetching/fetch-source.ts';
import type { HttpClient } from '../fetching/http-client.ts';
import { dropPartialFile } from '../fetching/partial-file.ts';
import { assertNotShrunk } from '../store/advisories/assert-not-shrunk.ts';
import { listRecordCounts } from '../store/advisories/list-record-counts.ts';
import { loadFeedFiles } from '../store/advisories/load-feed-files.ts';
import { saveFeedFiles } from '../store/advisories/save-feed-files.ts';
import { type FeedAttempt, saveFeedSource } from '../store/advisories/save-feed-source.ts';
import type { Database } from '../store/database.ts';
import { type ImportSummary, importAdvisories } from './import-advisories.ts';
import { readFetchedFiles } from './read-fetched-files.ts';

/** Feeds that are fetched at the same time; they are imported one after the other. */
const FEEDS_AT_ONCE_MAX = 3;
/** A feed that failed is tried again after this, longer each time, but never later than the ordinary interval. */
const RETRY_FAILED_MS = 15 * 60 * 1000;
const DATABASE_FAILURE_STATUS = 503;
const HOUR_MS = 60 * 60 * 1000;
/** Folder of the data folder in which files lie until they are imported. */
export const FEEDS_FOLDER_NAME = 'feeds';
/** The lock that makes an update the only one on its database. */
export const UPDATE_FEEDS_LOCK = 'job:update-feeds';

export interface FeedUpdate {
  readonly feed: string;
  readonly outcome: FeedAttempt['outcome'];
  /** Why it failed, or what of it; empty otherwise. */
  readonly error: string;
  readonly bytes: number;
  /** What its import did; undefined where nothing was imported. */
  readonly summary: ImportSummary | undefined;
}

export interface UpdateOptions {
  readonly sources: readonly FeedSource[];
  readonly client: HttpClient;
  /** Where files lie until they are imported. */
  readonly folder: string;
  readonly now: () => number;
  readonly updateHours: number;
  /** Attempts in a row of each feed that failed before this one. */
  readonly failuresBefore?: ReadonlyMap<string, number>;
  readonly signal: AbortSignal;
  readonly onProgress?: (state: {
    readonly done: number;
    readonly total: number;
    readonly note: string;
  }) => void;
  readonly onFeed?: (update: FeedUpdate) => void;
}

type Fetched = { readonly source: FeedSource } & (
  | { readonly kind: 'fetched'; readonly fetched: FetchedSource }
  | { readonly kind: 'failed'; readonly failure: DownloadFailure }
);

/**
 * Updates `sources`, in their order, and returns how each went. Nothing that is wrong with a feed throws; the database's
 * failures and the reason of `signal` do. The caller holds `UPDATE_FEEDS_LOCK`.
 */
export async function updateFeeds(
  database: Database,
  options: UpdateOptions,
): Promise<readonly FeedUpdate[]> {
  const tasks = options.sources.map((source) => () => fetchOne(database, source, options));
  const updates: FeedUpdate[] = [];
  for await (const fetched of readAhead(tasks, FEEDS_AT_ONCE_MAX)) {
    const update = await bringInForce(database, fetched, options);
    await saveFeedSource(database, attemptOf(update, fetched, options));
    updates.push(update);
    options.onFeed?.(update);
  }
  return updates;
}

async function fetchOne(database: Database, source: FeedSource, options: UpdateOptions): Promise<Fetched> {
  const { client, folder, signal, onProgress } = options;
  const held = await loadFeedFiles(database, source.name);
  try {
    const fetched = await fetchSource(client, source, {
      held,
      folder,
      signal,
      ...(onProgress === undefined ? {} : { onProgress }),
    });
    return { source, kind: 'fetched', fetched };
  } catch (failure) {
    if (!(failure instanceof DownloadFailure)) throw failure;
    return { source, kind: 'failed', failure };
  }
}

async function bringInForce(database: Database, one: Fetched, options: UpdateOptions): Promise<FeedUpdate> {
  const feed = one.source.name;
  if (one.kind === 'failed') {
    return { feed, outcome: 'failed', error: one.failure.message, bytes: 0, summary: undefined };
  }
  const { files, failures } = one.fetched;
  const notFetched = failures[0] === undefined ? '' : severalSaid(failures[0].message, failures.length);
  if (files.length === 0) {
    const outcome = failures.length === 0 ? 'unchanged' : 'partly';
    return { feed, outcome, error: notFetched, bytes: 0, summary: undefined };
  }
  const bytes = files.reduce((sum, { downloaded }) => sum + downloaded.bytes, 0);
  const now = options.now();
  const reading = readFetchedFiles(files, { now, signal: options.signal });
  try {
    const before = await listRecordCounts(database);
    const summary = await importAdvisories(database, reading.read, {
      now,
      datesRead: reading.dates,
      alongWith: async (tx) => {
        await assertNotShrunk(
          tx,
          before,
          reading.usable().flatMap(({ lists }) => lists),
        );
        const url = one.source.files.url;
        await saveFeedFiles(tx, { name: feed, url, now }, reading.usable());
      },
    });
    await dropFiles(one.fetched);
    const unusable = reading.unusable();
    const unread =
      unusable[0] === undefined
        ? ''
        : severalSaid(`${unusable[0].url} ${unusable[0].problem}`, unusable.length);
    const error = notFetched === '' ? unread : notFetched;
    return { feed, outcome: error === '' ? 'changed' : 'partly', error, bytes, summary };
  } catch (failure) {
    // The database's own failure concerns every feed, and the files are good for the next time.
    if (options.signal.aborted || isDatabaseFailure(failure)) throw failure;
    await dropFiles(one.fetched);
    const [first] = reading.unusable();
    if (first === undefined && isAppError(failure, 'import-nothing-usable')) {
      // All of it was read, and is rightly not held: nothing to ask for again.
      const source = { name: feed, url: one.source.files.url, now };
      await database.transaction((tx) => saveFeedFiles(tx, source, reading.usable()));
      return { feed, outcome: 'unchanged', error: notFetched, bytes, summary: undefined };
    }
    const said = failure instanceof Error ? failure.message : String(failure);
    const error = first === undefined ? said : `what arrived cannot be used: ${first.url} ${first.problem}`;
    return { feed, outcome: 'failed', error, bytes, summary: undefined };
  }
}

function isDatabaseFailure(failure: unknown): boolean {
  return isAppError(failure) && failure.status === DATABASE_FAILURE_STATUS;
}

function severalSaid(first: string, count: number): string {
  return count === 1 ? first : `${first}; ${counted(count - 1, 'more file')} failed`;
}

async function dropFiles({ files }: FetchedSource): Promise<void> {
  for (const { downloaded } of files) await dropPartialFile(downloaded.path);
}

function attemptOf(update: FeedUpdate, { source, ...fetched }: Fetched, options: UpdateOptions): FeedAttempt {
  const at = options.now();
  const asked = fetched.kind === 'failed' ? (fetched.failure.retryAfterMs ?? 0) : 0;
  const hasFailed = update.outcome === 'failed' || update.outcome === 'partly';
  const failures = (options.failuresBefore?.get(source.name) ?? 0) + 1;
  const ordinary = options.updateHours * HOUR_MS * (0.9 + Math.random() / 5);
  const retry = Math.min(ordinary, RETRY_FAILED_MS * 2 ** Math.min(failures - 1, 10));
  return {
    name: source.name,
    url: source.files.url,
    at,
    outcome: update.outcome,
    error: update.error,
    nextAt: Math.round(at + Math.max(hasFailed ? retry : ordinary, asked)),
  };
}
