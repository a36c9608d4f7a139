import type { VersionScheme } from './scheme.ts';

/** Schemes of application ecosystems, spelled as the OSV schema spells them. */
const APPLICATION_SCHEMES: ReadonlyMap<string, VersionScheme> = new Map([
  ['npm', 'semver'],
  ['Go', 'semver'],
  ['crates.io', 'semver'],
  ['Bitnami', 'semver'],
  ['PyPI', 'pypi'],
  ['Maven', 'maven'],
  ['RubyGems', 'rubygems'],
  ['NuGet', 'nuget'],
  ['Packagist', 'packagist'],
  ['WordPress', 'wordpress'],
  ['Joomla', 'packagist'],
]);

/** Schemes of systems by family: the part of a system key before its first colon. */
const FAMILY_SCHEMES: ReadonlyMap<string, VersionScheme> = new Map([
  ['debian', 'deb'],
  ['ubuntu', 'deb'],
  ['almalinux', 'rpm'],
  ['rocky', 'rpm'],
  ['rhel', 'rpm'],
  ['centos', 'rpm'],
  ['oracle', 'rpm'],
  ['fedora', 'rpm'],
  ['amazon', 'rpm'],
  ['sles', 'rpm'],
  ['openeuler', 'rpm'],
  ['euleros', 'rpm'],
  ['hce', 'rpm'],
  ['photon', 'rpm'],
  ['mariner', 'rpm'],
  ['azurelinux', 'rpm'],
  ['alpine', 'apk'],
  ['wolfi', 'apk'],
  ['chainguard', 'apk'],
]);

/** openSUSE has a family for each product: `opensuse-leap`, `opensuse-tumbleweed` and others to come. */
const OPENSUSE_PREFIX = 'opensuse-';

/**
 * The scheme by which versions of an ecosystem are ordered: a system key (`debian:12`, see inventory/system.ts) or an
 * application ecosystem. Undefined for an unknown one: its packages cannot be matched, which is to be said, not guessed.
 */
export function schemeOf(ecosystem: string): VersionScheme | undefined {
  const colon = ecosystem.indexOf(':');
  if (colon < 0) return APPLICATION_SCHEMES.get(ecosystem);
  const family = ecosystem.slice(0, colon);
  return family.startsWith(OPENSUSE_PREFIX) ? 'rpm' : FAMILY_SCHEMES.get(family);
}
