import { lstat, readdir, realpath, stat } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { isHiddenName } from '../archive/limits.ts';

/** Most files below all the paths given. The largest public collection, one record a file, has some 350,000. */
export const FILES_MAX = 2_000_000;
/** Deepest folder looked into below a path given. */
export const FOLDER_DEPTH_MAX = 32;

export interface FoundFiles {
  readonly files: readonly { readonly path: string; readonly bytes: number }[];
  readonly problems: readonly { readonly where: string; readonly problem: string }[];
}

interface Search {
  readonly files: { readonly path: string; readonly bytes: number }[];
  readonly problems: { readonly where: string; readonly problem: string }[];
  readonly signal: AbortSignal | undefined;
}

/**
 * The files meant by `paths`, in their order; below a folder sorted by name. Hidden files are passed over. A link inside
 * a folder is not followed (what it names inside the folder is found anyway, and nothing outside was asked for); a path
 * given may itself be one. What is missing, no ordinary file, unreadable, or past a bound is a problem; nothing throws
 * but an abort.
 */
export async function findFiles(paths: readonly string[], signal?: AbortSignal): Promise<FoundFiles> {
  const search: Search = { files: [], problems: [], signal };
  for (const path of paths) await findGiven(path, search);
  return search;
}

async function findGiven(path: string, search: Search): Promise<void> {
  try {
    const found = await stat(path);
    if (found.isFile()) search.files.push({ path, bytes: found.size });
    else if (!found.isDirectory())
      search.problems.push({ where: path, problem: 'is no ordinary file or folder' });
    else {
      const before = search.files.length + search.problems.length;
      await findInFolder(path, { root: await realpath(path), depth: 1 }, search);
      const isEmpty = search.files.length + search.problems.length === before;
      if (isEmpty) search.problems.push({ where: path, problem: 'is a folder without files' });
    }
  } catch (error) {
    rethrowAbort(search);
    search.problems.push({ where: path, problem: whyUnreadable(error) });
  }
}

async function findInFolder(
  folder: string,
  place: { readonly root: string; readonly depth: number },
  search: Search,
): Promise<void> {
  search.signal?.throwIfAborted();
  if (place.depth > FOLDER_DEPTH_MAX) {
    search.problems.push({
      where: folder,
      problem: `lies more than ${FOLDER_DEPTH_MAX} folders deep: not looked into`,
    });
    return;
  }
  const entries = await readdir(folder, { withFileTypes: true });
  entries.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
  for (const entry of entries) {
    if (isHiddenName(entry.name)) continue;
    const path = join(folder, entry.name);
    try {
      if (entry.isDirectory()) await findInFolder(path, { ...place, depth: place.depth + 1 }, search);
      else if (entry.isFile()) await addFile(path, search);
      else if (!entry.isSymbolicLink()) search.problems.push({ where: path, problem: 'is no ordinary file' });
      else if (!(await leadsInside(path, place.root))) {
        search.problems.push({
          where: path,
          problem: 'is a link that leads out of the folder: not followed',
        });
      }
    } catch (error) {
      rethrowAbort(search);
      search.problems.push({ where: path, problem: whyUnreadable(error) });
    }
  }
}

async function addFile(path: string, search: Search): Promise<void> {
  if (search.files.length < FILES_MAX) {
    search.files.push({ path, bytes: (await lstat(path)).size });
    return;
  }
  const problem = `is past the ${FILES_MAX} files that Parapet reads at once: split the folder`;
  if (search.problems.at(-1)?.problem !== problem) search.problems.push({ where: path, problem });
}

async function leadsInside(link: string, root: string): Promise<boolean> {
  const target = await realpath(link);
  return target === root || target.startsWith(root.endsWith(sep) ? root : root + sep);
}

function rethrowAbort(search: Search): void {
  search.signal?.throwIfAborted();
}

function whyUnreadable(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'ENOENT') return 'does not exist';
  if (code === 'EACCES' || code === 'EPERM') return 'may not be read by this user';
  return `cannot be read (${error instanceof Error ? error.message : String(error)})`;
}
