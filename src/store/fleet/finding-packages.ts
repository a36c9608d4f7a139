import type { VulnerabilityType } from '../../matching/candidate.ts';
import type { Queryable } from '../database.ts';

/** A package of a server that a finding of it names. */
export interface FindingPackage {
  readonly type: VulnerabilityType;
  /** Id of the vulnerability. */
  readonly id: string;
  readonly ecosystem: string;
  readonly name: string;
  readonly version: string;
  /** Undefined: no fix is known. */
  readonly fixedVersion: string | undefined;
  /** Where it lies, for packages of applications. */
  readonly paths: readonly string[];
}

/**
 * Which packages a server's findings come from, by vulnerability, then by package. Of several installed kernels all that
 * match are named, although only the running one raises the finding; a fixed finding has none any more.
 */
export async function findingPackages(
  tx: Queryable,
  server: { readonly projectId: string; readonly serverId: string },
): Promise<readonly FindingPackage[]> {
  const [row] = await tx.query<{ package_paths: string }>(
    `SELECT package_paths FROM server WHERE project_id = $1 AND id = $2`,
    [server.projectId, server.serverId],
  );
  if (row === undefined) return [];
  const rows = await tx.query<
    Omit<FindingPackage, 'paths' | 'fixedVersion'> & {
      readonly package_id: number;
      readonly fixed_version: string | null;
    }
  >(
    `SELECT v.type, v.id, p.ecosystem, p.name, p.version, p.id AS package_id, m.fixed_version
     FROM server s
     JOIN package_set i ON i.project_id = s.project_id AND i.id = s.package_set
     JOIN finding_set f ON f.project_id = s.project_id AND f.id = s.finding_set
     JOIN package p ON p.project_id = s.project_id AND p.id = ANY (i.package_ids)
     CROSS JOIN LATERAL unnest(p.match_vulnerability, p.match_fixed_version) AS m (number, fixed_version)
     JOIN vulnerability v ON v.number = m.number
     WHERE s.project_id = $1 AND s.id = $2 AND m.number = ANY (f.vulnerability)
     ORDER BY v.type, v.id COLLATE "C", p.name COLLATE "C", p.version COLLATE "C", p.id`,
    [server.projectId, server.serverId],
  );
  // Written by saveReport from package numbers to lists of paths.
  const paths = new Map(Object.entries(JSON.parse(row.package_paths) as Record<string, readonly string[]>));
  return rows.map(({ package_id, fixed_version, ...found }) => ({
    ...found,
    fixedVersion: fixed_version ?? undefined,
    paths: paths.get(String(package_id)) ?? [],
  }));
}
