import { windowsProductName } from '../windows/product.ts';
import { RELEASE_CODENAMES } from './release-dates.ts';
import { shownText } from './shown-text.ts';
import { type System, systemOf } from './system.ts';

/** Longest family or release taken as a system's name, in characters. */
export const SYSTEM_NAME_LENGTH_MAX_CHARS = 100;

interface Family {
  readonly family: string;
  /** How the vendor calls it, for people. */
  readonly label: string;
  /** Every other spelling, in lower case: `ID` of os-release, Vuls' and Trivy's families, purl namespaces. */
  readonly aliases: readonly string[];
  /** The release at which advisories are published, from any version text; undefined where the text holds none. */
  readonly releaseOf: (version: string) => string | undefined;
}

const FAMILIES: readonly Family[] = [
  { family: 'debian', label: 'Debian GNU/Linux', aliases: [], releaseOf: debianRelease },
  { family: 'ubuntu', label: 'Ubuntu', aliases: [], releaseOf: ubuntuRelease },
  { family: 'almalinux', label: 'AlmaLinux', aliases: ['alma'], releaseOf: majorRelease },
  { family: 'rocky', label: 'Rocky Linux', aliases: ['rockylinux'], releaseOf: majorRelease },
  {
    family: 'rhel',
    label: 'Red Hat Enterprise Linux',
    aliases: ['redhat', 'redhatenterpriselinux', 'redhatenterpriseserver'],
    releaseOf: majorRelease,
  },
  { family: 'centos', label: 'CentOS', aliases: ['centosstream', 'centoslinux'], releaseOf: majorRelease },
  {
    family: 'oracle',
    label: 'Oracle Linux',
    aliases: ['ol', 'oraclelinux', 'oracleserver', 'oraclelinuxserver'],
    releaseOf: majorRelease,
  },
  { family: 'fedora', label: 'Fedora Linux', aliases: ['fedoralinux'], releaseOf: majorRelease },
  { family: 'amazon', label: 'Amazon Linux', aliases: ['amzn', 'amazonlinux'], releaseOf: amazonRelease },
  {
    family: 'sles',
    label: 'SUSE Linux Enterprise Server',
    aliases: ['suselinuxenterpriseserver', 'slessap', 'slesforsap', 'slesforsuma'],
    releaseOf: slesRelease,
  },
  {
    family: 'opensuse-leap',
    label: 'openSUSE Leap',
    aliases: ['opensuseleap', 'leap'],
    releaseOf: minorRelease,
  },
  {
    family: 'opensuse-tumbleweed',
    label: 'openSUSE Tumbleweed',
    aliases: ['opensusetumbleweed', 'tumbleweed'],
    releaseOf: () => '',
  },
  { family: 'openeuler', label: 'openEuler', aliases: [], releaseOf: openeulerRelease },
  { family: 'euleros', label: 'EulerOS', aliases: [], releaseOf: eulerosRelease },
  {
    family: 'hce',
    label: 'Huawei Cloud EulerOS',
    aliases: ['hceos', 'huaweicloudeuleros'],
    releaseOf: minorRelease,
  },
  { family: 'alpine', label: 'Alpine Linux', aliases: ['alpinelinux'], releaseOf: alpineRelease },
  {
    family: 'windows',
    label: '',
    aliases: [],
    releaseOf: (version) => windowsProductName(version) ?? (version || undefined),
  },
];

const FAMILY_BY_NAME: ReadonlyMap<string, Family> = new Map(
  FAMILIES.flatMap((family) => [family.family, ...family.aliases].map((name) => [plainName(name), family])),
);

/**
 * The system a tool or a distribution means by a family name and a version: `alma` `8.9` is `almalinux:8`, `amzn`
 * `2018.03` is `amazon:1`, `debian` `bookworm` is `debian:12`. Families that system.ts does not list are kept as they
 * are (`photon` `4.0` is `photon:4.0`). Undefined where the family is empty or no name, or the version does not tell
 * the release. `name` is how the system is shown; without it, label and version.
 */
export function systemFromName(familyName: string, version: string, name?: string): System | undefined {
  const family = familyName.trim();
  const versionText = version.trim();
  if (family.length > SYSTEM_NAME_LENGTH_MAX_CHARS || versionText.length > SYSTEM_NAME_LENGTH_MAX_CHARS) {
    return undefined;
  }
  const known = familyOf(family, versionText);
  if (known === undefined) {
    const id = family.toLowerCase();
    // `none` is Trivy's word for an image without a system.
    if (id === 'none' || !/^[a-z0-9][a-z0-9._-]*$/.test(id) || !/^[\w.+~ ()-]*$/.test(versionText))
      return undefined;
    return systemOf(id, versionText, shownName(name, `${family} ${versionText}`));
  }
  const release = known.releaseOf(versionText);
  if (release === undefined || !/^[\w.+~ (),-]*$/.test(release)) return undefined;
  return systemOf(known.family, release, shownName(name, `${known.label} ${versionText}`));
}

/** `name`, or the other text where there is none, fit to be shown and stored. */
function shownName(name: string | undefined, otherwise: string): string {
  return shownText(name?.trim() || otherwise.trim(), SYSTEM_NAME_LENGTH_MAX_CHARS).trim();
}

/** Whether system.ts lists the family: we know how its releases are named and where its packages are recorded. */
export function isKnownFamily(family: string): boolean {
  return FAMILIES.some((known) => known.family === family);
}

/** The system a key means, as `--system` takes it (`debian:12`, also `alma:8.9`); undefined where it names none. */
export function systemFromKey(key: string): System | undefined {
  const colon = key.indexOf(':');
  return colon <= 0 ? undefined : systemFromName(key.slice(0, colon), key.slice(colon + 1));
}

/**
 * The system in a package URL's `distro` qualifier: `debian-11`, `amzn-2`, `opensuse-leap-15.4`, `sles-15.3`, or, as
 * some tools write it, a bare version (`3.15.6`) or codename (`jessie`) of the purl's namespace.
 */
export function systemFromDistro(distro: string, namespace: string): System | undefined {
  const text = distro.trim();
  if (text === '') return undefined;
  const named = /^([a-z][a-z._-]*?)-(v?\d.*|edge|sid|tumbleweed)$/i.exec(text);
  if (named?.[1] !== undefined && named[2] !== undefined) return systemFromName(named[1], named[2]);
  const dash = text.indexOf('-');
  if (dash > 0 && FAMILY_BY_NAME.has(plainName(text.slice(0, dash)))) {
    return systemFromName(text.slice(0, dash), text.slice(dash + 1));
  }
  if (FAMILY_BY_NAME.has(plainName(text))) return systemFromName(text, '');
  return namespace === '' ? undefined : systemFromName(namespace, text);
}

/**
 * A more exact system where the packages say what the name left open: openEuler's and EulerOS' `VERSION_ID` lacks the
 * service pack, but their rpm releases end in it (`.oe2203sp1`, `.eulerosv2r9`). The most frequent tag decides.
 * `.oe1` is shared by all of 20.03 and decides nothing.
 */
export function refineSystem(system: System, versions: Iterable<string>): System {
  const isOpenEuler = system.family === 'openeuler' && /^\d+\.\d+$/.test(system.release);
  const isEulerOs = system.family === 'euleros' && !system.release.includes('SP');
  if (!isOpenEuler && !isEulerOs) return system;
  const counts = new Map<string, number>();
  for (const version of versions) {
    const release = isOpenEuler ? openeulerTagRelease(version, system.release) : eulerosTagRelease(version);
    if (release !== undefined) counts.set(release, (counts.get(release) ?? 0) + 1);
  }
  const [best] = [...counts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
  return best === undefined ? system : systemOf(system.family, best[0], system.name);
}

function openeulerTagRelease(version: string, base: string): string | undefined {
  const tag = /\.oe(\d{2})(\d{2})(?:sp(\d+))?$/i.exec(version);
  if (tag === null || `${tag[1]}.${tag[2]}` !== base) return undefined;
  return tag[3] === undefined ? `${base}-LTS` : `${base}-LTS-SP${tag[3]}`;
}

function eulerosTagRelease(version: string): string | undefined {
  const tag = /\.eulerosv(\d+)r(\d+)$/i.exec(version);
  return tag === null ? undefined : `${tag[1]}.0SP${tag[2]}`;
}

/** Lower case without blanks, dots, dashes and underscores: `opensuse.leap`, `openSUSE-Leap` and `opensuse leap` are one. */
function plainName(name: string): string {
  return name.toLowerCase().replace(/[\s._-]+/g, '');
}

function familyOf(name: string, version: string): Family | undefined {
  const plain = plainName(name);
  if (plain === 'opensuse') {
    // Before os-release told the two apart, both were `opensuse`; a rolling release has a date or no version.
    const leap = /^\d{2}\.\d/.test(version);
    return FAMILY_BY_NAME.get(leap ? 'opensuseleap' : 'opensusetumbleweed');
  }
  return FAMILY_BY_NAME.get(plain);
}

function majorRelease(version: string): string | undefined {
  return /^(?:stream)?\s*v?(\d{1,3})(?!\d)/i.exec(version)?.[1];
}

function minorRelease(version: string): string | undefined {
  return /^v?(\d{1,3}\.\d{1,3})(?!\d)/.exec(version)?.[1];
}

function codenameRelease(family: 'debian' | 'ubuntu', text: string): string | undefined {
  const codename = /^[a-z]+/i.exec(text)?.[0].toLowerCase();
  return codename === undefined ? undefined : RELEASE_CODENAMES[family].get(codename);
}

function debianRelease(version: string): string | undefined {
  const major = /^(\d{1,3})(?!\d)/.exec(version)?.[1];
  if (major !== undefined) return major;
  if (/^(sid|unstable)\b/i.test(version)) return 'sid';
  return codenameRelease('debian', version);
}

function ubuntuRelease(version: string): string | undefined {
  return /^(\d{1,2}\.\d{2})(?!\d)/.exec(version)?.[1] ?? codenameRelease('ubuntu', version);
}

/** Amazon Linux 1 numbered its releases by year and month (`2018.03`), Amazon Linux 2023 adds a date (`2023.6.20241212`). */
function amazonRelease(version: string): string | undefined {
  if (/^201\d\.\d{2}/.test(version)) return '1';
  return /^(1|2|20\d{2})(?!\d)/.exec(version)?.[1];
}

function slesRelease(version: string): string | undefined {
  const parts = /^v?(\d{2})(?:(?:\.|[\s-]*SP)(\d{1,2}))?(?!\d)/i.exec(version);
  if (parts?.[1] === undefined) return undefined;
  return parts[2] === undefined || parts[2] === '0' ? parts[1] : `${parts[1]}.${parts[2]}`;
}

/** `22.03 (LTS-SP1)`, `22.03-LTS-SP1`, `22.03 LTS SP1`, `22.03_LTS_SP1`; innovation releases are a bare `23.09`. */
function openeulerRelease(version: string): string | undefined {
  const parts = /^v?(\d{2}\.\d{2})(?!\d)[\s_(-]*(LTS)?[\s_-]*(SP\d{1,2})?/i.exec(version);
  if (parts?.[1] === undefined) return undefined;
  return [parts[1], parts[2], parts[3]]
    .filter((part) => part !== undefined)
    .join('-')
    .toUpperCase();
}

/** `2.0 (SP9)`, `2.0 (SP9x86_64)`, `V2.0SP9`, `V200R009`-like texts are not releases. */
function eulerosRelease(version: string): string | undefined {
  const parts = /^v?(\d\.\d{1,2}(?:\.\d{1,2}){0,2})(?!\d)[\s(_-]*(SP\d{1,2})?/i.exec(version);
  return parts?.[1] === undefined ? undefined : `${parts[1]}${(parts[2] ?? '').toUpperCase()}`;
}

function alpineRelease(version: string): string | undefined {
  if (/^edge\b/i.test(version) || /_alpha/.test(version)) return 'edge';
  return minorRelease(version);
}
