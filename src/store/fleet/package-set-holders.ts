/** Which sets of packages, and with them which servers, hold given packages: what follows when matches change. */
import type { Queryable } from '../database.ts';

/**
 * Up to so many numbers are looked up in an inverted index. For more of them everything is looked through: a set takes about
 * 10 µs.
 */
export const NUMBERS_LOOKED_UP_MAX = 200;

/** Up to so many numbers are looked for in a set one by one: each takes some 0.3 µs, to go through a set 8. */
const NUMBERS_HALVED_FOR_MAX = 20;

/** Numbers of the sets of a project that hold one of the packages, ascending. */
export async function packageSetsHolding(
  tx: Queryable,
  projectId: string,
  packageIds: readonly number[],
): Promise<readonly number[]> {
  if (packageIds.length === 0) return [];
  const condition =
    packageIds.length <= NUMBERS_LOOKED_UP_MAX
      ? 'package_ids && $2::integer[]'
      : 'EXISTS (SELECT FROM unnest(package_ids) AS held (id) WHERE held.id = ANY ($2::integer[]))';
  const rows = await tx.query<{ id: number }>(
    `SELECT id FROM package_set WHERE project_id = $1 AND ${condition} ORDER BY id`,
    [projectId, packageIds],
  );
  return rows.map((row) => row.id);
}

/** How many servers have each of the sets of packages; without those that none has. Ascending by number. */
export async function serversBySet(
  tx: Queryable,
  projectId: string,
  packageSets: readonly number[],
): Promise<ReadonlyMap<number, number>> {
  const rows = await tx.query<{ number: number; servers: number }>(
    `SELECT package_set AS number, count(*) AS servers FROM server
     WHERE project_id = $1 AND package_set = ANY ($2::bigint[]) GROUP BY package_set ORDER BY package_set`,
    [projectId, packageSets],
  );
  return new Map(rows.map((row) => [row.number, row.servers]));
}

/** Ids of at most `limit` servers that have a set of packages, from after `after` on, ascending. */
export async function serversOfSet(
  tx: Queryable,
  projectId: string,
  {
    packageSet,
    after,
    limit,
  }: { readonly packageSet: number; readonly after: string; readonly limit: number },
): Promise<readonly string[]> {
  const rows = await tx.query<{ id: string }>(
    `SELECT id FROM server WHERE project_id = $1 AND package_set = $2 AND id > $3 ORDER BY id LIMIT $4`,
    [projectId, packageSet, after, limit],
  );
  return rows.map((row) => row.id);
}

/** Numbers of the packages of a project that one of the vulnerabilities affects, or is a replaced update of. */
export async function packagesAffectedBy(
  tx: Queryable,
  projectId: string,
  vulnerabilities: readonly number[],
): Promise<readonly number[]> {
  if (vulnerabilities.length === 0) return [];
  const condition =
    vulnerabilities.length <= NUMBERS_LOOKED_UP_MAX
      ? '(match_vulnerability && $2::integer[] OR match_replaced && $2::integer[])'
      : `EXISTS (SELECT FROM unnest(match_vulnerability || match_replaced) AS matched (number)
           WHERE matched.number = ANY ($2::integer[]))`;
  const rows = await tx.query<{ id: number }>(
    `SELECT id FROM package WHERE project_id = $1 AND ${condition}`,
    [projectId, vulnerabilities],
  );
  return rows.map((row) => row.id);
}

/** Ids of the servers that list one of the vulnerabilities as fixed: no package of theirs leads there any more. Ascending. */
export async function serversListingAsFixed(
  tx: Queryable,
  projectId: string,
  vulnerabilities: readonly number[],
): Promise<readonly string[]> {
  if (vulnerabilities.length === 0) return [];
  const rows = await tx.query<{ id: string }>(
    `SELECT s.id FROM server s
     WHERE s.project_id = $1 AND s.finding_set IN (
       SELECT f.id FROM finding_set f WHERE f.project_id = $1 AND f.has_fixed
         AND EXISTS (SELECT FROM unnest(f.vulnerability) AS listed (number) WHERE listed.number = ANY ($2::integer[])))
     ORDER BY s.id`,
    [projectId, vulnerabilities],
  );
  return rows.map((row) => row.id);
}

/** Which of the packages each set holds, by the number of the set; without the sets that hold none. */
export async function packagesHeld(
  tx: Queryable,
  projectId: string,
  {
    packageSets,
    packageIds,
  }: { readonly packageSets: readonly number[]; readonly packageIds: readonly number[] },
): Promise<ReadonlyMap<number, readonly number[]>> {
  if (packageIds.length === 0 || packageSets.length === 0) return new Map();
  // Of a sorted array a number is found by halving; of many numbers most sets have none, and their members are fewer.
  const held =
    packageIds.length <= NUMBERS_HALVED_FOR_MAX
      ? `SELECT array_agg(w.id) AS held FROM unnest($3::integer[]) AS w (id)
         WHERE s.package_ids[width_bucket(w.id, s.package_ids)] = w.id`
      : `SELECT array_agg(m.id) AS held FROM unnest(s.package_ids) AS m (id) WHERE m.id = ANY ($3::integer[])`;
  const rows = await tx.query<{ id: number; held: readonly number[] }>(
    `SELECT s.id, h.held FROM package_set s CROSS JOIN LATERAL (${held}) h
     WHERE s.project_id = $1 AND s.id = ANY ($2::bigint[]) AND h.held IS NOT NULL`,
    [projectId, packageSets, packageIds],
  );
  return new Map(rows.map((row) => [row.id, row.held]));
}
