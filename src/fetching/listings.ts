/** Indexes of feeds that consist of several files, each publisher's read its own way. What an index names is a stranger's word: only names of the expected form are taken. */
import { isJsonObject, listField, parseJson, stringField } from '../archive/json-guard.ts';
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
  return [...releases].flatMap((release) =>
    ['main', 'community'].map((repository) => ({
      ...fileAt(new URL(`${release}/${repository}.json`, url).href),
      isOptional: true,
    })),
  );
}

/**
 * Microsoft's list of monthly documents of security updates, each with the moment of its last change. Documents of its Linux
 * distribution are in the list too, and left out.
 */
export function msrcDocuments(text: string, url: string): readonly FeedFile[] {
  const parsed = parseJson(text);
  const entries = parsed.ok && isJsonObject(parsed.value) ? listField(parsed.value, 'value') : [];
  const files = entries.flatMap((entry): readonly FeedFile[] => {
    if (!isJsonObject(entry)) return [];
    const id = stringField(entry, 'ID');
    const stamp = stringField(entry, 'CurrentReleaseDate');
    const isUpdates =
      /^\d{4}-[A-Z][a-z]{2}$/.test(id) && /security updates/i.test(stringField(entry, 'DocumentTitle'));
    return isUpdates && stamp !== '' ? [{ ...fileAt(new URL(`cvrf/${id}`, url).href), stamp }] : [];
  });
  if (files.length === 0) throw lastingFailure(`${url} lists no monthly document`);
  return files;
}

/** A text with the path of one file a line, below the place of the index. */
export function pathPerLine(pattern: RegExp): (text: string, url: string) => readonly FeedFile[] {
  return (text, url) => {
    const paths = text.split(/\r?\n/).filter((line) => pattern.test(line));
    if (paths.length === 0) throw lastingFailure(`${url} lists no file`);
    return paths.map((path) => fileAt(new URL(path, url).href));
  };
}

/** Where a repository lies by a list of mirrors: its first line on the same host. Mirrors elsewhere are strangers. */
export function repositoryInMirrorList(text: string, url: string): string {
  const lines = text.split(/\r?\n/).map((line) => line.trim());
  const found = lines.find((line) => URL.canParse(line) && new URL(line).host === new URL(url).host);
  if (found === undefined) throw lastingFailure(`${url} names no mirror on its own host`);
  return found.endsWith('/') ? found : `${found}/`;
}

/** The advisories of an rpm repository by its `repomd.xml`, with the checksum that it tells. */
export function updateinfoInRepository(text: string, repository: string, id: string): FeedFile {
  const data = /<data type="updateinfo">([\s\S]*?)<\/data>/.exec(text)?.[1] ?? '';
  const path = /<location href="(repodata\/[A-Za-z0-9._-]{1,200})"/.exec(data)?.[1];
  const sha256 = /<checksum type="sha256">([0-9a-f]{64})<\/checksum>/i.exec(data)?.[1];
  if (path === undefined || sha256 === undefined) {
    throw lastingFailure(`the repository at ${repository} has no advisories (updateinfo with a SHA-256)`);
  }
  return { url: new URL(path, repository).href, id, stamp: sha256, sha256, isOptional: false };
}

/** A file of which nothing is known but its URL. */
export function fileAt(url: string): FeedFile {
  return { url, id: url, stamp: '', isOptional: false };
}
