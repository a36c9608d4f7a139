/** Which files a command that reads inventories was given: a folder stands for every file below it. */
import { stat } from 'node:fs/promises';
import { findFiles } from '../advisories/find-files.ts';

export interface InventoryFiles {
  readonly files: readonly string[];
  /** What lies in a folder and cannot be taken: no ordinary file, a link that leads out of it, past a bound. */
  readonly problems: readonly { readonly where: string; readonly problem: string }[];
}

/**
 * The files meant by `paths`, in their order; below a folder sorted by name, hidden ones passed over. What is no folder
 * stays as it was given, also `-`, a pipe and what does not exist: whoever reads it says what is wrong with it.
 */
export async function inventoryFiles(paths: readonly string[], signal: AbortSignal): Promise<InventoryFiles> {
  const files: string[] = [];
  const problems: InventoryFiles['problems'][number][] = [];
  for (const path of paths) {
    if (path === '-' || !(await isFolder(path))) {
      files.push(path);
      continue;
    }
    const found = await findFiles([path], signal);
    for (const file of found.files) files.push(file.path);
    problems.push(...found.problems);
  }
  return { files, problems };
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch {
    // What is wrong with it is said by whoever reads it.
    return false;
  }
}
