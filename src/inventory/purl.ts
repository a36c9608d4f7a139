import type { ApplicationEcosystem } from './package.ts';
import type { FoundApplicationPackage, FoundSystemPackage } from './package-list.ts';
import type { System } from './system.ts';
import { systemFromDistro } from './system-from-name.ts';

/** Longest package URL that is read, in characters. */
export const PURL_LENGTH_MAX_CHARS = 8192;

/** A package URL taken apart (https://github.com/package-url/purl-spec), percent-decoded, its type in lower case. */
export interface Purl {
  readonly type: string;
  /** Segments joined by `/`, empty where there are none. */
  readonly namespace: string;
  readonly name: string;
  readonly version: string;
  readonly qualifiers: ReadonlyMap<string, string>;
}

/** What a package URL says is installed: a package of the system, with the system where it says, or of an application. */
export type PurlPackage =
  | { readonly kind: 'system'; readonly system: System | undefined; readonly package: FoundSystemPackage }
  | { readonly kind: 'application'; readonly package: FoundApplicationPackage };

/** Takes a package URL apart; undefined where the text is none. A missing version is empty; a subpath is left out. */
export function parsePurl(text: string): Purl | undefined {
  if (text.length > PURL_LENGTH_MAX_CHARS) return undefined;
  const scheme = /^pkg:\/*/i.exec(text);
  if (scheme === null) return undefined;
  const [beforeSubpath = ''] = text.slice(scheme[0].length).split('#', 1);
  const question = beforeSubpath.indexOf('?');
  const qualifierText = question < 0 ? '' : beforeSubpath.slice(question + 1);
  let path = question < 0 ? beforeSubpath : beforeSubpath.slice(0, question);
  // The version follows the last `@` after the last `/`: a scope's own `@` may come unescaped (`pkg:npm/@babel/core`).
  const slash = path.lastIndexOf('/');
  const at = path.lastIndexOf('@');
  const version = at > slash + 1 ? path.slice(at + 1) : '';
  if (at > slash + 1) path = path.slice(0, at);
  const [type = '', ...segments] = path.split('/').filter((segment) => segment !== '');
  const names = segments.map(percentDecoded);
  const name = names.pop();
  if (!/^[a-z][a-z0-9.+-]*$/i.test(type) || name === undefined || names.includes(undefined)) return undefined;
  const decodedVersion = percentDecoded(version);
  if (decodedVersion === undefined) return undefined;
  return {
    type: type.toLowerCase(),
    namespace: names.join('/'),
    name,
    version: decodedVersion,
    qualifiers: parseQualifiers(qualifierText),
  };
}

function percentDecoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

function parseQualifiers(text: string): ReadonlyMap<string, string> {
  const qualifiers = new Map<string, string>();
  for (const pair of text.split('&')) {
    const equals = pair.indexOf('=');
    const value = equals <= 0 ? undefined : percentDecoded(pair.slice(equals + 1));
    if (value !== undefined && value !== '') qualifiers.set(pair.slice(0, equals).toLowerCase(), value);
  }
  return qualifiers;
}

/** Package URL types of application packages, and the ecosystem of each. */
const APPLICATION_TYPES: ReadonlyMap<string, ApplicationEcosystem> = new Map([
  ['npm', 'npm'],
  ['pypi', 'PyPI'],
  ['maven', 'Maven'],
  ['golang', 'Go'],
  ['cargo', 'crates.io'],
  ['composer', 'Packagist'],
  ['gem', 'RubyGems'],
  ['nuget', 'NuGet'],
  ['bitnami', 'Bitnami'],
]);

/** What `purl` says is installed; undefined for types that no advisory source speaks of (oci, generic, github, …). */
export function packageOfPurl(purl: Purl): PurlPackage | undefined {
  switch (purl.type) {
    case 'deb':
      return { kind: 'system', system: systemOfPurl(purl), package: debPackage(purl) };
    case 'rpm':
      return { kind: 'system', system: systemOfPurl(purl), package: rpmPackage(purl) };
    case 'apk':
    // Syft wrote `pkg:alpine/…` before the specification had `apk`.
    case 'alpine':
      return { kind: 'system', system: systemOfPurl(purl), package: apkPackage(purl) };
    default: {
      const ecosystem = APPLICATION_TYPES.get(purl.type);
      if (ecosystem === undefined) return undefined;
      const separator = ecosystem === 'Maven' ? ':' : '/';
      // Some Go tools escape the `@` before the version, so that it arrives as part of the name.
      const escaped = purl.version === '' && ecosystem === 'Go' ? /^(.+)@(v[^@]+)$/.exec(purl.name) : null;
      const last = escaped?.[1] ?? purl.name;
      const name = purl.namespace === '' ? last : `${purl.namespace}${separator}${last}`;
      return {
        kind: 'application',
        package: applicationPackage(ecosystem, name, escaped?.[2] ?? purl.version),
      };
    }
  }
}

/**
 * An application package with name and version as its ecosystem's advisories spell them: PEP 503 for PyPI, lower case
 * and no leading `v` for Packagist, no leading `v` (or `go`, for the standard library) for Go, no packaging revision for
 * Bitnami, whose records speak of the product's version. A Go main module built from a working tree (`(devel)`), a branch of
 * a Composer package (`dev-main`) and a module of Drupal 7, which Composer does not know, have no version.
 */
export function applicationPackage(
  ecosystem: ApplicationEcosystem,
  name: string,
  version: string,
): FoundApplicationPackage {
  switch (ecosystem) {
    case 'PyPI':
      return { ecosystem, name: name.toLowerCase().replace(/[-_.]+/g, '-'), version };
    case 'Packagist':
      return { ecosystem, name: name.toLowerCase(), version: composerVersion(name, version) };
    case 'Go':
      return {
        ecosystem,
        name,
        version: version === '(devel)' ? '' : version.replace(/^(?:v|go)(?=\d)/, ''),
      };
    case 'Bitnami':
      return { ecosystem, name: name.toLowerCase(), version: version.replace(/-(?:r)?\d{1,4}$/, '') };
    default:
      return { ecosystem, name, version };
  }
}

/** `8.x-1.13` of drupal.org is 1.13.0 to Composer, `8.x-2.0-beta3` is 2.0.0-beta3. */
function composerVersion(name: string, version: string): string {
  if (/^dev-|-dev$/.test(version)) return '';
  const [, core = '', numbers = '', suffix = ''] = /^(\d+)\.x-(\d+\.\d+)(-.+)?$/.exec(version) ?? [];
  if (core === '' || !/^drupal\//i.test(name)) return version.replace(/^v(?=\d)/i, '');
  return Number(core) < 8 ? '' : `${numbers}.0${suffix}`;
}

function systemOfPurl(purl: Purl): System | undefined {
  const namespace = purl.namespace || (purl.type === 'alpine' ? 'alpine' : '');
  return systemFromDistro(purl.qualifiers.get('distro') ?? '', namespace);
}

/** `version` with the epoch of the qualifier where the text has none; an rpm epoch of 0 is left out. */
function versionWithEpoch(purl: Purl): string {
  const epoch = purl.qualifiers.get('epoch') ?? '';
  if (!/^\d{1,9}$/.test(epoch) || Number(epoch) === 0 || /^\d+:/.test(purl.version)) return purl.version;
  return `${Number(epoch)}:${purl.version}`;
}

/** `upstream=glibc` or `upstream=glibc@2.28-10`, as Syft writes the source package of deb and apk packages. */
function upstreamOf(purl: Purl): { readonly source: string; readonly sourceVersion: string } {
  const upstream = purl.qualifiers.get('upstream') ?? '';
  const at = upstream.lastIndexOf('@');
  return at > 0
    ? { source: upstream.slice(0, at), sourceVersion: upstream.slice(at + 1) }
    : { source: upstream, sourceVersion: '' };
}

function debPackage(purl: Purl): FoundSystemPackage {
  return {
    name: purl.name,
    version: versionWithEpoch(purl),
    arch: purl.qualifiers.get('arch') ?? '',
    ...upstreamOf(purl),
  };
}

function apkPackage(purl: Purl): FoundSystemPackage {
  return {
    name: purl.name,
    version: purl.version,
    arch: purl.qualifiers.get('arch') ?? '',
    ...upstreamOf(purl),
  };
}

function rpmPackage(purl: Purl): FoundSystemPackage {
  const version = withoutZeroEpoch(versionWithEpoch(purl));
  const upstream = purl.qualifiers.get('upstream') ?? '';
  return {
    name: purl.name,
    version,
    arch: purl.qualifiers.get('arch') ?? '',
    ...sourceOfSourceRpm(upstream, version),
    module: moduleStreamOf(purl.qualifiers.get('modularitylabel') ?? purl.qualifiers.get('rpmmod') ?? ''),
  };
}

/** An rpm version without an epoch of 0, which says the same as none. */
export function withoutZeroEpoch(version: string): string {
  return version.replace(/^0+:/, '');
}

/**
 * Source package and its version from the file name of a source rpm (`avahi-0.7-20.el8.src.rpm`, also without the
 * ending). File names carry no epoch; a package built from a source of the same version shares its epoch.
 */
export function sourceOfSourceRpm(
  sourceRpm: string,
  version: string,
): { readonly source: string; readonly sourceVersion: string } {
  const match = /^(.+)-([^-]+-[^-]+?)(?:\.(?:no)?src)?(?:\.rpm)?$/.exec(sourceRpm);
  if (match?.[1] === undefined || match[2] === undefined) return { source: '', sourceVersion: '' };
  const colon = version.indexOf(':');
  const isSame = colon > 0 && version.slice(colon + 1) === match[2];
  return { source: match[1], sourceVersion: isSame ? version : match[2] };
}

/** Name and stream of a module label: `nodejs:18:8060020211122104554:bc93984d` is `nodejs:18`. */
export function moduleStreamOf(label: string): string {
  const [name, stream] = label.split(':');
  return name && stream && label !== '(none)' ? `${name}:${stream}` : '';
}
