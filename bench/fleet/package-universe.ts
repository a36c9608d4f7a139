/**
 * The packages that servers of the bench fleet may have: what the advisories of the bundled snapshot name, each at the
 * versions between its fixes. Version 0 is older than every fix, version k has the first k fixes and waits for the others.
 */
import type { AffectedPackage } from '../../src/advisories/advisory.ts';
import { readAdvisoryFiles } from '../../src/advisories/read.ts';
import { SNAPSHOT_ADVISORIES } from '../../src/demo/snapshot.ts';
import type { Package } from '../../src/inventory/package.ts';
import { kernelPackageOf } from '../../src/matching/kernel.ts';
import { comparerOf } from '../../src/versions/compare.ts';
import type { VersionScheme } from '../../src/versions/scheme.ts';

/** The systems of the fleet and the part of it that runs each, in percent. Their advisories are dated, so that a server can be as old as a day. */
export const SYSTEM_SHARES = { 'almalinux:8': 60, 'debian:9': 20, 'debian:10': 15, 'debian:11': 5 } as const;
export type FleetSystem = keyof typeof SYSTEM_SHARES;
export const FLEET_SYSTEMS = Object.keys(SYSTEM_SHARES) as readonly FleetSystem[];

/** Application packages come in versions that advisories list by name. */
const APPLICATIONS = 'PyPI';
const APPLICATION_VERSIONS_MAX = 6;
/** Two packages that no advisory names, for the bench of exposure: see bench/exposure.bench.ts. */
export const COMMON_PACKAGE = 'parapet-bench-common';
export const RARE_PACKAGE = 'parapet-bench-rare';

/** One fix of a package. */
interface Fix {
  /** Place of its advisory in the system's `advisories`: 0 is the newest. */
  readonly advisory: number;
  readonly version: string;
}

/** A package of a system, with what an inventory needs to be drawn. */
export interface NamedPackage {
  readonly name: string;
  /** Oldest first. */
  readonly fixes: readonly Fix[];
  /** Number in `packages` of version 0, build 0; the builds of a version follow each other. */
  readonly first: number;
}

export interface SystemPackages {
  readonly system: FleetSystem;
  readonly named: readonly NamedPackage[];
  /** How many advisories its fixes name. */
  readonly advisories: number;
}

export interface PackageUniverse {
  /** All of them; a package's place in it is how the fleet speaks of it. Ordered by ecosystem and name. */
  readonly packages: readonly Package[];
  readonly systems: Readonly<Record<FleetSystem, SystemPackages>>;
  /** Places of application packages. */
  readonly applications: readonly number[];
  readonly common: number;
  readonly rare: number;
  /** Builds of each version. */
  readonly builds: number;
}

interface Gathered {
  readonly fixes: Map<string, Map<string, number>>;
  readonly affected: Map<string, AffectedPackage>;
  readonly publishedAt: number[];
}

/** Reads the snapshot. With `builds` above 1 each version also comes in builds that have the same fixes. */
export async function readPackageUniverse(builds: number): Promise<PackageUniverse> {
  const gathered = new Map<string, Gathered>(
    FLEET_SYSTEMS.map((system) => [system, { fixes: new Map(), affected: new Map(), publishedAt: [] }]),
  );
  const applicationVersions = new Map<string, readonly string[]>();
  for await (const item of readAdvisoryFiles([SNAPSHOT_ADVISORIES])) {
    if (item.kind !== 'advisory') continue;
    const { affected, published } = item.advisory;
    for (const one of affected) {
      if (one.ecosystem === APPLICATIONS && one.versions.length > 0)
        applicationVersions.set(one.name, one.versions.slice(-APPLICATION_VERSIONS_MAX));
    }
    for (const [system, own] of gathered) {
      gather(
        own,
        affected.filter((one) => one.ecosystem === system),
        published,
      );
    }
  }
  const packages: Package[] = [];
  const systems = Object.fromEntries(
    FLEET_SYSTEMS.map((system) => [
      system,
      systemPackages(system, gathered.get(system), { packages, builds }),
    ]),
  ) as Record<FleetSystem, SystemPackages>;
  const applications: number[] = [];
  for (const [name, versions] of [...applicationVersions].sort(([a], [b]) => (a < b ? -1 : 1))) {
    for (const version of versions) applications.push(packages.push(applicationOf(name, version)) - 1);
  }
  const common = packages.push(applicationOf(COMMON_PACKAGE, '1.0')) - 1;
  const rare = packages.push(applicationOf(RARE_PACKAGE, '1.0')) - 1;
  return { packages, systems, applications, common, rare, builds };
}

function gather(own: Gathered, affected: readonly AffectedPackage[], published: number | undefined): void {
  if (affected.length === 0 || published === undefined) return;
  const advisory = own.publishedAt.push(published) - 1;
  for (const one of affected) {
    // Module streams match by a label that the snapshot's servers would have to have; of kernels only the running one speaks.
    if (one.module !== '' || kernelPackageOf(packageOf(one, '')) !== undefined) continue;
    const fixed = one.ranges.find((range) => range.fixed !== '')?.fixed;
    if (fixed === undefined) continue;
    const versions = own.fixes.get(one.name) ?? new Map<string, number>();
    if (!versions.has(fixed)) versions.set(fixed, advisory);
    own.fixes.set(one.name, versions);
    if (!own.affected.has(one.name)) own.affected.set(one.name, one);
  }
}

function systemPackages(
  system: FleetSystem,
  own: Gathered | undefined,
  { packages, builds }: { readonly packages: Package[]; readonly builds: number },
): SystemPackages {
  if (own === undefined) throw new Error(`${system} was not gathered`);
  const named: NamedPackage[] = [];
  const ranks = ranksByAge(own.publishedAt);
  for (const [name, affected] of [...own.affected].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const compare = comparerOf(affected.scheme);
    const fixes = [...(own.fixes.get(name) ?? [])]
      .map(([version, advisory]) => ({ version, advisory: ranks[advisory] ?? 0 }))
      .sort((a, b) => compare(a.version, b.version));
    // What a vendor publishes by source is installed as more than one package: 0.65 source packages a package are real.
    const binaries = affected.matchOn === 'source' ? [name, `${name}-common`] : [name];
    for (const binary of binaries) {
      named.push({ name: binary, fixes, first: packages.length });
      for (let level = 0; level <= fixes.length; level += 1) {
        for (let build = 0; build < builds; build += 1) {
          const version = versionBetween(affected.scheme, fixes, level, build);
          packages.push({ ...packageOf(affected, version), name: binary });
        }
      }
    }
  }
  return { system, named, advisories: ranks.length };
}

/** The place of each moment when they are ordered with the latest first. */
function ranksByAge(moments: readonly number[]): readonly number[] {
  const ranks: number[] = [];
  const order = moments
    .map((_moment, at) => at)
    .sort((a, b) => (moments[b] ?? 0) - (moments[a] ?? 0) || a - b);
  for (const [rank, at] of order.entries()) ranks[at] = rank;
  return ranks;
}

/** Build 0 of a version is the fix itself; the others lie just before the next fix, or after the last one. */
function versionBetween(scheme: VersionScheme, fixes: readonly Fix[], level: number, build: number): string {
  const next = fixes[level]?.version;
  const reached = fixes[level - 1]?.version;
  if (build === 0 && reached !== undefined) return reached;
  // In both schemes `~` is older than nothing, and a further number newer.
  if (next !== undefined) return `${next}~b${build}`;
  return `${reached ?? '1'}${scheme === 'rpm' ? '.' : '+b'}${build}`;
}

function packageOf(affected: AffectedPackage, version: string): Package {
  const { ecosystem, name, architectures, scheme } = affected;
  const usual = scheme === 'rpm' ? 'x86_64' : 'amd64';
  const arch = architectures.includes(usual) ? usual : (architectures[0] ?? usual);
  return { ecosystem, name, version, arch, source: name, sourceVersion: version, module: '', origin: '' };
}

function applicationOf(name: string, version: string): Package {
  const ecosystem = APPLICATIONS;
  return { ecosystem, name, version, arch: '', source: name, sourceVersion: version, module: '', origin: '' };
}
