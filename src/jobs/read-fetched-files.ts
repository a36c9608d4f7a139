/** Fetched files as an import reads them, with what each brought and how new it is by its server's word. */
import type { FeedItem } from '../advisories/feed.ts';
import { readAdvisoryFiles } from '../advisories/read.ts';
import type { FetchedFile } from '../fetching/fetch-source.ts';
import type { CoverageDate } from '../store/advisories/date-feed-coverage.ts';
import type { ImportedFeedFile } from '../store/advisories/save-feed-files.ts';

export interface FetchedReading {
  /** The items of all files; may be called again, and begins anew then. */
  readonly read: () => AsyncGenerator<FeedItem>;
  /** Dates of what is no whole list, of the last reading. */
  readonly dates: () => readonly CoverageDate[];
  /** Files of the last reading that held anything usable. */
  readonly usable: () => readonly ImportedFeedFile[];
  /** URLs of those that did not, each with the first thing wrong with it. */
  readonly unusable: () => readonly { readonly url: string; readonly problem: string }[];
}

interface FileReading {
  readonly fetched: FetchedFile;
  readonly feeds: Set<string>;
  readonly lists: Set<string>;
  /** Ecosystems by feed, of feeds that are no whole lists. */
  readonly ecosystems: Map<string, Set<string>>;
  items: number;
  problem: string;
}

/** Prepares the reading of `files`. A list without a date of its own gets that of its file (`Last-Modified`), at most `now`. */
export function readFetchedFiles(
  files: readonly FetchedFile[],
  { now, signal }: { readonly now: number; readonly signal: AbortSignal },
): FetchedReading {
  let readings: FileReading[] = [];
  const dateOf = ({ downloaded }: FetchedFile): number | undefined => {
    const date = Date.parse(downloaded.lastModified);
    return Number.isNaN(date) ? undefined : Math.min(date, now);
  };
  const read = async function* (): AsyncGenerator<FeedItem> {
    readings = [];
    for (const fetched of files) {
      const reading = newReading(fetched);
      readings.push(reading);
      for await (const item of readAdvisoryFiles([fetched.downloaded.path], { signal })) {
        note(reading, item);
        const isUndated = item.kind === 'list' && item.publishedAt === undefined;
        yield isUndated ? { ...item, publishedAt: dateOf(fetched) } : item;
      }
    }
  };
  const dates = (): readonly CoverageDate[] => {
    const latest = new Map<string, CoverageDate>();
    for (const { fetched, ecosystems } of readings) {
      const publishedAt = dateOf(fetched);
      if (publishedAt === undefined) continue;
      for (const [feed, names] of ecosystems) {
        for (const ecosystem of names) {
          const key = `${feed}\n${ecosystem}`;
          const before = latest.get(key)?.publishedAt ?? 0;
          if (publishedAt > before) latest.set(key, { feed, ecosystem, publishedAt });
        }
      }
    }
    return [...latest.values()];
  };
  return {
    read,
    dates,
    usable: () => readings.filter(({ items }) => items > 0).map(importedFile),
    unusable: () =>
      readings
        .filter(({ items }) => items === 0)
        .map(({ fetched, problem }) => ({
          url: fetched.file.url,
          problem: problem === '' ? 'holds no record' : problem,
        })),
  };
}

function newReading(fetched: FetchedFile): FileReading {
  return { fetched, feeds: new Set(), lists: new Set(), ecosystems: new Map(), items: 0, problem: '' };
}

function note(reading: FileReading, item: FeedItem): void {
  if (item.kind === 'problem') {
    if (reading.problem === '') reading.problem = item.problem;
    return;
  }
  if (item.kind !== 'list') reading.items += 1;
  if (!('feed' in item)) return;
  reading.feeds.add(item.feed);
  if (item.kind === 'list') reading.lists.add(item.feed);
  if (item.kind !== 'advisory' || reading.lists.has(item.feed)) return;
  let ecosystems = reading.ecosystems.get(item.feed);
  if (ecosystems === undefined) {
    ecosystems = new Set();
    reading.ecosystems.set(item.feed, ecosystems);
  }
  for (const { ecosystem } of item.advisory.affected) ecosystems.add(ecosystem);
}

function importedFile({ fetched, feeds, lists }: FileReading): ImportedFeedFile {
  const { file, downloaded } = fetched;
  return {
    url: file.id,
    etag: downloaded.etag,
    lastModified: downloaded.lastModified,
    stamp: file.stamp,
    feeds: [...feeds],
    lists: [...lists],
  };
}
