import type { Inventory } from '../../inventory/inventory.ts';
import { systemOfKey } from '../../inventory/system.ts';
import type { Queryable } from '../database.ts';
import { loadPackages } from './load-packages.ts';

/**
 * The inventory of a server as its last report left it; undefined where there is no such server. Paths of application
 * packages are left out: no verdict depends on them.
 */
export async function loadInventory(
  tx: Queryable,
  projectId: string,
  serverId: string,
): Promise<Inventory | undefined> {
  const [row] = await tx.query<InventoryRow>(
    `SELECT s.name, s.public_ip, s.private_ip, s.system, s.os_name, s.kernel_release, s.kernel_version, s.restart_packages, s.scan_time,
       s.inventory_problems, coalesce(i.package_ids, '{}') AS package_ids
     FROM server s LEFT JOIN package_set i ON i.project_id = s.project_id AND i.id = s.package_set
     WHERE s.project_id = $1 AND s.id = $2`,
    [projectId, serverId],
  );
  if (row === undefined) return undefined;
  const packages = await loadPackages(tx, projectId, row.package_ids);
  return {
    system: row.system === '' ? undefined : { ...systemOfKey(row.system), name: row.os_name || row.system },
    server: {
      name: row.name,
      uuid: '',
      privateIps: row.private_ip === '' ? [] : [row.private_ip],
      publicIp: row.public_ip,
    },
    runningKernel:
      row.kernel_release === ''
        ? undefined
        : { release: row.kernel_release, version: row.kernel_version, waiting: row.restart_packages },
    packages: row.package_ids.flatMap((id) => {
      const stored = packages.get(id);
      return stored === undefined ? [] : [{ ...stored.package, paths: [] }];
    }),
    collectedAt: row.scan_time ?? undefined,
    problems: row.inventory_problems,
  };
}

interface InventoryRow {
  readonly name: string;
  readonly public_ip: string;
  readonly private_ip: string;
  readonly system: string;
  readonly os_name: string;
  readonly kernel_release: string;
  readonly kernel_version: string;
  readonly restart_packages: readonly string[];
  readonly scan_time: number | null;
  readonly inventory_problems: readonly string[];
  readonly package_ids: readonly number[];
}
