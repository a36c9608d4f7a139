/**
 * Assesses servers: works out their findings from what they have installed, and writes those that changed. Everything that
 * can change a finding comes through here: a report, new advisories, the clock, a person's decision. Servers that have the
 * same installed and the same findings are assessed once.
 */
import {
  type Assessment,
  type AssessmentCause,
  assessFindings,
  type Decision,
  type PresentVulnerability,
} from '../findings/assess.ts';
import type { Finding } from '../findings/finding.ts';
import { columnsOf, type FindingColumns } from '../findings/finding-columns.ts';
import { datesToWrite } from '../findings/finding-dates.ts';
import { summaryOf } from '../findings/summary.ts';
import { type KernelVerdict, kernelVerdict, waitsForRestart } from '../matching/kernel.ts';
import { fixingPriorityOf, type PriorityFacts, worstFacts } from '../matching/priority.ts';
import type { Queryable } from '../store/database.ts';
import {
  type AssessableGroup,
  type AssessableServer,
  type LockedServers,
  loadAssessableGroups,
  loadDecisions,
  type ServerChoice,
} from '../store/findings/load-assessable.ts';
import { type AssessedGroup, saveAssessments } from '../store/findings/save-assessment.ts';
import type { StoredMatch, StoredPackage } from '../store/fleet/load-packages.ts';
import { includesUnfixed } from '../store/fleet/project-setting.ts';
import { noteUrgentMatches } from '../store/urgent/note-urgent-matches.ts';
import { type Knowledge, STORED_KNOWLEDGE } from './known-matches.ts';

export interface AssessServersTask {
  readonly projectId: string;
  readonly servers: ServerChoice;
  readonly cause: AssessmentCause;
  /** For the history: a user's name, `report`, `advisories` or `clock`. */
  readonly actor: string;
  readonly remark: string;
  readonly now: number;
  /** Without it everything is read from the store. */
  readonly knowledge?: Knowledge;
}

/** Assesses the servers and writes those whose result changed. Returns how many were written. */
export async function assessServers(tx: Queryable, task: AssessServersTask): Promise<number> {
  return await saveAssessed(tx, task, await assessWhole(tx, task));
}

/** The same, but writes every server: what changed is how findings are summarised. */
export async function resummariseServers(
  tx: Queryable,
  asked: Pick<AssessServersTask, 'projectId' | 'servers' | 'now'>,
): Promise<number> {
  const task: AssessServersTask = { ...asked, cause: 'clock', actor: 'clock', remark: '' };
  return await saveAssessed(tx, task, await assessWhole(tx, task, () => false));
}

/** What comes out for the servers, from all of their packages; without those that may stay as they are. */
export async function assessWhole(
  tx: Queryable,
  task: AssessServersTask,
  mayStay: (group: AssessableGroup, assessment: Assessment) => boolean = isUnchanged,
): Promise<readonly AssessedGroup[]> {
  const { projectId } = task;
  const groups = await loadAssessableGroups(tx, projectId, task.servers);
  const knowledge = task.knowledge ?? STORED_KNOWLEDGE;
  const packages = await knowledge.packages(tx, projectId, packageIdsOf(groups));
  const decisions = await loadDecisions(
    tx,
    projectId,
    groups.flatMap((group) => group.serverIds),
  );
  const present = presentOnGroups(groups, packages);
  const vulnerabilities = new Set<number>();
  for (const { findings } of groups)
    for (const { vulnerability } of findings) vulnerabilities.add(vulnerability);
  for (const items of new Set(present)) addRated(items, vulnerabilities);
  const facts = await knowledge.facts(tx, vulnerabilities);
  const includeUnfixed = await includesUnfixed(tx, projectId);
  const assessed: AssessedGroup[] = [];
  for (const [index, group] of groups.entries()) {
    const assessment = assessOne(group, {
      task,
      present: present[index] ?? [],
      facts,
      // Who has decisions is a group of its own.
      decisions: decisions.get(group.serverIds[0] ?? '') ?? [],
    });
    if (mayStay(group, assessment)) continue;
    const { serverIds, rows } = group;
    assessed.push({ serverIds, rows, ...assessedFindings(group, assessment, includeUnfixed) });
  }
  return assessed;
}

/** What is to be written of an assessment, whichever servers it is of. */
export interface AssessedFindings extends Omit<AssessedGroup, keyof LockedServers | 'columns'> {
  readonly columns: FindingColumns;
}

export function assessedFindings(
  before: Pick<AssessableGroup, 'isDated' | 'findings'>,
  { findings, ...rest }: Assessment,
  includeUnfixed: boolean,
): AssessedFindings {
  const columns = columnsOf(findings);
  const { isDated } = before;
  const isFirst = before.findings.length === 0;
  const dates = datesToWrite({ isDated, isFirst }, before.findings, findings);
  return { ...rest, columns, dates, summary: summaryOf(columns, includeUnfixed) };
}

/** Writes what was assessed. Returns how many servers that are. */
export async function saveAssessed(
  tx: Queryable,
  task: AssessServersTask,
  assessed: readonly AssessedGroup[],
): Promise<number> {
  await saveAssessments(tx, task, assessed);
  await noteUrgentMatches(tx, {
    projectId: task.projectId,
    vulnerabilities: opened(assessed),
    now: task.now,
  });
  return assessed.reduce((sum, { serverIds }) => sum + serverIds.length, 0);
}

function packageIdsOf(groups: readonly AssessableGroup[]): ReadonlySet<number> {
  const ids = new Set<number>();
  for (const list of new Set(groups.map((group) => group.packageIds))) for (const id of list) ids.add(id);
  return ids;
}

/** Once for all groups that have the same packages and kernel: they differ in what is decided and how they are rated. */
function presentOnGroups(
  groups: readonly AssessableGroup[],
  packages: ReadonlyMap<number, StoredPackage>,
): readonly (readonly PresentVulnerability[])[] {
  const known = new Map<string, readonly PresentVulnerability[]>();
  return groups.map((group) => {
    const key = [group.packageSet, group.kernelRelease, group.kernelVersion, ...group.restartPackages].join(
      '\n',
    );
    const present = known.get(key) ?? presentVulnerabilities(group, packages);
    known.set(key, present);
    return present;
  });
}

/** Vulnerabilities of which a finding was opened. */
export function opened(assessed: readonly Pick<AssessedGroup, 'events'>[]): readonly number[] {
  const numbers = new Set<number>();
  for (const { events } of assessed)
    for (const { kind, vulnerability } of events)
      if (kind === 'found' || kind === 'reopened') numbers.add(vulnerability);
  return [...numbers];
}

interface Surroundings {
  readonly task: Pick<AssessServersTask, 'now' | 'cause'>;
  readonly present: readonly PresentVulnerability[];
  readonly facts: ReadonlyMap<number, PriorityFacts>;
  readonly decisions: readonly Decision[];
}

/** Assesses servers that are alike. `facts` must hold those of all vulnerabilities that were there, and of `addRated`. */
export function assessOne(
  group: Pick<AssessableGroup, 'findings' | 'assetValue'>,
  { task, present, facts, decisions }: Surroundings,
): Assessment {
  return assessFindings({
    now: task.now,
    cause: task.cause,
    present,
    previous: group.findings,
    decisions,
    priorityOf: ({ vulnerability, replaced = [] }) => {
      const factsOf = (number: number): PriorityFacts => {
        const own = facts.get(number);
        if (own === undefined) throw new Error(`vulnerability number ${number} has no row`);
        return own;
      };
      const rated = worstFacts(factsOf(vulnerability), replaced.map(factsOf));
      return fixingPriorityOf(rated, group.assetValue, task.now).priority;
    },
  });
}

/** Adds to `vulnerabilities` the numbers of those whose facts rate what is present. */
export function addRated(present: readonly PresentVulnerability[], vulnerabilities: Set<number>): void {
  for (const { vulnerability, replaced = [] } of present) {
    vulnerabilities.add(vulnerability);
    for (const number of replaced) vulnerabilities.add(number);
  }
}

/** The vulnerabilities that the server's packages raise, each once: kernel packages only as `kernelVerdict` says. */
export function presentVulnerabilities(
  server: Pick<AssessableServer, 'packageIds' | 'kernelRelease' | 'kernelVersion' | 'restartPackages'>,
  packages: ReadonlyMap<number, StoredPackage>,
): readonly PresentVulnerability[] {
  const kernels: StoredPackage[] = [];
  const present = new Map<
    number,
    { -readonly [Field in keyof PresentVulnerability]: PresentVulnerability[Field] }
  >();
  const raise = (
    matches: readonly StoredMatch[],
    fixedByRestart: (vulnerability: number) => boolean,
  ): void => {
    for (const { vulnerability, fixedVersion, replaced } of matches) {
      const fixable = fixedVersion !== undefined;
      const restartPending = fixedByRestart(vulnerability);
      const before = present.get(vulnerability);
      if (before === undefined) {
        const item = { vulnerability, fixable, restartPending };
        present.set(vulnerability, replaced === undefined ? item : { ...item, replaced });
        continue;
      }
      if (replaced !== undefined) before.replaced = [...new Set([...(before.replaced ?? []), ...replaced])];
      before.fixable ||= fixable;
      // Only where nothing but the kernel has it: any other package with it still needs its own fix.
      before.restartPending &&= restartPending;
    }
  };
  for (const id of server.packageIds) {
    const stored = packages.get(id);
    if (stored?.isKernel === true) kernels.push(stored);
    else if (stored !== undefined && stored.matches.length > 0) raise(stored.matches, () => false);
  }
  const verdict = kernelVerdictOf(kernels, server);
  for (const [position, { matches }] of kernels.entries()) {
    if (verdict.silent.has(position)) continue;
    raise(matches, (vulnerability) => waitsForRestart(verdict, position, vulnerability));
  }
  return [...present.values()].sort((a, b) => a.vulnerability - b.vulnerability);
}

/** Numbers of the kernel packages that raise no finding: they are neither what runs nor what runs after a restart. */
export function silentPackages(
  server: Pick<AssessableServer, 'kernelRelease' | 'kernelVersion' | 'restartPackages'>,
  installed: readonly StoredPackage[],
): ReadonlySet<number> {
  const kernels = installed.filter((stored) => stored.isKernel);
  const { silent } = kernelVerdictOf(kernels, server);
  return new Set(kernels.filter((_, position) => silent.has(position)).map(({ id }) => id));
}

function kernelVerdictOf(
  kernels: readonly StoredPackage[],
  {
    kernelRelease,
    kernelVersion,
    restartPackages,
  }: Pick<AssessableServer, 'kernelRelease' | 'kernelVersion' | 'restartPackages'>,
): KernelVerdict<number> {
  return kernelVerdict(
    kernels.map((stored) => ({
      pkg: stored.package,
      vulnerabilities: stored.matches.map((match) => match.vulnerability),
    })),
    kernelRelease === ''
      ? undefined
      : { release: kernelRelease, version: kernelVersion, waiting: restartPackages },
  );
}

/** Whether nothing is to be written. */
export function isUnchanged(
  server: Pick<AssessableGroup, 'dueAt' | 'findings'>,
  assessment: Assessment,
): boolean {
  return (
    assessment.dueAt === server.dueAt &&
    assessment.events.length === 0 &&
    assessment.endedDecisions.length === 0 &&
    assessment.findings.length === server.findings.length &&
    assessment.findings.every((finding, index) => isSameFinding(finding, server.findings[index]))
  );
}

/** Whether nothing of a finding differs, its moments included. */
export function isSameFinding(a: Finding, b: Finding | undefined): boolean {
  return (
    a.vulnerability === b?.vulnerability &&
    a.status === b.status &&
    a.priority === b.priority &&
    a.fixable === b.fixable &&
    a.firstSeenAt === b.firstSeenAt &&
    a.statusSince === b.statusSince
  );
}
