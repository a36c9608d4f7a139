import { type System, systemOf } from '../src/inventory/system.ts';
import { isKnownFamily, systemFromName } from '../src/inventory/system-from-name.ts';
import type { KnownPackages } from './known-packages.ts';
import type { AdvisoryLibrary } from './library.ts';

/**
 * Which system an image has, from what labels tell: its name, and the names and versions of some of its packages. Never
 * from what a label says of a vulnerability: then the truth would be asked for its own question.
 */

export interface ImageFacts {
  /** Name and digest: `docker.io/library/debian@sha256:…`. */
  readonly image: string;
  readonly packages: readonly { readonly name: string; readonly version: string }[];
  /** Prefixes of vendors' ids among the labels, such as `ELSA`: whose advisories the image was checked against. */
  readonly idPrefixes: ReadonlySet<string>;
}

const VENDOR_BY_PREFIX: ReadonlyMap<string, string> = new Map([
  ['ELSA', 'oracle'],
  ['ALSA', 'almalinux'],
  ['RLSA', 'rocky'],
]);
/** The system of an image of some rebuild of Enterprise Linux, where nothing tells which one it is. */
export const ENTERPRISE_LINUX = 'enterprise-linux';
/** Of the packages that a release is known to have, at least this part must have a version of its line. */
const AGREEMENT_MIN = 0.5;
const AGREEING_PACKAGES_MIN = 3;

/** Distributions that make images and that Parapet has no releases of; their packages look like those of another. */
const OTHER_FAMILIES: ReadonlySet<string> = new Set([
  'wolfi',
  'chainguard',
  'photon',
  'mariner',
  'azurelinux',
]);

/** The system, or why it cannot be told. */
export function systemOfImage(
  facts: ImageFacts,
  known: KnownPackages,
  library: AdvisoryLibrary,
): System | string {
  const inventory = known.byDigest.get(/[0-9a-f]{64}/.exec(facts.image)?.[0] ?? '');
  if (inventory?.system !== undefined) return inventory.system;
  const named = systemInName(facts.image);
  if (named !== undefined && named.release !== '') return named;
  const tagged = systemInTags(facts, named?.family);
  if (tagged !== undefined) return tagged;
  return systemByVersions(facts, named?.family ?? familyOfVersions(facts), known, library);
}

/** `distroless/python3-debian11`, `suse/sle15`, `ubi8`, `debian:12-slim`: a word that is a family, with or without its release. */
function systemInName(image: string): System | undefined {
  const words = (image.split('@')[0] ?? '').split(/[/:_-]/);
  for (const [at, word] of [...words.entries()].reverse()) {
    const [, name = '', number] = /^([a-z]+)(\d[\d.]*)?$/.exec(word) ?? [];
    // `debian:12-slim`: the release is a word of its own.
    const release = number ?? /^\d[\d.]*$/.exec(words[at + 1] ?? '')?.[0] ?? '';
    const family = name === 'ubi' ? 'rhel' : name === 'sle' || name === 'bci' ? 'sles' : name;
    if (name === '') continue;
    const system = systemFromName(family, release);
    if (system !== undefined && isKnownFamily(system.family)) return system;
    if (isKnownFamily(family) || OTHER_FAMILIES.has(family)) return systemOf(family, '');
  }
  return undefined;
}

/** The release that versions carry: `…+deb11u5`, `….el8_6`, `….amzn2`, `….fc38`. The most frequent tag decides. */
function systemInTags(facts: ImageFacts, family: string | undefined): System | undefined {
  const counts = new Map<string, number>();
  for (const { version } of facts.packages) {
    const tag = tagOf(version);
    if (tag !== undefined) counts.set(tag, (counts.get(tag) ?? 0) + 1);
  }
  const [best] = [...counts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
  if (best === undefined) return undefined;
  const [tag = '', release = ''] = best[0].split(' ');
  if (tag !== 'el') return systemFromName(tag, release);
  const own = family ?? rebuildOf(facts);
  return own === undefined ? systemOf(ENTERPRISE_LINUX, release) : systemFromName(own, release);
}

function tagOf(version: string): string | undefined {
  const debian = /[+~]deb(\d+)u\d/.exec(version)?.[1];
  if (debian !== undefined) return `debian ${debian}`;
  const [, name, release] = /[._+](el|amzn|fc|cm|azl|ph)(\d+)(?:[._+]|$)/.exec(version) ?? [];
  if (name === undefined || release === undefined) {
    const [, year, month, pack] = /\.oe(\d{2})(\d{2})(sp\d+)?$/.exec(version) ?? [];
    return year === undefined
      ? undefined
      : `openeuler ${year}.${month}-LTS${pack === undefined ? '' : `-${pack}`}`;
  }
  const families: Readonly<Record<string, string>> = {
    el: 'el',
    amzn: 'amazon',
    fc: 'fedora',
    cm: 'mariner',
    azl: 'azurelinux',
    ph: 'photon',
  };
  return `${families[name] ?? name} ${release}`;
}

function rebuildOf({ packages, idPrefixes }: ImageFacts): string | undefined {
  for (const [prefix, family] of VENDOR_BY_PREFIX) if (idPrefixes.has(prefix)) return family;
  for (const { version } of packages) {
    if (/\.el\d+[\w.]*\.centos/.test(version)) return 'centos';
    if (/\.alma\b|\.el\d+_\d+\.alma/.test(version)) return 'almalinux';
    if (/\.rocky\b/.test(version)) return 'rocky';
    if (/\.0\.\d+\.el\d/.test(version)) return 'oracle';
  }
  return undefined;
}

function familyOfVersions({ packages }: ImageFacts): string | undefined {
  if (packages.some(({ version }) => /ubuntu\d/.test(version))) return 'ubuntu';
  if (packages.some(({ version }) => /-r\d+$/.test(version))) return 'alpine';
  return undefined;
}

/**
 * The release whose records and inventories know most of these packages in this line of versions. A release of which
 * nothing is known cannot be found; that none of the known ones agrees is told apart from it by the share that must agree.
 */
function systemByVersions(
  facts: ImageFacts,
  family: string | undefined,
  known: KnownPackages,
  library: AdvisoryLibrary,
): System | string {
  if (family === undefined) return 'the image does not tell its system';
  const keys = new Set([...library.ecosystems(), ...known.systems()]);
  const scores: { key: string; agreeing: number; exact: number }[] = [];
  for (const key of keys) {
    if (!key.startsWith(`${family}:`)) continue;
    const { agreeing, exact, asked } = agreementWith(key, facts, known, library);
    if (agreeing >= AGREEING_PACKAGES_MIN && agreeing / asked >= AGREEMENT_MIN)
      scores.push({ key, agreeing, exact });
  }
  scores.sort((a, b) => b.agreeing - a.agreeing || b.exact - a.exact);
  const [best, next] = scores;
  if (best === undefined) return `no release of ${family} in the data has this image's versions`;
  if (next !== undefined && next.agreeing === best.agreeing && next.exact === best.exact) {
    return `the image may be ${best.key} or ${next.key}`;
  }
  return systemFromName(family, best.key.slice(family.length + 1)) ?? `${best.key} is no system`;
}

function agreementWith(
  key: string,
  facts: ImageFacts,
  known: KnownPackages,
  library: AdvisoryLibrary,
): { readonly agreeing: number; readonly exact: number; readonly asked: number } {
  const counts = { agreeing: 0, exact: 0, asked: 0 };
  const seen = new Set<string>();
  for (const { name, version } of facts.packages) {
    const versions = versionsKnown(key, name, library, known);
    // Packages of one source have one version: they are one witness.
    const witness = lineOf(version);
    if (versions.length === 0 || seen.has(witness)) continue;
    seen.add(witness);
    counts.asked += 1;
    if (versions.includes(version)) counts.exact += 1;
    if (versions.some((one) => lineOf(one) === witness)) counts.agreeing += 1;
  }
  return counts;
}

/** The versions of a package that records or inventories of the system name. */
export function versionsKnown(
  key: string,
  name: string,
  library: AdvisoryLibrary,
  known: KnownPackages,
): readonly string[] {
  const versions = new Set(known.versionsOf(key, name));
  const records = library.recordsOf(key);
  const source = known.sourceOf(key.slice(0, key.indexOf(':')), name);
  for (const record of [...(records.get(name) ?? []), ...(records.get(source) ?? [])]) {
    for (const { fixed } of record.affected.ranges) if (fixed !== '') versions.add(fixed);
  }
  return [...versions];
}

/** `1:2.31-13+deb11u5` is of the line `2.31-13`, `1.1.8-1ubuntu2.1` of `1.1.8-1`, `1.1.1c-r0` of `1.1.1c`. */
function lineOf(version: string): string {
  return version
    .replace(/^\d+:/, '')
    .replace(/(?:ubuntu|build|[+~]deb|\+b)\d.*$/, '')
    .replace(/-r\d+$/, '');
}
