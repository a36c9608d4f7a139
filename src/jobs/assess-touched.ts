/**
 * Assesses servers of which only some vulnerabilities can have changed: new advisories, or facts about them. What is known
 * of the others stays as it is stored, so a server costs what changed on it and not what it has installed. The same rules
 * (`assessOne`, `presentVulnerabilities`) over a part of the packages and of the findings.
 */
import type { PresentVulnerability } from '../findings/assess.ts';
import { datesToWrite } from '../findings/finding-dates.ts';
import { changedSummary } from '../findings/summary.ts';
import type { PriorityFacts } from '../matching/priority.ts';
import type { Queryable } from '../store/database.ts';
import { loadTouchedGroups, type TouchedGroup } from '../store/findings/load-touched-groups.ts';
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
  assessOne,
  assessWhole,
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
 * TOUCHED_VULNERABILITIES_MAX) and what packages are affected by of these. Servers with a decision, a fixed finding, one that
 * waits for a restart or a kernel that is affected are assessed whole. Returns how many were written.
 */
export async function assessTouched(
  tx: Queryable,
  task: FollowingTask & { readonly knowledge: Knowledge },
  touched: readonly number[],
): Promise<number> {
  const { projectId, knowledge } = task;
  const ascending = [...touched].sort((a, b) => a - b);
  const includeUnfixed = await includesUnfixed(tx, projectId);
  const groups = await loadTouchedGroups(tx, projectId, task.servers, { touched: ascending, includeUnfixed });
  // After the servers are locked: a report that brought another affected package has committed, and its package is seen.
  const held = await packagesHeld(tx, projectId, {
    packageSets: [...new Set(groups.flatMap((group) => group.packageSet ?? []))],
    packageIds: await packagesAffectedBy(tx, projectId, touched),
  });
  const packages = await knowledge.packages(tx, projectId, new Set([...held.values()].flat()));
  const heldBy = (group: TouchedGroup): readonly number[] => held.get(group.packageSet ?? 0) ?? [];
  const isPartly = (group: TouchedGroup): boolean =>
    !group.isDated && group.allUnfix && !heldBy(group).some((id) => packages.get(id)?.isKernel === true);
  const surroundings = {
    now: task.now,
    touched: ascending,
    facts: await knowledge.facts(tx, new Set(touched)),
    includeUnfixed,
  };
  const presentOf = presentOnSets(packages, new Set(touched));
  const assessed = groups
    .filter(isPartly)
    .flatMap((group) => assessPartly(group, presentOf(group, heldBy(group)), surroundings) ?? []);
  const others = groups.filter((group) => !isPartly(group)).flatMap((group) => group.serverIds);
  const whole = others.length === 0 ? [] : await assessWhole(tx, { ...task, servers: { serverIds: others } });
  return await saveAssessed(tx, task, [...assessed, ...whole]);
}

/** Those of the touched vulnerabilities that a set of packages raises; worked out once a set. */
function presentOnSets(
  packages: ReadonlyMap<number, StoredPackage>,
  touched: ReadonlySet<number>,
): (group: TouchedGroup, held: readonly number[]) => readonly PresentVulnerability[] {
  const known = new Map<number | undefined, readonly PresentVulnerability[]>();
  return (group, held) => {
    const before = known.get(group.packageSet);
    if (before !== undefined) return before;
    // Without a kernel among them it makes no difference which one runs.
    const server = { packageIds: held, kernelRelease: '', kernelVersion: '', restartPackages: [] };
    const present = presentVulnerabilities(server, packages).filter((item) =>
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

/** Undefined: nothing changes. The moments of findings that stay are not read: 0 stands for whatever they are. */
function assessPartly(
  group: TouchedGroup,
  present: readonly PresentVulnerability[],
  { now, touched, facts, includeUnfixed }: Surroundings,
): AssessedGroup | undefined {
  const before = group.findings.map((finding) => ({ ...finding, firstSeenAt: 0, statusSince: 0 }));
  const { findings, events, endedDecisions } = assessOne(
    { findings: before, assetValue: group.assetValue },
    { task: { now, cause: 'advisories' }, present, facts, decisions: [] },
  );
  const stays =
    findings.length === before.length &&
    findings.every((finding, index) => isSameFinding(finding, before[index]));
  if (stays) return undefined;
  return {
    serverIds: group.serverIds,
    rows: group.rows,
    columns: { base: group.findingSet, touched, findings },
    dates: datesToWrite({ isDated: false, isFirst: group.hasNone }, before, findings),
    events,
    endedDecisions,
    dueAt: group.dueAt,
    summary: changedSummary(group.counts, { before, after: findings }, includeUnfixed),
  };
}
