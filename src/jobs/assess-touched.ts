/**
 * Assesses servers of which only some vulnerabilities can have changed: new advisories, or facts about them. What is known
 * of the others stays as it is stored, so a server costs what changed on it and not what it has installed. The same rules
 * (`assessFindings`, `presentVulnerabilities`) over a part of the packages and of the findings.
 */
import { assessFindings, type PresentVulnerability } from '../findings/assess.ts';
import { findingsAmong, withFindings } from '../findings/finding-columns.ts';
import { datesToWrite } from '../findings/finding-dates.ts';
import { summaryOf } from '../findings/summary.ts';
import { fixingPriorityOf, type PriorityFacts } from '../matching/priority.ts';
import type { Queryable } from '../store/database.ts';
import { assessableGroups, loadStoredGroups, type StoredGroup } from '../store/findings/load-assessable.ts';
import type { AssessedGroup } from '../store/findings/save-assessment.ts';
import type { StoredPackage } from '../store/fleet/load-packages.ts';
import {
  NUMBERS_LOOKED_UP_MAX,
  packagesAffectedBy,
  packagesHeld,
} from '../store/fleet/package-set-holders.ts';
import { includesUnfixed } from '../store/fleet/project-setting.ts';
import {
  type AssessServersTask,
  assessGroups,
  isSameFinding,
  presentVulnerabilities,
  saveAssessed,
} from './assess-servers.ts';
import type { Knowledge } from './known-matches.ts';

/** For more vulnerabilities than that assessing servers whole is about as quick. */
export const TOUCHED_VULNERABILITIES_MAX = NUMBERS_LOOKED_UP_MAX;

export interface FollowingTask extends Omit<AssessServersTask, 'knowledge'> {
  readonly cause: 'advisories';
}

/**
 * Assesses the servers as `assessServers` does, given that nothing changed but the vulnerabilities in `touched` (at most
 * TOUCHED_VULNERABILITIES_MAX) and what packages are affected by of these. Servers with a decision, a fixed finding or a
 * kernel that is affected are assessed whole. Returns how many were written.
 */
export async function assessTouched(
  tx: Queryable,
  task: FollowingTask & { readonly knowledge: Knowledge },
  touched: readonly number[],
): Promise<number> {
  const { projectId, knowledge } = task;
  const groups = await loadStoredGroups(tx, projectId, task.servers);
  // After the servers are locked: a report that brought another affected package has committed, and its package is seen.
  const held = await packagesHeld(tx, projectId, {
    packageSets: [...new Set(groups.flatMap((group) => group.packageSet ?? []))],
    packageIds: await packagesAffectedBy(tx, projectId, touched),
  });
  const heldBy = (group: StoredGroup): readonly number[] => held.get(group.packageSet ?? 0) ?? [];
  const packages = await knowledge.packages(tx, projectId, new Set([...held.values()].flat()));
  const isPartly = (group: StoredGroup): boolean =>
    !group.isDated && !heldBy(group).some((id) => packages.get(id)?.isKernel === true);
  const whole = groups.filter((group) => !isPartly(group));
  const surroundings = {
    now: task.now,
    touched: [...touched].sort((a, b) => a - b),
    facts: await knowledge.facts(tx, new Set(touched)),
    includeUnfixed: await includesUnfixed(tx, projectId),
  };
  const presentOf = presentOnSets(packages, new Set(touched));
  const assessed = groups.filter(isPartly).flatMap((group) => {
    return assessPartly(group, presentOf(group, heldBy(group)), surroundings) ?? [];
  });
  const others = await assessGroups(tx, task, await assessableGroups(tx, projectId, whole));
  return await saveAssessed(tx, task, [...assessed, ...others]);
}

/** Those of the touched vulnerabilities that a set of packages raises; worked out once a set. */
function presentOnSets(
  packages: ReadonlyMap<number, StoredPackage>,
  touched: ReadonlySet<number>,
): (group: StoredGroup, held: readonly number[]) => readonly PresentVulnerability[] {
  const known = new Map<number | undefined, readonly PresentVulnerability[]>();
  return (group, held) => {
    const before = known.get(group.packageSet);
    if (before !== undefined) return before;
    const present = presentVulnerabilities({ ...group, packageIds: held }, packages).filter((item) =>
      touched.has(item.vulnerability),
    );
    known.set(group.packageSet, present);
    return present;
  };
}

interface Surroundings {
  readonly now: number;
  /** Ascending. */
  readonly touched: readonly number[];
  readonly facts: ReadonlyMap<number, PriorityFacts>;
  readonly includeUnfixed: boolean;
}

/** Undefined: nothing changes. Of findings that stay the moments are not read: 0 stands for whatever they are. */
function assessPartly(
  group: StoredGroup,
  present: readonly PresentVulnerability[],
  { now, touched, facts, includeUnfixed }: Surroundings,
): AssessedGroup | undefined {
  const previous = findingsAmong(group.columns, touched).map((finding) => ({
    ...finding,
    firstSeenAt: 0,
    statusSince: 0,
  }));
  const { findings, events, endedDecisions } = assessFindings({
    now,
    cause: 'advisories',
    present,
    previous,
    decisions: [],
    priorityOf: (vulnerability) => {
      const own = facts.get(vulnerability);
      if (own === undefined) throw new Error(`vulnerability number ${vulnerability} has no row`);
      return fixingPriorityOf(own, group.assetValue, now).priority;
    },
  });
  const stays =
    findings.length === previous.length &&
    findings.every((finding, index) => isSameFinding(finding, previous[index]));
  if (stays) return undefined;
  const columns = withFindings(group.columns, touched, findings);
  const isFirst = group.columns.vulnerability.length === 0;
  return {
    serverIds: group.serverIds,
    columns,
    dates: datesToWrite({ isDated: false, isFirst }, previous, findings),
    events,
    endedDecisions,
    dueAt: group.dueAt,
    summary: summaryOf(columns, includeUnfixed),
  };
}
