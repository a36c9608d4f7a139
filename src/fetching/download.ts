/**
 * One file from a publisher to the disk: asked for only if it changed, gone on with where it broke off, tried again where
 * that may help, checked, and within bounds of size and time. What is in force meanwhile is not touched.
 */
import { open } from 'node:fs/promises';
import type { IncomingHttpHeaders } from 'node:http';
import { digestsInHeaders, type ExpectedDigest, sha256InFile, verifyFile } from './checksum.ts';
import { DownloadFailure, lastingFailure, passingFailure } from './download-failure.ts';
import { fetchText } from './fetch-text.ts';
import { failureOf, type HttpAnswer, type HttpClient } from './http-client.ts';
import {
  dropPartialFile,
  notePartialFile,
  type PartialFile,
  readPartialFile,
  type Validators,
} from './partial-file.ts';
import { statusFailure } from './status-failure.ts';
import { withRetries } from './with-retries.ts';

export interface DownloadRequest {
  readonly url: string;
  /** Of the version in force; undefined: any is welcome. */
  readonly held: Validators | undefined;
  readonly bytesMax: number;
  /** Where the publisher keeps the file's SHA-256. */
  readonly sha256Url?: string | undefined;
  /** The SHA-256 that a signed or checksummed index tells. */
  readonly sha256?: string | undefined;
}

export interface DownloadedFile extends Validators {
  readonly kind: 'file';
  readonly path: string;
  readonly bytes: number;
  /** In hex. */
  readonly sha256: string;
}

export interface DownloadOptions {
  readonly signal: AbortSignal;
  /** Told as bytes arrive; `total` 0: the server does not say. */
  readonly onProgress?: ((state: { readonly done: number; readonly total: number }) => void) | undefined;
}

/**
 * Downloads to `path`, which keeps a part of the file beside a note of what it is until the caller drops it
 * (`dropPartialFile`). `unchanged`: the version in force is the publisher's. Rejects with a `DownloadFailure` in words, or with the reason
 * of the signal.
 */
export async function download(
  client: HttpClient,
  request: DownloadRequest,
  path: string,
  options: DownloadOptions,
): Promise<DownloadedFile | { readonly kind: 'unchanged' }> {
  const bytesHeld = async (): Promise<number> => (await readPartialFile(path, request.url))?.bytes ?? 0;
  return await withRetries(
    client.settings.limits,
    options.signal,
    (signal) => attemptDownload(client, request, path, { ...options, signal }),
    bytesHeld,
  );
}

async function attemptDownload(
  client: HttpClient,
  request: DownloadRequest,
  path: string,
  options: DownloadOptions,
): Promise<DownloadedFile | { readonly kind: 'unchanged' }> {
  const part = await readPartialFile(path, request.url);
  const answer = await client.get(request.url, questionOf(part, request.held), options.signal);
  try {
    if (answer.status === 304) {
      if (part?.isComplete !== true) return { kind: 'unchanged' };
      return await finished(client, request, path, { ...part, digests: [] }, options);
    }
    if (answer.status === 416) {
      await dropPartialFile(path);
      throw passingFailure(`${answer.url} has become shorter than what had arrived of it`);
    }
    if (answer.status !== 200 && answer.status !== 206) throw statusFailure(answer);
    const joined = answer.status === 206 ? await joinedTo(answer, part, path) : undefined;
    const arrived = await writeBody(answer, { request, path, joined }, options);
    return await finished(client, request, path, arrived, options);
  } finally {
    answer.body.destroy();
  }
}

/** Only a strong validator may join two parts (RFC 9110, 13.1.5); a date counts as one here, as the field does. */
function questionOf(part: PartialFile | undefined, held: Validators | undefined): Record<string, string> {
  if (part !== undefined && !part.isComplete) {
    const validator = part.etag !== '' && !part.etag.startsWith('W/') ? part.etag : part.lastModified;
    if (validator !== '' && part.bytes > 0) {
      return { range: `bytes=${part.bytes}-`, 'if-range': validator };
    }
  }
  const known = part?.isComplete === true ? part : held;
  return {
    ...(known === undefined || known.etag === '' ? {} : { 'if-none-match': known.etag }),
    ...(known === undefined || known.lastModified === '' ? {} : { 'if-modified-since': known.lastModified }),
  };
}

/** The part that an answer with the rest goes on from. A rest of another version would make a file of two. */
async function joinedTo(
  { headers, url }: HttpAnswer,
  part: PartialFile | undefined,
  path: string,
): Promise<PartialFile> {
  const start = Number(/^bytes (\d{1,15})-/.exec(headers['content-range'] ?? '')?.[1] ?? Number.NaN);
  const isOther = part?.etag !== '' && headers.etag !== undefined && headers.etag !== part?.etag;
  if (part === undefined || start !== part.bytes || isOther) {
    await dropPartialFile(path);
    throw passingFailure(`${url} answered with another part than it was asked for`);
  }
  return part;
}

interface Arrived extends Validators {
  readonly bytes: number;
  readonly digests: readonly ExpectedDigest[];
}

async function writeBody(
  answer: HttpAnswer,
  to: { readonly request: DownloadRequest; readonly path: string; readonly joined: PartialFile | undefined },
  { signal, onProgress }: DownloadOptions,
): Promise<Arrived> {
  const { request, path, joined } = to;
  const start = joined?.bytes ?? 0;
  const validators = joined === undefined ? validatorsOf(answer.headers) : pickValidators(joined);
  const total = totalOf(answer, start);
  refuseOversize(total ?? 0, request);
  // What lies there of another version goes first: its bytes under the new version's note would be joined to it.
  if (joined === undefined) await dropPartialFile(path);
  await notePartialFile(path, { url: request.url, ...validators, isComplete: false });
  let bytes = start;
  try {
    const file = await open(path, joined === undefined ? 'w' : 'a');
    try {
      // Each piece is on the disk before the next is asked for, so that whatever arrived is gone on from.
      for await (const chunk of answer.body as AsyncIterable<Buffer>) {
        refuseOversize(bytes + chunk.byteLength, request);
        await file.writeFile(chunk);
        bytes += chunk.byteLength;
        onProgress?.({ done: bytes, total: total ?? 0 });
      }
      await file.sync();
    } finally {
      await file.close();
    }
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof DownloadFailure && !error.isTransient) await dropPartialFile(path);
    throw diskFailure(error) ?? failureOf(error, new URL(answer.url));
  }
  if (!answer.body.complete || (total !== undefined && bytes !== total)) {
    throw passingFailure(
      `${new URL(answer.url).host} broke off after ${bytes} of ${total ?? 'unknown'} bytes`,
    );
  }
  return { bytes, ...validators, digests: digestsInHeaders(answer.headers, answer.status === 200) };
}

function pickValidators({ etag, lastModified }: Validators): Validators {
  return { etag, lastModified };
}

function validatorsOf(headers: IncomingHttpHeaders): Validators {
  return { etag: headers.etag ?? '', lastModified: headers['last-modified'] ?? '' };
}

/** Length of the whole file as the server tells it. */
function totalOf({ headers, status }: HttpAnswer, start: number): number | undefined {
  const told = status === 206 ? /\/(\d{1,15})$/.exec(headers['content-range'] ?? '')?.[1] : undefined;
  if (told !== undefined) return Number(told);
  const length = headers['content-length'];
  return length === undefined || !/^\d{1,15}$/.test(length) ? undefined : start + Number(length);
}

function refuseOversize(bytes: number, { bytesMax }: DownloadRequest): void {
  if (bytes > bytesMax) {
    throw lastingFailure(`is larger than ${bytesMax} bytes, the most that Parapet takes of this feed`);
  }
}

function diskFailure(error: unknown): DownloadFailure | undefined {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (!['ENOSPC', 'EDQUOT', 'EACCES', 'EPERM', 'EROFS', 'EIO', 'ENOENT', 'EISDIR'].includes(code))
    return undefined;
  return lastingFailure(`could not be written into the data folder (${code})`, error);
}

async function finished(
  client: HttpClient,
  request: DownloadRequest,
  path: string,
  arrived: Arrived,
  options: DownloadOptions,
): Promise<DownloadedFile> {
  const digests = [...arrived.digests, ...(await publishedDigests(client, request, options.signal))];
  let sha256: string;
  try {
    sha256 = await verifyFile(path, digests);
  } catch (error) {
    await dropPartialFile(path);
    // Damage on the way may not happen again; damage at the publisher's fails each time.
    throw error instanceof DownloadFailure ? passingFailure(error.message, error) : error;
  }
  const { etag, lastModified, bytes } = arrived;
  await notePartialFile(path, { url: request.url, etag, lastModified, isComplete: true });
  return { kind: 'file', path, bytes, sha256, etag, lastModified };
}

async function publishedDigests(
  client: HttpClient,
  { url, sha256, sha256Url }: DownloadRequest,
  signal: AbortSignal,
): Promise<readonly ExpectedDigest[]> {
  const fromIndex: readonly ExpectedDigest[] =
    sha256 === undefined ? [] : [{ algorithm: 'sha256', hex: sha256.toLowerCase(), says: 'the index' }];
  if (sha256Url === undefined) return fromIndex;
  const text = await fetchText(client, { url: sha256Url, bytesMax: CHECKSUM_FILE_BYTES_MAX }, signal);
  const hex = sha256InFile(text, new URL(url).pathname.split('/').at(-1) ?? '');
  if (hex === undefined) throw lastingFailure(`${sha256Url} holds no SHA-256 of the file`);
  return [...fromIndex, { algorithm: 'sha256', hex, says: sha256Url }];
}

/** Largest checksum file that is read. */
const CHECKSUM_FILE_BYTES_MAX = 1024 * 1024;
