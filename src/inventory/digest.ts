import { createHash } from 'node:crypto';
import type { Inventory } from './inventory.ts';
import { packageFields } from './package.ts';

/**
 * The digest of everything installed, whatever the file and its order: `sha256:` and 64 hexadecimal digits over this
 * text in UTF-8, each line ended by a line feed: `parapet-set 1`; `system KEY`; `kernel RELEASE VERSION`; where packages wait for a restart,
 * `waiting` and their names; then one line
 * a package, its fields `ecosystem name version arch source sourceVersion module origin` and its sorted paths parted by
 * tabs, the lines sorted by their UTF-8 bytes and without repeats (what `LC_ALL=C sort -u` does; no field can hold a
 * tab or a line feed). Two inventories with one digest lead to the same findings.
 *
 * It tells whether an import changes anything. The agent's own digest is over its report's body (report.ts), so that a
 * shell can compute it without knowing these fields.
 */
export function digestOfInventory(inventory: Inventory): string {
  const lines = inventory.packages.map((item) =>
    [...packageFields(item), ...[...item.paths].sort()].join('\t'),
  );
  const sorted = [...new Set(lines)].map((line) => Buffer.from(line, 'utf8')).sort(Buffer.compare);
  const hash = createHash('sha256');
  const kernel = inventory.runningKernel;
  hash.update('parapet-set 1\n');
  hash.update(`system ${inventory.system?.key ?? ''}\n`);
  hash.update(`kernel ${kernel?.release ?? ''} ${kernel?.version ?? ''}\n`);
  if (kernel?.waiting !== undefined && kernel.waiting.length > 0)
    hash.update(`waiting ${kernel.waiting.join(' ')}\n`);
  for (const line of sorted) hash.update(line).update('\n');
  return `sha256:${hash.digest('hex')}`;
}
