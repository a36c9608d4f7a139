/** The schemes by which versions are ordered. Each has a file of its own beside this one; `compare.ts` picks one by name. */
export const VERSION_SCHEMES = [
  'deb',
  'rpm',
  'apk',
  'semver',
  'maven',
  'pypi',
  'rubygems',
  'nuget',
  'packagist',
  'wordpress',
] as const;

export type VersionScheme = (typeof VERSION_SCHEMES)[number];

/**
 * Orders two versions of one scheme: negative if `a` is older, 0 if equal, positive if newer.
 * Total, antisymmetric and transitive for any strings: text that is no version of the scheme still has a fixed place.
 * The one exception is `#` in Packagist's and WordPress's, a wildcard (see packagist.ts).
 */
export type VersionComparer = (a: string, b: string) => number;
