/** Coverage of the systems that a project's servers run, for people: the API, the command line. */

import { isApplicationEcosystem } from '../inventory/package.ts';
import { systemOfKey } from '../inventory/system.ts';
import {
  type Coverage,
  coverageOf,
  type EcosystemCoverage,
  ecosystemCoverage,
} from '../matching/coverage.ts';
import type { Queryable } from '../store/database.ts';
import { projectEcosystems } from '../store/fleet/project-ecosystems.ts';
import type { FleetScope } from '../store/fleet/server-ids-in-scope.ts';
import { feedsInForce } from './feeds-in-force.ts';
import { isFollowing } from './follow-advisories.ts';
import type { CoverageClock } from './refresh-unknown.ts';

export interface ProjectCoverage {
  /** Advisories were imported that not all servers have followed yet. */
  readonly matchingInProgress: boolean;
  /** The moment against which ages are measured, in ms since 1970. */
  readonly measuredAt: number;
  readonly systems: readonly (Coverage & { readonly servers: number; readonly silentServers: number })[];
  /** The ecosystems of applications and content management systems that servers of the project have. */
  readonly ecosystems: readonly EcosystemCoverage[];
}

const DAY_MS = 24 * 60 * 60 * 1000;

export async function coverageRows(
  tx: Queryable,
  { projectId, enterpriseProjects }: FleetScope,
  clock: CoverageClock,
): Promise<ProjectCoverage> {
  const { feeds, by } = await feedsInForce(tx, clock);
  const installed = await projectEcosystems(tx, { projectId, enterpriseProjects });
  const systems = await tx.query<{ system: string; servers: number; silent: number }>(
    `SELECT system, count(*) AS servers, count(*) FILTER (WHERE scan_time <= $2) AS silent
     FROM server
     WHERE project_id = $1 AND scan_time IS NOT NULL AND ($3::text[] IS NULL OR enterprise_project_id = ANY ($3))
     GROUP BY system ORDER BY system`,
    [
      projectId,
      clock.now - clock.silentDays * DAY_MS,
      enterpriseProjects === 'all' ? null : enterpriseProjects,
    ],
  );
  return {
    matchingInProgress: await isFollowing(tx),
    measuredAt: by.now,
    systems: systems.map(({ system, servers, silent }) => ({
      ...coverageOf(systemOfKey(system), feeds, by),
      servers,
      silentServers: silent,
    })),
    ecosystems: installed
      .filter(isApplicationEcosystem)
      .map((ecosystem) => ecosystemCoverage(ecosystem, feeds, by)),
  };
}
