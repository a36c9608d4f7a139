import type { Package } from '../../inventory/package.ts';
import type { Queryable } from '../database.ts';
import { loadPackages, type StoredPackage } from '../fleet/load-packages.ts';
import type { UrgentItem } from './urgent-items.ts';

/** Distinct packages of one name that a question is held against; so many versions no fleet has of one. */
export const ASKED_PACKAGES_MAX = 100_000;

/** The distinct packages of a project that have the name: their own, their source's, or the artifact of Maven's `group:artifact`. */
export async function packagesNamed(
  tx: Queryable,
  projectId: string,
  name: string,
): Promise<readonly StoredPackage[]> {
  const rows = await tx.query<{ id: number }>(
    `SELECT id FROM package WHERE project_id = $1 AND lookup_names @> ARRAY[$2::text]
     UNION SELECT id FROM package WHERE project_id = $1 AND ecosystem = 'Maven' AND split_part(name, ':', 2) = $2
     ORDER BY id LIMIT ${ASKED_PACKAGES_MAX}`,
    [projectId, name],
  );
  const packages = await loadPackages(
    tx,
    projectId,
    rows.map((row) => row.id),
  );
  return [...packages.values()];
}

/** Numbers of the vulnerabilities by which an item for a CVE or a KB is present, itself aside. */
export async function vulnerabilitiesNamed(
  tx: Queryable,
  { kind, name }: Pick<UrgentItem, 'kind' | 'name'>,
): Promise<readonly { readonly number: number; readonly id: string }[]> {
  return await tx.query<{ number: number; id: string }>(
    kind === 'cve'
      ? `SELECT number, id FROM vulnerability WHERE cves && ARRAY[$1::text] AND type <> 'urgent_vul' ORDER BY id`
      : `SELECT number, id FROM vulnerability WHERE id = $1 AND type = 'windows_vul'`,
    [name],
  );
}

/** Numbers of the packages of a project that have one of the vulnerabilities, as it was worked out last. */
export async function packagesHaving(
  tx: Queryable,
  projectId: string,
  vulnerabilities: readonly number[],
): Promise<readonly number[]> {
  if (vulnerabilities.length === 0) return [];
  const rows = await tx.query<{ id: number }>(
    `SELECT id FROM package WHERE project_id = $1 AND match_vulnerability && $2::integer[] ORDER BY id`,
    [projectId, vulnerabilities],
  );
  return rows.map((row) => row.id);
}

/**
 * Leaves packages to be matched again and raises the revision, so that a report that matched without knowing matches again
 * before it commits. The advisory set must be held alone.
 */
export async function rematchPackages(
  tx: Queryable,
  projectId: string,
  packageIds: readonly number[],
): Promise<void> {
  await tx.execute(
    `INSERT INTO rematch_package (project_id, package_id) SELECT $1, unnest($2::integer[]) ON CONFLICT DO NOTHING`,
    [projectId, packageIds],
  );
  await tx.execute(`UPDATE advisory_set SET revision = revision + 1`);
}

/** What an answer names of a package. */
export type AskedPackage = Pick<Package, 'ecosystem' | 'name' | 'version' | 'arch'>;
