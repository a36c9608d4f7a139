import { type Dir, lstatSync, opendirSync } from 'node:fs';
import { join } from 'node:path';

/** Deepest folder below a root that is looked into. */
export const WALK_DEPTH_MAX = 32;
/** Most entries of folders that are looked at in one walk; a large file server has some millions. */
export const WALK_ENTRIES_MAX = 5_000_000;
/** How long one walk may take. */
export const WALK_TIMEOUT_MS = 300_000;
/** Longest path looked at, in characters (PATH_MAX of Linux). */
export const WALK_PATH_LENGTH_MAX_CHARS = 4_096;

/** How one walk is bounded, all overridable. */
export interface WalkOptions {
  /** Folders that are not entered, with the file systems that begin there. */
  readonly skipped: ReadonlySet<string>;
  /** Names of folders that are nowhere entered: copies that nobody runs. Those met are told. */
  readonly skippedNames?: ReadonlySet<string>;
  /** Stays on the file system of each root: for a mounted image, whose own mounts are not known. */
  readonly isOneFileSystem?: boolean;
  readonly depthMax?: number;
  readonly entriesMax?: number;
  readonly timeoutMs?: number;
  /** Milliseconds, of any clock that only goes forward. */
  readonly now?: () => number;
}

/** What a walk saw. */
export interface WalkResult {
  readonly entries: number;
  /** What was not looked into, in words, each kind once. */
  readonly problems: readonly string[];
}

interface Folder {
  readonly path: string;
  readonly depth: number;
  readonly device: number | undefined;
}

/**
 * Calls `onFile` with every regular file below `roots`, in no promised order. Links are neither followed nor reported, nor
 * are devices and pipes; a folder that cannot be read costs only itself. Synchronous on purpose: a walk is all that the
 * program does meanwhile, and some five times faster than one that waits for each folder.
 */
export function walkFiles(
  roots: readonly string[],
  onFile: (path: string) => void,
  options: WalkOptions,
): WalkResult {
  return new Walk(options, onFile).run(roots);
}

class Walk {
  readonly #options: WalkOptions;
  readonly #onFile: (path: string) => void;
  readonly #pending: Folder[] = [];
  #entries = 0;
  #unreadable = 0;
  #firstUnreadable = '';
  #tooDeep = 0;
  #firstTooDeep = '';
  #unnameable = 0;
  #copies = 0;
  #firstCopy = '';

  constructor(options: WalkOptions, onFile: (path: string) => void) {
    this.#options = options;
    this.#onFile = onFile;
  }

  run(roots: readonly string[]): WalkResult {
    const { now = () => performance.now() } = this.#options;
    const { entriesMax = WALK_ENTRIES_MAX, timeoutMs = WALK_TIMEOUT_MS } = this.#options;
    const problems: string[] = [];
    for (const root of [...new Set(roots)].reverse()) this.#addRoot(root, problems);
    const endsAt = now() + timeoutMs;
    for (let folder = this.#pending.pop(); folder !== undefined; folder = this.#pending.pop()) {
      if (now() > endsAt) {
        problems.push(
          `looking for applications took longer than ${timeoutMs} ms and ended at ${folder.path}: what comes after was not looked into; name fewer folders with --look-in`,
        );
        break;
      }
      if (this.#entries > entriesMax) {
        problems.push(
          `there are more than ${entriesMax} files: those from ${folder.path} on were not looked into; name fewer folders with --look-in`,
        );
        break;
      }
      this.#readFolder(folder);
    }
    return { entries: this.#entries, problems: [...problems, ...this.#counted()] };
  }

  #addRoot(root: string, problems: string[]): void {
    try {
      const found = lstatSync(root);
      if (!found.isDirectory()) {
        problems.push(`${root} is no folder (links are not followed) and was not looked into`);
        return;
      }
      const device = this.#options.isOneFileSystem === true ? found.dev : undefined;
      this.#pending.push({ path: root, depth: 0, device });
    } catch {
      problems.push(`${root} is not there or cannot be read, and was not looked into`);
    }
  }

  #readFolder(folder: Folder): void {
    let opened: Dir;
    try {
      if (folder.device !== undefined && lstatSync(folder.path).dev !== folder.device) return;
      opened = opendirSync(folder.path, { bufferSize: 512 });
    } catch {
      this.#noteUnreadable(folder.path);
      return;
    }
    try {
      for (let entry = opened.readSync(); entry !== null; entry = opened.readSync()) {
        this.#entries += 1;
        if (this.#entries > (this.#options.entriesMax ?? WALK_ENTRIES_MAX)) break;
        // A name that is no UTF-8 cannot be told, and not opened by the name that is shown.
        if (entry.name.includes('\ufffd')) {
          this.#unnameable += 1;
          continue;
        }
        const path = join(folder.path, entry.name);
        if (path.length > WALK_PATH_LENGTH_MAX_CHARS) this.#noteTooDeep(folder.path);
        else if (entry.isFile()) this.#onFile(path);
        else if (entry.isDirectory()) this.#addFolder(path, entry.name, folder);
      }
    } catch {
      this.#noteUnreadable(folder.path);
    } finally {
      opened.closeSync();
    }
  }

  #addFolder(path: string, name: string, parent: Folder): void {
    if (this.#options.skipped.has(path)) return;
    if (this.#options.skippedNames?.has(name) === true) {
      if (this.#copies === 0) this.#firstCopy = path;
      this.#copies += 1;
      return;
    }
    const depth = parent.depth + 1;
    if (depth > (this.#options.depthMax ?? WALK_DEPTH_MAX)) this.#noteTooDeep(path);
    else this.#pending.push({ path, depth, device: parent.device });
  }

  #noteUnreadable(path: string): void {
    if (this.#unreadable === 0) this.#firstUnreadable = path;
    this.#unreadable += 1;
  }

  #noteTooDeep(path: string): void {
    if (this.#tooDeep === 0) this.#firstTooDeep = path;
    this.#tooDeep += 1;
  }

  #counted(): string[] {
    const { depthMax = WALK_DEPTH_MAX } = this.#options;
    const problems: string[] = [];
    if (this.#unreadable > 0) {
      problems.push(`${this.#unreadable} folders could not be read (first: ${this.#firstUnreadable})`);
    }
    if (this.#tooDeep > 0) {
      problems.push(
        `${this.#tooDeep} folders lie deeper than ${depthMax} levels and were not looked into (first: ${this.#firstTooDeep})`,
      );
    }
    if (this.#copies > 0) {
      problems.push(
        `${this.#copies} folders of caches, repositories and snapshots were not looked into (first: ${this.#firstCopy})`,
      );
    }
    if (this.#unnameable > 0) {
      problems.push(`${this.#unnameable} names are no UTF-8 and were not looked into`);
    }
    return problems;
  }
}
