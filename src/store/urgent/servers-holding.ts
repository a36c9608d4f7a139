/** Which servers hold given packages, counted exactly and listed up to a bound: by way of the sets that they share. */
import type { Queryable } from '../database.ts';
import { packageSetsHolding } from '../fleet/package-set-holders.ts';
import type { FleetScope } from '../fleet/server-ids-in-scope.ts';

/** Of `server s`: it is in the lists. */
export const LISTED = `s.scan_time IS NOT NULL AND s.edition <> 'hss.version.null'`;
/** Of `server s`: it is of project $1, and of one of the enterprise projects $2 where that is not null. */
export const IN_SCOPE = `s.project_id = $1 AND ($2::text[] IS NULL OR s.enterprise_project_id = ANY ($2))`;

export interface HoldingServer {
  readonly id: string;
  readonly name: string;
  readonly system: string;
  readonly privateIp: string;
  readonly publicIp: string;
  readonly assetValue: string;
  readonly scanTime: number;
  /** Numbers of those of the packages that it holds. */
  readonly packageIds: readonly number[];
  /** Where they lie, by package number. */
  readonly paths: Readonly<Record<string, readonly string[]>>;
}

/** The listed servers in scope that hold one of the packages: how many, and the first by name. */
export async function serversHolding(
  tx: Queryable,
  { projectId, enterpriseProjects }: FleetScope,
  { packageIds, limit }: { readonly packageIds: readonly number[]; readonly limit: number },
): Promise<{ readonly total: number; readonly servers: readonly HoldingServer[] }> {
  if (packageIds.length === 0) return { total: 0, servers: [] };
  const sets = await packageSetsHolding(tx, projectId, packageIds);
  const scope = [projectId, enterpriseProjects === 'all' ? null : enterpriseProjects];
  const [counted] = await tx.query<{ total: number }>(
    `SELECT count(*) AS total FROM server s WHERE ${IN_SCOPE} AND ${LISTED} AND s.package_set = ANY ($3::bigint[])`,
    [...scope, sets],
  );
  const rows = await tx.query<Omit<HoldingServer, 'paths'> & { readonly paths: string }>(
    // What is sorted is narrow: a whole row can carry the paths of thousands of packages.
    `WITH first AS (
       SELECT s.id FROM server s WHERE ${IN_SCOPE} AND ${LISTED} AND s.package_set = ANY ($3::bigint[])
       ORDER BY s.name COLLATE "C", s.id LIMIT $5)
     SELECT s.id, s.name, s.system, s.private_ip AS "privateIp", s.public_ip AS "publicIp", s.asset_value AS "assetValue",
       s.scan_time AS "scanTime", s.package_paths AS paths,
       ARRAY(SELECT held.id FROM unnest(i.package_ids) AS held (id) WHERE held.id = ANY ($4::integer[])) AS "packageIds"
     FROM first JOIN server s ON s.project_id = $1 AND s.id = first.id
       JOIN package_set i ON i.project_id = s.project_id AND i.id = s.package_set
     ORDER BY s.name COLLATE "C", s.id`,
    [...scope, sets, packageIds, limit],
  );
  return {
    total: counted?.total ?? 0,
    // Written by saveReport from package numbers to lists of paths.
    servers: rows.map((row) => ({
      ...row,
      paths: JSON.parse(row.paths) as Readonly<Record<string, readonly string[]>>,
    })),
  };
}

/** Of the packages those that a listed server in scope holds. With every enterprise project in scope all of them. */
export async function packagesInScope(
  tx: Queryable,
  { projectId, enterpriseProjects }: FleetScope,
  packageIds: readonly number[],
): Promise<ReadonlySet<number>> {
  if (enterpriseProjects === 'all') return new Set(packageIds);
  const sets = await packageSetsHolding(tx, projectId, packageIds);
  const rows = await tx.query<{ id: number }>(
    `SELECT DISTINCT held.id FROM package_set i CROSS JOIN LATERAL unnest(i.package_ids) AS held (id)
     WHERE i.project_id = $1 AND i.id = ANY ($3::bigint[]) AND held.id = ANY ($4::integer[])
       AND EXISTS (SELECT FROM server s WHERE ${IN_SCOPE} AND ${LISTED} AND s.package_set = i.id)`,
    [projectId, enterpriseProjects, sets, packageIds],
  );
  return new Set(rows.map((row) => row.id));
}
