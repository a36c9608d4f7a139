import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { collectApplications } from '../../../src/inventory/applications/collect-applications.ts';
import { PackageList } from '../../../src/inventory/package-list.ts';

/** A folder of its own with the given files, by path; whoever makes it removes it. */
export function treeOf(files: Readonly<Record<string, string | Buffer>>): string {
  const root = mkdtempSync(join(tmpdir(), 'parapet-applications-'));
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), content, { mode: path.includes('/bin/') ? 0o755 : 0o644 });
  }
  return root;
}

/** What is found below a root, as `ecosystem name version: places`, sorted, and the problems. */
export async function foundIn(
  root: string,
  options: Partial<Parameters<typeof collectApplications>[1]> = {},
): Promise<{ readonly packages: readonly string[]; readonly problems: readonly string[] }> {
  const list = new PackageList('test');
  await collectApplications(list, { root, lookIn: [], listRpmFiles: async () => undefined, ...options });
  const packages = list
    .packages(undefined)
    .map(
      ({ ecosystem, name, version, paths }) =>
        `${ecosystem} ${name} ${version}: ${[...paths].sort().join(', ')}`,
    );
  return { packages: packages.sort(), problems: list.problems() };
}
