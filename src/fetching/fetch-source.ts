/** All the files of one feed that are new, into a folder. */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { readAhead } from '../archive/read-ahead.ts';
import { type DownloadedFile, download } from './download.ts';
import { DownloadFailure, lastingFailure } from './download-failure.ts';
import type { FeedFile, FeedSource } from './feed-source.ts';
import { fetchText } from './fetch-text.ts';
import type { HttpClient } from './http-client.ts';
import { mirroredUrl } from './http-settings.ts';
import { FEED_FILES_MAX, fileAt, repositoryInMirrorList, updateinfoInRepository } from './listings.ts';
import type { Validators } from './partial-file.ts';

/** Files of one feed that are fetched at the same time. */
const FILES_AT_ONCE_MAX = 4;
/** Files in a row that fail before the rest of a feed is left for the next time. */
const FAILURES_IN_A_ROW_MAX = 5;
const INDEX_BYTES_MAX = 16 * 1024 * 1024;

/** What is in force of one file, by its `id`. */
export interface HeldFile extends Validators {
  readonly url: string;
  readonly stamp: string;
}

export interface FetchedFile {
  readonly file: FeedFile;
  readonly downloaded: DownloadedFile;
}

export interface FetchedSource {
  /** New or changed files, in the order of the index. */
  readonly files: readonly FetchedFile[];
  readonly unchanged: number;
  /** Files that could not be fetched; the rest counts. */
  readonly failures: readonly DownloadFailure[];
}

export interface FetchOptions {
  readonly held: readonly HeldFile[];
  /** Where files lie until they are imported. */
  readonly folder: string;
  readonly signal: AbortSignal;
  readonly onProgress?: (state: {
    readonly done: number;
    readonly total: number;
    readonly note: string;
  }) => void;
}

type Outcome = FetchedFile | 'unchanged' | 'absent' | DownloadFailure;

/**
 * Fetches what changed of `source` since `held`. Rejects with a `DownloadFailure` where nothing could be fetched, or with the reason
 * of the signal.
 */
export async function fetchSource(
  client: HttpClient,
  source: FeedSource,
  options: FetchOptions,
): Promise<FetchedSource> {
  const held = new Map(options.held.map((file) => [file.url, file]));
  const all = await filesOf(client, source, options.signal);
  const wanted = all.filter((file) => !isHeldForGood(source, file, held.get(file.id)));
  const files: FetchedFile[] = [];
  const failures: DownloadFailure[] = [];
  let unchanged = all.length - wanted.length;
  let failedInARow = 0;
  const tasks = wanted.map((file, index) => async (): Promise<Outcome | undefined> => {
    if (failedInARow >= FAILURES_IN_A_ROW_MAX) return undefined;
    const note = wanted.length === 1 ? source.name : `${source.name} (file ${index + 1} of ${wanted.length})`;
    return await fetchFile(client, source, { file, held: held.get(file.id), note }, options);
  });
  for await (const outcome of readAhead(tasks, FILES_AT_ONCE_MAX)) {
    failedInARow = outcome instanceof DownloadFailure ? failedInARow + 1 : 0;
    if (outcome instanceof DownloadFailure) failures.push(outcome);
    else if (outcome === 'unchanged' || outcome === 'absent') unchanged += 1;
    else if (outcome !== undefined) files.push(outcome);
  }
  const [first] = failures;
  if (first !== undefined && failures.length === wanted.length) throw first;
  return { files, unchanged, failures };
}

async function filesOf(
  client: HttpClient,
  source: FeedSource,
  signal: AbortSignal,
): Promise<readonly FeedFile[]> {
  const { files } = source;
  const textAt = async (url: string): Promise<string> => {
    const address = addressOf(client, source, url);
    return await fetchText(client, { url: address, bytesMax: INDEX_BYTES_MAX }, signal);
  };
  if (files.kind === 'file') return [fileAt(files.url)];
  if (files.kind === 'repository') {
    const isList = !files.url.endsWith('/');
    const repository = isList ? repositoryInMirrorList(await textAt(files.url), files.url) : files.url;
    return [updateinfoInRepository(await textAt(`${repository}repodata/repomd.xml`), repository, files.url)];
  }
  const listed = files.list(await textAt(files.url), files.url);
  if (listed.length > FEED_FILES_MAX) {
    throw lastingFailure(`${files.url} lists more than ${FEED_FILES_MAX} files`);
  }
  const elsewhere = listed.find(({ url }) => new URL(url).host !== new URL(files.url).host);
  if (elsewhere !== undefined)
    throw lastingFailure(`${files.url} lists a file on another host, ${elsewhere.url}`);
  return listed;
}

/** Nothing has to be asked of a file whose index says that it is the one in force. */
function isHeldForGood({ files }: FeedSource, file: FeedFile, held: HeldFile | undefined): boolean {
  if (held === undefined || held.stamp !== file.stamp) return false;
  return file.stamp !== '' || (files.kind === 'index' && files.isFixed);
}

async function fetchFile(
  client: HttpClient,
  source: FeedSource,
  wanted: { readonly file: FeedFile; readonly held: HeldFile | undefined; readonly note: string },
  { folder, signal, onProgress }: FetchOptions,
): Promise<Outcome> {
  const { file, held, note } = wanted;
  const sha256Url = source.files.kind === 'file' ? source.files.sha256Url : undefined;
  const request = {
    url: addressOf(client, source, file.url),
    held,
    bytesMax: source.bytesMax,
    sha256: file.sha256,
    sha256Url: sha256Url === undefined ? undefined : addressOf(client, source, sha256Url),
  };
  try {
    const outcome = await download(client, request, join(folder, fileNameFor(source, file)), {
      signal,
      onProgress: (state) => onProgress?.({ ...state, note }),
    });
    return outcome.kind === 'unchanged' ? 'unchanged' : { file, downloaded: outcome };
  } catch (error) {
    if (!(error instanceof DownloadFailure)) throw error;
    return file.isOptional && error.status === 404 ? 'absent' : error;
  }
}

function addressOf(client: HttpClient, { isOwn }: FeedSource, url: string): string {
  return isOwn ? url : mirroredUrl(url, client.settings.mirrors);
}

/** Readable, and never a path: what an index names is a stranger's word. */
function fileNameFor({ name, files }: FeedSource, { url }: FeedFile): string {
  if (files.kind === 'file') return name;
  const digest = createHash('sha256').update(url).digest('hex').slice(0, 12);
  const last = new URL(url).pathname.split('/').at(-1) ?? '';
  return `${name}-${digest}-${last.replace(/[^A-Za-z0-9._-]/g, '_').slice(-64)}`;
}
