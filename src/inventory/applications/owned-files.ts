import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { readWholeText } from './file-reading.ts';

/** Largest list of files that is read, in bytes: of one package of dpkg, and the database of apk. */
export const OWNED_LIST_BYTES_MAX = 128 * 1024 ** 2;

/** Lists the files of all rpm packages, one a line; undefined where there is no rpm. */
export type RpmFileLister = () => Promise<string | undefined>;

/**
 * Takes away from `paths` (absolute, below `root`) every file that belongs to a package of the system: the distribution
 * answers for it, with fixes of its own. Answers how many those were.
 */
export async function removeOwnedFiles(
  paths: Set<string>,
  root: string,
  listRpmFiles: RpmFileLister,
): Promise<number> {
  const before = paths.size;
  if (before === 0) return 0;
  const byPlace = new Map<string, string>();
  for (const path of paths) byPlace.set(placeOf(root === '/' ? path : path.slice(root.length)), path);
  const remove = (owned: string): void => {
    const path = byPlace.get(placeOf(owned));
    if (path !== undefined) paths.delete(path);
  };
  for (const text of dpkgLists(root)) for (const line of text.split('\n')) remove(line);
  for (const owned of apkFiles(root)) remove(owned);
  for (const line of ((await listRpmFiles()) ?? '').split('\n')) if (line !== '') remove(line);
  return before - paths.size;
}

/** Of a system whose `/bin` is a link to `/usr/bin`, packages may name either; so of `/lib` and `/sbin`. */
function placeOf(path: string): string {
  return /^\/usr\/(?:bin|sbin|lib\w*)\//.test(path) ? path.slice(4) : path;
}

function* dpkgLists(root: string): Generator<string> {
  const folder = join(root, 'var/lib/dpkg/info');
  for (const name of namesIn(folder)) {
    if (!name.endsWith('.list')) continue;
    const text = readWholeText(join(folder, name), OWNED_LIST_BYTES_MAX);
    if (text !== undefined && text !== 'too-large') yield text;
  }
}

/** In apk's database `F:` opens a folder and `R:` is a file in it. */
function* apkFiles(root: string): Generator<string> {
  for (const file of ['lib/apk/db/installed', 'usr/lib/apk/db/installed']) {
    const text = readWholeText(join(root, file), OWNED_LIST_BYTES_MAX);
    if (text === undefined || text === 'too-large') continue;
    let folder = '';
    for (const line of text.split('\n')) {
      if (line.startsWith('F:')) folder = line.slice(2);
      else if (line.startsWith('R:')) yield `/${folder}/${line.slice(2)}`;
    }
  }
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
