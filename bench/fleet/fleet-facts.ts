/** What a written fleet is, as `fleet.json` in its folder keeps it. */
import type { Database } from '../../src/store/database.ts';
import type { FleetSize } from './write-fleet.ts';

export interface FleetIdentity {
  readonly projectId: string;
  readonly domainId: string;
  readonly userId: string;
}

export interface FleetFacts extends FleetSize, FleetIdentity {
  readonly packages: number;
  /** Servers that have the common package, and the rare one. */
  readonly commonServers: number;
  readonly rareServers: number;
  /** Figures about it, for results. */
  readonly figures: Readonly<Record<string, number>>;
}

/** What the fleet looks like, as the store has it. */
export async function fleetFigures(database: Database, projectId: string): Promise<Record<string, number>> {
  const [servers] = await database.query<Record<string, number>>(
    `SELECT avg(open_count)::real AS findings_mean, percentile_cont(0.5) WITHIN GROUP (ORDER BY open_count) AS findings_median,
       max(open_count) AS findings_max, count(*) FILTER (WHERE open_count = 0) AS servers_without_finding,
       count(*) FILTER (WHERE is_unknown) AS servers_unknown,
       (100.0 * sum(critical_count) / greatest(1, sum(open_count)))::real AS critical_percent,
       (100.0 * sum(high_count) / greatest(1, sum(open_count)))::real AS high_percent,
       (100.0 * sum(medium_count) / greatest(1, sum(open_count)))::real AS medium_percent,
       (100.0 * sum(low_count) / greatest(1, sum(open_count)))::real AS low_percent
     FROM server WHERE project_id = $1`,
    [projectId],
  );
  const [sets] = await database.query<Record<string, number>>(
    `SELECT (SELECT avg(cardinality(package_ids))::real FROM package_set WHERE project_id = $1) AS packages_mean,
       (SELECT count(*) FROM package_set WHERE project_id = $1) AS package_sets,
       (SELECT count(*) FROM finding_set WHERE project_id = $1) AS finding_sets,
       (SELECT count(*) FROM decision WHERE project_id = $1) AS decisions,
       (SELECT count(*) FROM vulnerability) AS vulnerabilities,
       (pg_database_size(current_database()) / 1048576)::bigint AS database_mb`,
    [projectId],
  );
  return { ...servers, ...sets };
}

/** How many servers have one of the packages. */
export async function holdersOf(database: Database, projectId: string, packageId: number): Promise<number> {
  const [row] = await database.query<{ servers: number }>(
    `SELECT count(*) AS servers FROM server WHERE project_id = $1
       AND package_set IN (SELECT id FROM package_set WHERE project_id = $1 AND package_ids && ARRAY[$2::integer])`,
    [projectId, packageId],
  );
  return row?.servers ?? 0;
}
