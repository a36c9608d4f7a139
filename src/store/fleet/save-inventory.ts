import type { RunningKernel } from '../../inventory/inventory.ts';
import type { Queryable } from '../database.ts';
import { storableJson, storableText } from '../storable-text.ts';
import { internPackageSet } from './package-sets.ts';

export interface StoredInventory {
  readonly projectId: string;
  readonly serverId: string;
  readonly digest: string;
  readonly runningKernel: RunningKernel | undefined;
  /** Ascending, without repeats. */
  readonly packageIds: readonly number[];
  /** Paths of application packages by package number. */
  readonly packagePaths: Readonly<Record<string, readonly string[]>>;
  readonly problems: readonly string[];
  readonly now: number;
}

/** Replaces a server's inventory and notes the report. */
export async function saveInventory(tx: Queryable, inventory: StoredInventory): Promise<void> {
  const packageSet = await internPackageSet(tx, inventory.projectId, inventory);
  await tx.execute(
    `UPDATE server SET scan_time = $3, inventory_digest = $4, kernel_release = $5, kernel_version = $6, package_set = $7,
       package_paths = $8, inventory_problems = $9, restart_packages = $10
     WHERE project_id = $1 AND id = $2`,
    [
      inventory.projectId,
      inventory.serverId,
      inventory.now,
      inventory.digest,
      storableText(inventory.runningKernel?.release ?? ''),
      storableText(inventory.runningKernel?.version ?? ''),
      packageSet,
      storableJson(inventory.packagePaths),
      inventory.problems.map(storableText),
      inventory.runningKernel?.waiting ?? [],
    ],
  );
}
