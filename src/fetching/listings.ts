/** Indexes of feeds that consist of several files, each publisher's read its own way. What an index names is a stranger's word: only names of the expected form are taken. */
import { lastingFailure } from './download-failure.ts';
import type { FeedFile } from './feed-source.ts';

/** Most files of one feed. The largest index, openEuler's, names some 8,000. */
export const FEED_FILES_MAX = 50_000;

/** Alpine's secdb: a page that links to a folder a release, each with a file a repository. */
export function alpineReleaseFiles(text: string, url: string): readonly FeedFile[] {
  const releases = new Set(
    [...text.matchAll(/href="(?:\.?\/)?(v\d+\.\d+|edge)\/?"/g)].map(([, name]) => name ?? ''),
  );
  if (releases.size === 0) throw lastingFailure(`${url} lists no release`);
  return [...releases].flatMap((release) => [
    { url: new URL(`${release}/main.json`, url).href, stamp: '', isOptional: true },
    { url: new URL(`${release}/community.json`, url).href, stamp: '', isOptional: true },
  ]);
}
