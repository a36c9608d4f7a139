/** Coverage of one server: whether a lack of findings means that it is safe, and if not, why. */
import { isApplicationEcosystem } from '../inventory/package.ts';
import { systemOfKey } from '../inventory/system.ts';
import {
  type Coverage,
  type CoverageStatus,
  coverageOf,
  type EcosystemCoverage,
  ecosystemCoverage,
  isSilent,
} from '../matching/coverage.ts';
import type { Queryable } from '../store/database.ts';
import { serverEcosystems } from '../store/fleet/server-ecosystems.ts';
import { feedsInForce } from './feeds-in-force.ts';
import { isFollowing } from './follow-advisories.ts';
import type { CoverageClock } from './refresh-unknown.ts';

export interface ServerCoverage {
  /** `covered`: without open findings it is `Security`. What is silent is unknown, whatever feeds say of its system. */
  readonly status: CoverageStatus;
  /** Sentences: why, the one that decides first. */
  readonly reasons: readonly string[];
  readonly system: Coverage;
  readonly isSilent: boolean;
  /** Advisories were imported that not all servers have followed yet. */
  readonly matchingInProgress: boolean;
  /** Its applications and content management systems. What no feed covers here is not looked for; the level follows from the system. */
  readonly ecosystems: readonly EcosystemCoverage[];
}

/** Coverage of a server that has reported, at the moment of `clock`. */
export async function serverCoverage(
  tx: Queryable,
  server: {
    readonly projectId: string;
    readonly serverId: string;
    readonly system: string;
    readonly scanTime: number;
  },
  clock: CoverageClock,
): Promise<ServerCoverage> {
  const { feeds, by } = await feedsInForce(tx, clock);
  const system = coverageOf(server.system === '' ? undefined : systemOfKey(server.system), feeds, by);
  const ecosystems = (await serverEcosystems(tx, server))
    .filter(isApplicationEcosystem)
    .map((ecosystem) => ecosystemCoverage(ecosystem, feeds, by));
  const silent = isSilent(server.scanTime, clock);
  const silence = `It has not reported for ${clock.silentDays} days.`;
  const notCovered = ecosystems.filter(({ status }) => status !== 'covered');
  return {
    status: silent ? 'unknown' : system.status,
    reasons: [...(silent ? [silence] : []), system.reason, ...notCovered.map(({ reason }) => reason)],
    system,
    isSilent: silent,
    matchingInProgress: await isFollowing(tx),
    ecosystems,
  };
}
