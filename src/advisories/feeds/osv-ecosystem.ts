import type { VersionScheme } from '../../versions/scheme.ts';
import { schemeOf } from '../../versions/scheme-of-ecosystem.ts';
import type { AffectedPackage } from '../advisory.ts';

/** What one ecosystem of the OSV schema is to us. */
export interface EcosystemTarget {
  /** Our ecosystems it covers: system keys (see inventory/system.ts) or one application ecosystem. Several where a module belongs to every service pack. */
  readonly ecosystems: readonly string[];
  readonly scheme: VersionScheme;
  readonly matchOn: AffectedPackage['matchOn'];
  readonly pocket: string;
  readonly architectures: readonly string[];
}

/** `other`: nothing a server reports. `no-release`: a distribution without the release that would make it matchable. */
export type EcosystemResult = EcosystemTarget | 'other' | 'no-release';

interface SystemTarget {
  readonly keys: readonly string[];
  readonly pocket?: string;
  readonly architectures?: readonly string[];
}

interface Distribution {
  readonly matchOn: AffectedPackage['matchOn'];
  /** `release` is what follows the first colon; `fixed` a fixed version of the record, which may tell the release. */
  readonly targetOf: (release: string, fixed: string) => SystemTarget | 'other' | 'no-release';
}

/**
 * Distributions of the OSV schema, and below them those that are ours: vendors who publish no OSV, written the same way.
 * `matchOn` is what each database names in fact: the schema says "source package" of AlmaLinux, whose records list
 * binary packages; SUSE, openSUSE and openEuler name the source and list its binaries beside it (see osv-affected.ts).
 */
const DISTRIBUTIONS: ReadonlyMap<string, Distribution> = new Map<string, Distribution>([
  ['Debian', { matchOn: 'source', targetOf: debianTarget }],
  ['Ubuntu', { matchOn: 'source', targetOf: ubuntuTarget }],
  ['Alpine', { matchOn: 'source', targetOf: alpineTarget }],
  ['AlmaLinux', { matchOn: 'binary', targetOf: elTarget('almalinux') }],
  ['Rocky Linux', { matchOn: 'source', targetOf: elTarget('rocky') }],
  ['Red Hat', { matchOn: 'binary', targetOf: redHatTarget }],
  ['SUSE', { matchOn: 'source', targetOf: suseTarget }],
  ['openSUSE', { matchOn: 'source', targetOf: openSuseTarget }],
  ['openEuler', { matchOn: 'source', targetOf: openEulerTarget }],
  ['EulerOS', { matchOn: 'binary', targetOf: eulerOsTarget }],
  ['CentOS', { matchOn: 'binary', targetOf: elTarget('centos') }],
  ['Amazon', { matchOn: 'binary', targetOf: amazonTarget }],
  ['Oracle Linux', { matchOn: 'binary', targetOf: elTarget('oracle') }],
  ['Fedora', { matchOn: 'binary', targetOf: elTarget('fedora') }],
  ['Huawei Cloud EulerOS', { matchOn: 'binary', targetOf: hceTarget }],
]);

const APPLICATIONS: ReadonlySet<string> = new Set([
  'npm',
  'PyPI',
  'Maven',
  'Go',
  'crates.io',
  'Packagist',
  'RubyGems',
  'NuGet',
  'Bitnami',
]);

/** One file names the same few ecosystems over and over. */
const REMEMBERED_MAX = 4_096;
const remembered = new Map<string, EcosystemResult>();

/**
 * What an ecosystem as OSV writes it (`Debian:12`, `Ubuntu:Pro:18.04:LTS`, `Red Hat:enterprise_linux:8::appstream`,
 * `SUSE:Linux Enterprise Server 15 SP5`, `Maven:https://…`) is to us. `fixed` is a fixed version of the entry, empty
 * if none: where a distribution comes without a release, `…+deb12u3` or `….el8_9` still tells it.
 */
export function ecosystemTarget(ecosystem: string, fixed: string): EcosystemResult {
  const hasRelease = ecosystem.includes(':');
  const known = hasRelease ? remembered.get(ecosystem) : undefined;
  if (known !== undefined) return known;
  const target = targetOf(ecosystem, fixed);
  if (hasRelease && remembered.size < REMEMBERED_MAX) remembered.set(ecosystem, target);
  return target;
}

function targetOf(ecosystem: string, fixed: string): EcosystemResult {
  const colon = ecosystem.indexOf(':');
  const base = colon < 0 ? ecosystem : ecosystem.slice(0, colon);
  if (APPLICATIONS.has(base)) {
    // A suffix names another repository of the same ecosystem; names and versions mean the same there.
    const scheme = schemeOf(base);
    if (scheme === undefined) return 'other';
    return { ecosystems: [base], scheme, matchOn: 'binary', pocket: '', architectures: [] };
  }
  const distribution = DISTRIBUTIONS.get(base);
  if (distribution === undefined) return 'other';
  const target = distribution.targetOf(colon < 0 ? '' : ecosystem.slice(colon + 1), fixed);
  if (typeof target === 'string') return target;
  const scheme = schemeOf(target.keys[0] ?? '');
  if (scheme === undefined) return 'other';
  const { keys, pocket = '', architectures = [] } = target;
  return { ecosystems: keys, scheme, matchOn: distribution.matchOn, pocket, architectures };
}

function key(family: string, release: string): SystemTarget {
  return { keys: [`${family}:${release}`] };
}

/** `12`, `6.0`, `3.1`, `sid`; before etch (4.0) a release is the number with its point. The release of a bare `Debian` is in versions like `1.2-3+deb12u1`. */
function debianTarget(release: string, fixed: string): SystemTarget | 'no-release' {
  const major = /^(\d+)(?:\.\d+)?$/.exec(release)?.[1];
  if (major !== undefined) return key('debian', Number(major) < 4 ? release : major);
  if (/^[a-z]+$/.test(release)) return key('debian', release === 'unstable' ? 'sid' : release);
  const told = /[+~]deb(\d+)u\d/.exec(fixed)?.[1];
  return told === undefined ? 'no-release' : key('debian', told);
}

/** `22.04:LTS`, `24.10`, `Pro:18.04:LTS`, `Pro:FIPS:16.04:LTS`, `Pro:FIPS-updates:20.04:LTS`, `Pro:Realtime:22.04:LTS`. */
function ubuntuTarget(release: string): SystemTarget | 'no-release' {
  const version = /(?:^|:)(\d{1,2}\.\d{2})(?::LTS)?$/.exec(release)?.[1];
  if (version === undefined) return 'no-release';
  const pocket = /^Pro:FIPS/i.test(release) ? 'fips' : /^Pro:/i.test(release) ? 'esm' : '';
  return { ...key('ubuntu', version), pocket };
}

/** `v3.19`, `edge`. */
function alpineTarget(release: string): SystemTarget | 'no-release' {
  const version = /^(?:v?(\d+\.\d+)|(edge))$/.exec(release);
  const told = version?.[1] ?? version?.[2];
  return told === undefined ? 'no-release' : key('alpine', told);
}

/** `8`, `8.9`; the release of a bare name is in versions like `1.2-3.el8_9`. */
function elTarget(family: string): Distribution['targetOf'] {
  return (release, fixed) => {
    const major = /^(\d+)(?:\.\d+)*$/.exec(release)?.[1] ?? /[._+]el(\d+)/.exec(fixed)?.[1];
    return major === undefined ? 'no-release' : key(family, major);
  };
}

/**
 * A CPE without its beginning: `enterprise_linux:8::appstream`, `rhel_eus:9.2::baseos`, `rhel_aus:8.4::appstream`.
 * Layered products (`openshift:4.15::el9`) rebuild packages of the base system under versions of their own, so taking
 * their records for the base system would be wrong about it: they are left out.
 */
function redHatTarget(release: string): SystemTarget | 'other' {
  const parts =
    /^(?:enterprise_linux|rhel_(eus|aus|tus|e4s|els|extras\w*|eus_long_life))(?:_\w+)?:(\d+)(\.\d+)?/.exec(
      release,
    );
  // Hosts of virtual machines are a product of their own.
  if (parts?.[2] === undefined || release.endsWith('::hypervisor')) return 'other';
  // A minor release that is supported beyond its time has builds of its own (`….el8_6`): see matching/rules/minor-release.ts.
  const isExtended = /^(?:eus|aus|tus|e4s)/.test(parts[1] ?? '') && parts[3] !== undefined;
  return { ...key('rhel', parts[2]), pocket: isExtended ? 'eus' : '' };
}

/** Modules and extensions of SLE 12 belong to all its service packs. */
const SLES_12_KEYS = ['sles:12', 'sles:12.1', 'sles:12.2', 'sles:12.3', 'sles:12.4', 'sles:12.5'];

/** `Linux Enterprise Server 15 SP5-LTSS`, `Linux Enterprise Module for Basesystem 15 SP5`, `Package Hub 15 SP5`, `Linux Micro 6.0`. */
function suseTarget(release: string): SystemTarget | 'other' {
  const micro = /^(?:SUSE )?Linux (Enterprise )?Micro (\d+\.\d+)/.exec(release);
  if (micro?.[2] !== undefined) return key(micro[1] === undefined ? 'sl-micro' : 'sle-micro', micro[2]);
  const parts =
    /^(?:SUSE )?(?:(Linux Enterprise) (.*?)|Package Hub) ?(\d+)(?:\.(\d+))?(?: SP(\d+))?(?:[- ][A-Z].*)?$/.exec(
      release,
    );
  const major = parts?.[3];
  if (parts === null || major === undefined) return 'other';
  const pack = parts[5] ?? parts[4] ?? '0';
  const isModule = /^(?:Module|Workstation|Software|High|Live|Point)/.test(parts[2] ?? '');
  if (major === '12' && pack === '0' && isModule) return { keys: SLES_12_KEYS };
  return key('sles', pack === '0' ? major : `${major}.${pack}`);
}

/** `Leap 15.5`, `Leap Micro 5.3`, `Tumbleweed`. */
function openSuseTarget(release: string): SystemTarget | 'other' {
  if (release === 'Tumbleweed') return key('opensuse-tumbleweed', '');
  const parts = /^Leap (Micro )?(\d+\.\d+)/.exec(release);
  // Hosts of virtual machines are a product of their own.
  if (parts?.[2] === undefined || release.endsWith('::hypervisor')) return 'other';
  return key(parts[1] === undefined ? 'opensuse-leap' : 'opensuse-leap-micro', parts[2]);
}

/** `22.03-LTS-SP1`. */
function openEulerTarget(release: string): SystemTarget | 'no-release' {
  return /^\d{2}\.\d{2}(-[A-Za-z0-9-]+)?$/.test(release) ? key('openeuler', release) : 'no-release';
}

/** `2.0SP9`, `V2.0SP9(x86_64)`, `Virtualization 3.0.6.0(aarch64)`; an x86_64 system also runs i686 packages. */
function eulerOsTarget(release: string): SystemTarget | 'no-release' {
  const parts = /^[Vv]?((?:Virtualization )?\d+(?:\.\d+)*(?:SP\d+)?)(?:\((x86_64|aarch64)\))?$/.exec(release);
  if (parts?.[1] === undefined) return 'no-release';
  const arch = parts[2];
  const architectures = arch === undefined ? [] : arch === 'x86_64' ? ['x86_64', 'i686'] : [arch];
  return { ...key('euleros', parts[1]), architectures };
}

/** `2.0`, `1.1`. */
function hceTarget(release: string): SystemTarget | 'no-release' {
  return /^\d\.\d$/.test(release) ? key('hce', release) : 'no-release';
}

/** `1`, `2`, `2023`. */
function amazonTarget(release: string): SystemTarget | 'no-release' {
  return /^(?:1|2|20\d{2})$/.test(release) ? key('amazon', release) : 'no-release';
}
