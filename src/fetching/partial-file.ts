/**
 * A file on its way, with what is known of it beside it, so that a download that broke off can go on where it was: also
 * after the end of the process.
 */
import { mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';

/** What tells one version of a file from another, as the server's headers have it; empty where it tells none. */
export interface Validators {
  readonly etag: string;
  readonly lastModified: string;
}

export interface PartialFile extends Validators {
  readonly url: string;
  /** Whether all of it has arrived and was found undamaged. */
  readonly isComplete: boolean;
  readonly bytes: number;
}

type Note = Pick<PartialFile, 'url' | 'etag' | 'lastModified' | 'isComplete'>;

function notePath(path: string): string {
  return `${path}.json`;
}

/** What lies at `path` of `url`; undefined where nothing usable does. */
export async function readPartialFile(path: string, url: string): Promise<PartialFile | undefined> {
  try {
    const note: unknown = JSON.parse(await readFile(notePath(path), 'utf8'));
    if (!isNote(note) || note.url !== url) return undefined;
    const { size } = await stat(path);
    return { ...note, bytes: size };
  } catch {
    return undefined;
  }
}

function isNote(value: unknown): value is Note {
  if (typeof value !== 'object' || value === null) return false;
  const { url, etag, lastModified, isComplete } = value as Readonly<Record<string, unknown>>;
  return (
    typeof url === 'string' &&
    typeof etag === 'string' &&
    typeof lastModified === 'string' &&
    typeof isComplete === 'boolean'
  );
}

/** Notes what the bytes at `path` are, whole or not at all: a note of another version would join two files into one. */
export async function notePartialFile(path: string, note: Note): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const draft = `${notePath(path)}.new`;
  await writeFile(draft, JSON.stringify(note));
  await rename(draft, notePath(path));
}

export async function dropPartialFile(path: string): Promise<void> {
  await rm(notePath(path), { force: true });
  await rm(path, { force: true });
}
