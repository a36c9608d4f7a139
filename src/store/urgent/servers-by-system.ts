import type { Queryable } from '../database.ts';
import type { FleetScope } from '../fleet/server-ids-in-scope.ts';
import { IN_SCOPE, LISTED } from './servers-holding.ts';

/** Servers in scope of one system, by what of them an answer from inventories cannot cover. */
export interface ServersOfSystem {
  /** Its key; empty where an inventory names none, or none was reported. */
  readonly system: string;
  readonly listed: number;
  /** Known by name, without an inventory. */
  readonly neverReported: number;
  /** Listed ones whose inventory is older than the time after which a server counts as silent. */
  readonly silent: number;
  /** Listed ones whose inventory says that something could not be looked into. */
  readonly withProblems: number;
  /** Left out of every list by their edition. */
  readonly notListed: number;
}

/** Counts the servers in scope by their system; `silentBefore` in ms since 1970. */
export async function serversBySystem(
  tx: Queryable,
  { projectId, enterpriseProjects }: FleetScope,
  silentBefore: number,
): Promise<readonly ServersOfSystem[]> {
  return await tx.query<ServersOfSystem>(
    `SELECT s.system, count(*) FILTER (WHERE ${LISTED}) AS listed,
       count(*) FILTER (WHERE s.scan_time IS NULL) AS "neverReported",
       count(*) FILTER (WHERE ${LISTED} AND s.scan_time <= $3) AS silent,
       count(*) FILTER (WHERE ${LISTED} AND s.inventory_problems <> '{}') AS "withProblems",
       count(*) FILTER (WHERE s.scan_time IS NOT NULL AND s.edition = 'hss.version.null') AS "notListed"
     FROM server s WHERE ${IN_SCOPE} GROUP BY s.system ORDER BY s.system`,
    [projectId, enterpriseProjects === 'all' ? null : enterpriseProjects, silentBefore],
  );
}
