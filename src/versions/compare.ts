import { compareApk, isWellFormedApk } from './apk.ts';
import { compareDeb, isWellFormedDeb } from './deb.ts';
import { compareMaven, isWellFormedMaven } from './maven.ts';
import { compareNuget, isWellFormedNuget } from './nuget.ts';
import { comparePackagist, isWellFormedPackagist } from './packagist.ts';
import { comparePypi, isWellFormedPypi } from './pypi.ts';
import { compareRpm, isWellFormedRpm } from './rpm.ts';
import { compareRubygems, isWellFormedRubygems } from './rubygems.ts';
import type { VersionComparer, VersionScheme } from './scheme.ts';
import { compareSemver, isWellFormedSemver } from './semver.ts';
import { compareWordpress, isWellFormedWordpress } from './wordpress.ts';

const COMPARERS: Readonly<Record<VersionScheme, VersionComparer>> = {
  deb: compareDeb,
  rpm: compareRpm,
  apk: compareApk,
  semver: compareSemver,
  maven: compareMaven,
  pypi: comparePypi,
  rubygems: compareRubygems,
  nuget: compareNuget,
  packagist: comparePackagist,
  wordpress: compareWordpress,
};

const WELL_FORMED: Readonly<Record<VersionScheme, (version: string) => boolean>> = {
  deb: isWellFormedDeb,
  rpm: isWellFormedRpm,
  apk: isWellFormedApk,
  semver: isWellFormedSemver,
  maven: isWellFormedMaven,
  pypi: isWellFormedPypi,
  rubygems: isWellFormedRubygems,
  nuget: isWellFormedNuget,
  packagist: isWellFormedPackagist,
  wordpress: isWellFormedWordpress,
};

/** The comparer of a scheme, for loops that compare many versions of one scheme. */
export function comparerOf(scheme: VersionScheme): VersionComparer {
  return COMPARERS[scheme];
}

/** Orders two versions of one scheme: negative, 0 or positive, for any two texts. */
export function compareVersions(scheme: VersionScheme, a: string, b: string): number {
  return COMPARERS[scheme](a, b);
}

/**
 * Whether the text is a version of the scheme as its own tools would accept it. Comparers take any text; this is for
 * the edge, where a record that carries something else (`unknown`, `${revision}`, a range) is to be named.
 */
export function isWellFormed(scheme: VersionScheme, version: string): boolean {
  return WELL_FORMED[scheme](version);
}

/**
 * Whether a version lies in a range of an advisory: from `introduced` (empty: from the first version) to before
 * `fixed`, else up to and with `lastAffected`; with neither there is no end. `fixed` wins where both are given. A feed's
 * `0` for "from the first" must come as empty text: as a version it is newer than `0~rc1`.
 */
export function isInRange(
  comparer: VersionComparer,
  version: string,
  range: { readonly introduced: string; readonly fixed: string; readonly lastAffected: string },
): boolean {
  if (range.introduced !== '' && comparer(version, range.introduced) < 0) return false;
  if (range.fixed !== '') return comparer(version, range.fixed) < 0;
  return range.lastAffected === '' || comparer(version, range.lastAffected) <= 0;
}
