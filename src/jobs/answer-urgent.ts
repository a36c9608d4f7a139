/** What a question is answered with: over all inventories in scope, with what the answer cannot cover. Writes nothing. */
import { counted } from '../counted.ts';
import { judgeQuestion } from '../matching/urgent-question.ts';
import type { Queryable } from '../store/database.ts';
import { loadPackages, type StoredPackage } from '../store/fleet/load-packages.ts';
import type { FleetScope } from '../store/fleet/server-ids-in-scope.ts';
import {
  type AskedPackage,
  packagesHaving,
  packagesNamed,
  vulnerabilitiesNamed,
} from '../store/urgent/packages-asked-about.ts';
import { packagesInScope, serversHolding } from '../store/urgent/servers-holding.ts';
import type { UrgentItem } from '../store/urgent/urgent-items.ts';
import type { CoverageClock } from './refresh-unknown.ts';
import { type AskedServers, askedFleet } from './urgent-coverage.ts';
import { questionOf } from './urgent-set.ts';

/** Servers named in one answer, at most; the count is exact whatever it is. */
export const ANSWER_SERVERS_MAX = 1_000;
/** Packages named in one answer, at most. */
export const ANSWER_PACKAGES_MAX = 200;

export interface AnsweredPackage extends AskedPackage {
  /** The comparison made; empty where a record in force decided. */
  readonly comparison: string;
  readonly fixedVersion: string | null;
  readonly paths?: readonly string[];
}

export interface UrgentAnswer {
  /** Listed servers in scope that hold an affected package: exact. */
  readonly serversTotal: number;
  /** Whom it was asked of, and on how many of them it is unknown. */
  readonly asked: AskedServers;
  /** The first by name of those that hold one. */
  readonly servers: readonly {
    readonly id: string;
    readonly name: string;
    readonly system: string;
    readonly privateIp: string;
    readonly publicIp: string;
    readonly assetValue: string;
    readonly scanTime: number;
    readonly packages: readonly AnsweredPackage[];
  }[];
  /** Distinct affected packages of the servers in scope: exact. */
  readonly packagesTotal: number;
  /** Ids of what records in force say of it. */
  readonly official: readonly string[];
  /** What this answer does not cover, one sentence each. */
  readonly notCovered: readonly string[];
}

export type AskedItem = Pick<UrgentItem, 'id' | 'kind' | 'name' | 'ecosystem' | 'range' | 'aliases'>;

/** The packages that an item means, with what was compared, and those of the name that could not be. */
export interface MeantPackages {
  readonly affected: ReadonlyMap<number, AnsweredPackage>;
  /** Numbers of packages of the name that are not affected. */
  readonly unaffected: readonly number[];
  /** By number, with the reason. */
  readonly uncompared: ReadonlyMap<number, AskedPackage & { readonly why: string }>;
  readonly official: readonly string[];
  /** Affected ones that are a kernel of Linux: of them several are installed and one runs. */
  readonly kernels: ReadonlySet<number>;
}

/** Finds the distinct packages of the project that an item means. */
export async function packagesMeant(
  tx: Queryable,
  projectId: string,
  item: AskedItem,
): Promise<MeantPackages> {
  const question = questionOf(item);
  if (question === undefined) return await packagesOfRecords(tx, projectId, item);
  const affected = new Map<number, AnsweredPackage>();
  const uncompared = new Map<number, AskedPackage & { readonly why: string }>();
  const unaffected: number[] = [];
  const kernels = new Set<number>();
  for (const stored of await packagesNamed(tx, projectId, item.name)) {
    const verdict = judgeQuestion(question, stored.package);
    if (verdict === undefined) continue;
    if (verdict.decision === 'uncompared')
      uncompared.set(stored.id, { ...namedPackage(stored), why: verdict.comparison });
    else if (verdict.decision === 'not-affected') unaffected.push(stored.id);
    else {
      if (isLinuxKernel(stored)) kernels.add(stored.id);
      const fixedVersion = verdict.fixedVersion ?? null;
      affected.set(stored.id, { ...namedPackage(stored), comparison: verdict.comparison, fixedVersion });
    }
  }
  return { affected, unaffected, uncompared, official: await officialIds(tx, item), kernels };
}

async function packagesOfRecords(tx: Queryable, projectId: string, item: AskedItem): Promise<MeantPackages> {
  const named = await vulnerabilitiesNamed(tx, item);
  const numbers = new Set(named.map(({ number }) => number));
  const ids = await packagesHaving(tx, projectId, [...numbers]);
  const packages = await loadPackages(tx, projectId, ids);
  const affected = new Map<number, AnsweredPackage>();
  for (const stored of packages.values()) {
    const match = stored.matches.find(({ vulnerability }) => numbers.has(vulnerability));
    affected.set(stored.id, {
      ...namedPackage(stored),
      comparison: '',
      fixedVersion: match?.fixedVersion ?? null,
    });
  }
  return {
    affected,
    unaffected: [],
    uncompared: new Map(),
    official: named.map(({ id }) => id),
    kernels: new Set([...packages.values()].filter(isLinuxKernel).map(({ id }) => id)),
  };
}

/** Windows counts as a kernel too where it waits for a restart, but has no kernel packages. */
function isLinuxKernel({ isKernel, package: { updates } }: StoredPackage): boolean {
  return isKernel && updates === undefined;
}

async function officialIds(tx: Queryable, item: AskedItem): Promise<readonly string[]> {
  const ids: string[] = [];
  for (const name of item.aliases)
    for (const { id } of await vulnerabilitiesNamed(tx, { kind: 'cve', name })) ids.push(id);
  return ids;
}

function namedPackage({ package: { ecosystem, name, version, arch } }: StoredPackage): AskedPackage {
  return { ecosystem, name, version, arch };
}

/** Answers an item over the servers in scope. `limit` bounds the servers that are named, not those that are counted. */
export async function answerUrgent(
  tx: Queryable,
  item: AskedItem,
  request: {
    readonly scope: FleetScope;
    readonly meant: MeantPackages;
    readonly limit: number;
    readonly clock: CoverageClock;
  },
): Promise<UrgentAnswer> {
  const { scope, limit, clock } = request;
  const meant = await meantInScope(tx, scope, request.meant);
  const held = await serversHolding(tx, scope, { packageIds: [...meant.affected.keys()], limit });
  const { asked, notCovered } = await askedFleet(tx, item, { scope, clock });
  return {
    serversTotal: held.total,
    asked,
    servers: held.servers.map(({ packageIds, paths, ...server }) => ({
      ...server,
      packages: packageIds.slice(0, ANSWER_PACKAGES_MAX).flatMap((id) => {
        const pkg = meant.affected.get(id);
        return pkg === undefined ? [] : [{ ...pkg, paths: paths[String(id)] ?? [] }];
      }),
    })),
    packagesTotal: meant.affected.size,
    official: meant.official,
    notCovered: [...notCovered, ...uncoveredByQuestion(item, meant)],
  };
}

/** Without what only servers beyond the scope have. */
async function meantInScope(tx: Queryable, scope: FleetScope, meant: MeantPackages): Promise<MeantPackages> {
  const { affected, unaffected, uncompared } = meant;
  const all = [...affected.keys(), ...unaffected, ...uncompared.keys()];
  const visible = await packagesInScope(tx, scope, all);
  return {
    ...meant,
    affected: new Map([...affected].filter(([id]) => visible.has(id))),
    unaffected: unaffected.filter((id) => visible.has(id)),
    uncompared: new Map([...uncompared].filter(([id]) => visible.has(id))),
    kernels: new Set([...meant.kernels].filter((id) => visible.has(id))),
  };
}

function uncoveredByQuestion(item: AskedItem, meant: MeantPackages): readonly string[] {
  const kernels =
    meant.kernels.size > 0
      ? [
          'Servers are counted by installed kernel packages; a finding is raised only where such a kernel runs.',
        ]
      : [];
  if (item.kind !== 'package') {
    const unnamed =
      item.kind === 'kb'
        ? `No record in force names ${item.name}: which servers lack it is not known.`
        : `No record in force names ${item.name}: which servers have it is not known yet. Ask by package and range.`;
    const listed =
      'An update counts as missing where no later one replaces it; where one does, that one is listed instead.';
    return [
      ...(meant.official.length === 0 ? [unnamed] : []),
      ...(item.kind === 'kb' ? [listed] : []),
      ...kernels,
    ];
  }
  const { affected, unaffected, uncompared } = meant;
  const systems = [...affected.values()].some(({ ecosystem }) => ecosystem.includes(':'));
  const found = affected.size + unaffected.length + uncompared.size;
  const where = item.ecosystem === '' ? '' : ` in ${item.ecosystem}`;
  return [
    ...(found === 0 ? [`No inventory names a package ${item.name}${where}: is it spelled as there?`] : []),
    ...(uncompared.size === 0 ? [] : [uncomparedSentence(uncompared)]),
    ...(systems
      ? [
          'Versions alone were compared: a vendor may have fixed it in a build whose version still lies in the range.',
        ]
      : []),
    ...kernels,
  ];
}

function uncomparedSentence(uncompared: MeantPackages['uncompared']): string {
  const [first] = uncompared.values();
  const packages = counted(uncompared.size, 'package of that name was', 'packages of that name were');
  return `${packages} not compared, such as ${first?.name} ${first?.version} of ${first?.ecosystem}: ${first?.why}.`;
}
