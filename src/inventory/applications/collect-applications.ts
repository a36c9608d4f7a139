/** Applications of this machine that no package of the system brought: found by their own files, each with its places. */
import { lstatSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { PackageList } from '../package-list.ts';
import { type FileKind, kindOfFile } from './file-kinds.ts';
import { collectJavaArchive, type JavaBudget } from './java-archive.ts';
import { type ForeignMount, foreignMounts } from './mounts.ts';
import { type RpmFileLister, removeOwnedFiles } from './owned-files.ts';
import { type FoundFile, readFoundFile } from './read-file.ts';
import { type WalkOptions, walkFiles } from './walk-files.ts';

/** Most files looked into in one scan. */
export const APPLICATION_FILES_MAX = 1_000_000;
/** How long looking into all of them may take, after the walk. */
export const APPLICATIONS_TIMEOUT_MS = 900_000;
/** Smallest program that can hold build information, in bytes. */
const PROGRAM_BYTES_MIN = 4_096;
/** Largest program looked into, in bytes: only a few parts of it are read. */
const PROGRAM_BYTES_MAX = 8 * 1024 ** 3;

/** Folders of the kernel, and those that hold other systems' files: images and containers. */
const KERNEL_FOLDERS = ['/proc', '/sys', '/dev', '/run'];
const CONTAINER_FOLDERS = [
  '/snap',
  '/var/lib/containerd',
  '/var/lib/containers',
  '/var/lib/docker',
  '/var/lib/flatpak',
  '/var/lib/kubelet',
  '/var/lib/lxc',
  '/var/lib/lxd',
  '/var/lib/machines',
  '/var/lib/snapd',
];
/** Copies that nobody runs: caches of downloads, repositories and snapshots. */
const CACHE_NAMES: ReadonlySet<string> = new Set([
  '.git',
  '.svn',
  '.hg',
  '.cache',
  '_cacache',
  '.m2',
  '.snapshots',
]);

export interface ApplicationOptions {
  /** The root of the file system to look at. */
  readonly root: string;
  /** Folders to look in, absolute within `root`; empty: all of it. */
  readonly lookIn: readonly string[];
  readonly listRpmFiles: RpmFileLister;
  /** Bounds of the walk, where they are not the usual ones. */
  readonly walk?: Partial<WalkOptions>;
}

/** Adds every application found to `list`, and what was not looked into to its problems. */
export async function collectApplications(list: PackageList, options: ApplicationOptions): Promise<void> {
  const root = options.root === '/' ? '' : options.root.replace(/\/+$/, '');
  const found = findFiles(root, options, list);
  await removeOwned(found, root, options.listRpmFiles);
  const deadline = performance.now() + APPLICATIONS_TIMEOUT_MS;
  const budget: JavaBudget = { unpackedBytes: 0 };
  for (const [path, kind] of found) {
    const file: FoundFile = { path, shownPath: path.slice(root.length) };
    if (performance.now() > deadline) {
      list.addProblem(
        `looking into applications took longer than ${APPLICATIONS_TIMEOUT_MS} ms: ${file.shownPath} and what comes after was not looked into; name fewer folders with --look-in`,
      );
      return;
    }
    try {
      if (kind === 'java') await collectJavaArchive(path, file.shownPath, list, budget);
      else readFoundFile(kind, file, list);
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'inventory-too-large') throw error;
      list.addProblem(
        `${file.shownPath} could not be read: ${error instanceof Error ? error.message : String(error)}`,
      );
    }
  }
}

function findFiles(root: string, options: ApplicationOptions, list: PackageList): Map<string, FileKind> {
  const found = new Map<string, FileKind>();
  let omitted = 0;
  const onFile = (path: string): void => {
    const kind = kindOfFile(path);
    if (kind === undefined || (kind === 'program' && !isProgram(path))) return;
    if (found.size < APPLICATION_FILES_MAX) found.set(path, kind);
    else omitted += 1;
  };
  const foreign = root === '' ? foreignMounts(readMountinfo()) : [];
  const asked = options.lookIn.length === 0 ? ['/'] : options.lookIn;
  const roots = asked
    .map((folder) => join(root, '/', folder))
    .filter((folder) => isOurs(folder, foreign, list));
  const skipped = skippedFolders(root, foreign, list);
  const { problems } = walkFiles(roots, onFile, {
    skipped,
    skippedNames: CACHE_NAMES,
    isOneFileSystem: root !== '',
    ...options.walk,
  });
  for (const problem of problems) list.addProblem(problem);
  if (omitted > 0) {
    list.addProblem(
      `${omitted} files past the first ${APPLICATION_FILES_MAX} were not looked into: name fewer folders with --look-in`,
    );
  }
  return found;
}

function isProgram(path: string): boolean {
  try {
    const { mode, size } = lstatSync(path);
    const isRunnable = (mode & 0o111) !== 0 || /\.so(?:\.\d+)*$/.test(path);
    return isRunnable && size >= PROGRAM_BYTES_MIN && size <= PROGRAM_BYTES_MAX;
  } catch {
    return false;
  }
}

/** Whether a folder lies on the machine's own disks; one on a network is told, even where it was asked for. */
function isOurs(folder: string, foreign: readonly ForeignMount[], list: PackageList): boolean {
  const over = foreign.find(({ path, isNetwork }) => isNetwork && `${folder}/`.startsWith(`${path}/`));
  if (over === undefined) return true;
  list.addProblem(`${folder} lies on a network file system (${over.type}) and was not looked into`);
  return false;
}

/** Folders that are not entered; those that hold somebody else's applications are told. */
function skippedFolders(
  root: string,
  foreign: readonly ForeignMount[],
  list: PackageList,
): ReadonlySet<string> {
  const skipped = new Set<string>();
  for (const folder of KERNEL_FOLDERS) skipped.add(`${root}${folder}`);
  for (const folder of CONTAINER_FOLDERS) {
    skipped.add(`${root}${folder}`);
    if (isFolder(`${root}${folder}`)) {
      list.addUnsupported('folders of containers and images, which are systems of their own', folder);
    }
  }
  for (const mount of foreign) {
    skipped.add(mount.path);
    if (mount.isNetwork) list.addUnsupported('network file systems, which are not looked into', mount.path);
  }
  return skipped;
}

function readMountinfo(): string {
  try {
    return readFileSync('/proc/self/mountinfo', 'utf8');
  } catch {
    return '';
  }
}

function isFolder(path: string): boolean {
  try {
    return lstatSync(path).isDirectory();
  } catch {
    return false;
  }
}

/** Files of packages of the system go, but for lists of what is beside them: those are told by the file itself. */
async function removeOwned(
  found: Map<string, FileKind>,
  root: string,
  listRpmFiles: RpmFileLister,
): Promise<void> {
  const paths = new Set(found.keys());
  await removeOwnedFiles(paths, root === '' ? '/' : root, listRpmFiles);
  for (const path of found.keys()) if (!paths.has(path)) found.delete(path);
}
