import type { AffectedPackage, VersionRange } from '../advisories/advisory.ts';
import type { Package } from '../inventory/package.ts';
import { comparerOf, isInRange } from '../versions/compare.ts';
import { isModuleBuild } from '../versions/module-build.ts';
import type { VersionComparer } from '../versions/scheme.ts';
import type { Candidate } from './candidate.ts';
import type { CandidateGroup } from './candidate-group.ts';
import { concernsArchitecture } from './rules/architecture.ts';
import { hasEpoch, withoutEpoch } from './rules/epoch.ts';
import { isSignedDebianSource, kernelLookupName, kernelSourceOf } from './rules/kernel-names.ts';
import { isOfExtendedLine, minorReleaseOf } from './rules/minor-release.ts';
import { concernsModule } from './rules/module-stream.ts';
import { areComparable, type Pocket, pocketOf } from './rules/pocket.ts';
import { softwareOf } from './rules/rebuild.ts';

/**
 * The last word on one package against one record. `judge` looks at the record alone; `overrulingRecord` then lets another
 * record of the same advisory speak first. Matching and explaining both go through these two, so an explanation cannot
 * tell another story than the one that happened.
 */

export type Rule =
  | 'package-name'
  | 'origin'
  | 'architecture'
  | 'module-stream'
  | 'module-build'
  | 'pocket'
  | 'version-range'
  | 'version-list'
  | 'same-fix-rebuilt'
  | 'own-pocket'
  | 'no-version';

export interface Judgement {
  readonly affected: boolean;
  readonly rule: Rule;
  /** The installed version as compared: of the source package where the record is about sources. */
  readonly installedVersion: string;
  /** The lowest version that fixes what is installed; undefined if affected without a known fix, or if not affected. */
  readonly fixedVersion: string | undefined;
  /** Whose version was compared. */
  readonly on: 'source' | 'binary';
}

/** The pocket of fixes for a minor release that is supported beyond its time. */
const EXTENDED = 'eus';

const NOT_THIS_PACKAGE = refusal('package-name');
const OTHER_ORIGIN = refusal('origin');
const OTHER_ARCHITECTURE = refusal('architecture');
const OTHER_STREAM = refusal('module-stream');
const OTHER_BUILD = refusal('module-build');
const OTHER_POCKET = refusal('pocket');
const NO_VERSION = refusal('no-version');
const OUTSIDE_RANGES = refusal('version-range');
const NOT_LISTED = refusal('version-list');

function refusal(rule: Rule): Judgement {
  return { affected: false, rule, installedVersion: '', fixedVersion: undefined, on: 'binary' };
}

/**
 * Judges one candidate by itself; `group` holds all those of the package. Nearly every judgement is a refusal, so those
 * are shared values: `comparedVersionOf` says which version they were about.
 */
export function judge(pkg: Package, candidate: Candidate, group: CandidateGroup): Judgement {
  const affected = candidate.affected;
  const onSource = isOnSource(pkg, affected);
  if (!onSource && !isNamedByBinary(affected, pkg)) return NOT_THIS_PACKAGE;
  if (onSource && affected.matchOn === 'binary' && isNamedBeside(pkg, candidate, group))
    return NOT_THIS_PACKAGE;
  if (group.isOfAnotherOrigin(pkg)) return OTHER_ORIGIN;
  if (affected.architectures.length > 0 && !concernsArchitecture(affected.architectures, pkg.arch)) {
    return OTHER_ARCHITECTURE;
  }
  const version = versionOf(pkg, onSource);
  if (version === '') return NO_VERSION;
  if (affected.module !== '') {
    const fixed = affected.ranges.flatMap((range) => (range.fixed === '' ? [] : [range.fixed]));
    if (!concernsModule(affected.module, pkg.module, version, fixed)) return OTHER_STREAM;
  }
  return judgeVersion({ version, onSource }, candidate, group);
}

/** The version of `pkg` that a record about `affected` is compared with, and whose it is. */
export function comparedVersionOf(
  pkg: Package,
  affected: AffectedPackage,
): { readonly version: string; readonly on: 'source' | 'binary' } {
  const onSource = isOnSource(pkg, affected);
  return { version: versionOf(pkg, onSource), on: onSource ? 'source' : 'binary' };
}

function isOnSource(pkg: Package, affected: AffectedPackage): boolean {
  return affected.matchOn === 'source' ? isNamedBySource(affected, pkg) : standsForSource(affected, pkg);
}

/**
 * Whether a record about the binary package `systemd` also concerns `libsystemd0`, built from the source of that name: what
 * Ubuntu's notices list is what to ask for in an update (`perl`, not `perl-base`), and a fix is one of the whole source.
 * Kernels are named otherwise (`linux-aws` is a meta package and a source), and a package that is numbered otherwise than
 * its source may be of another version of it: inventories name one version a source.
 */
function standsForSource(affected: AffectedPackage, pkg: Package): boolean {
  return (
    affected.scheme === 'deb' &&
    affected.name === pkg.source &&
    affected.name !== pkg.name &&
    !affected.name.startsWith('linux') &&
    withoutEpoch(pkg.version).startsWith(withoutEpoch(pkg.sourceVersion))
  );
}

/** Whether the same advisory names the package itself: then that is what counts. */
function isNamedBeside(pkg: Package, candidate: Candidate, group: CandidateGroup): boolean {
  return group.siblingsOf(candidate).some(({ affected }) => affected.name === pkg.name);
}

function versionOf(pkg: Package, onSource: boolean): string {
  return onSource && !isSignedDebianSource(pkg.source) ? pkg.sourceVersion : pkg.version;
}

function judgeVersion(
  installed: { readonly version: string; readonly onSource: boolean },
  candidate: Candidate,
  group: CandidateGroup,
): Judgement {
  const { affected } = candidate;
  const { version } = installed;
  const compare = comparerOf(affected.scheme);
  let isMatched = false;
  let fixedVersion: string | undefined;
  let refused: Judgement | undefined;
  for (const range of affected.ranges) {
    if (!isInside(version, range, compare, candidate, group)) continue;
    // Asked only of ranges that would count: most do not.
    const unlike = incomparable(version, range, affected, group);
    if (unlike !== undefined) {
      refused = unlike;
      continue;
    }
    isMatched = true;
    if (range.fixed !== '' && (fixedVersion === undefined || compare(range.fixed, fixedVersion) < 0)) {
      fixedVersion = range.fixed;
    }
  }
  const on = installed.onSource ? 'source' : 'binary';
  if (isMatched)
    return { affected: true, rule: 'version-range', installedVersion: version, fixedVersion, on };
  if (affected.versions.length > 0 && isListed(affected.versions, version, compare)) {
    fixedVersion = nextFix(affected, version, compare);
    return { affected: true, rule: 'version-list', installedVersion: version, fixedVersion, on };
  }
  return refused ?? (affected.ranges.length > 0 ? OUTSIDE_RANGES : NOT_LISTED);
}

/** Why the installed version and the bound of the range cannot be ordered, or undefined if they can. */
function incomparable(
  version: string,
  range: VersionRange,
  affected: AffectedPackage,
  group: CandidateGroup,
): Judgement | undefined {
  const bound = range.fixed !== '' ? range.fixed : range.lastAffected;
  const { scheme } = affected;
  if (affected.pocket === EXTENDED && !isOfExtendedLine(version, bound)) return OTHER_POCKET;
  if (bound === '' || (scheme !== 'rpm' && scheme !== 'deb')) return undefined;
  if (scheme === 'rpm' && isModuleBuild(version) !== isModuleBuild(bound)) return OTHER_BUILD;
  return areComparable(group.pocketOfInstalled(version), pocketOfRecord(affected.pocket, bound))
    ? undefined
    : OTHER_POCKET;
}

function pocketOfRecord(recordPocket: string, fixed: string): Pocket {
  if (recordPocket === 'esm' || recordPocket === 'fips' || recordPocket === 'ksplice') return recordPocket;
  return pocketOf(fixed);
}

function isInside(
  version: string,
  range: VersionRange,
  compare: VersionComparer,
  candidate: Candidate,
  group: CandidateGroup,
): boolean {
  const { fixed } = range;
  if (candidate.affected.scheme === 'rpm' && fixed !== '') {
    const isInstalledWith = hasEpoch(version);
    if (isInstalledWith !== hasEpoch(fixed)) {
      // One side has an epoch, the other none. A feed that never writes one for the package, or always does where the
      // inventory has none, shows that one side left it out.
      const { isSometimes, isAlways } = group.epochHabitOf(candidate);
      const isLeftOut = isInstalledWith ? !isSometimes : isAlways;
      if (isLeftOut)
        return isInRange(compare, withoutEpoch(version), { ...range, fixed: withoutEpoch(fixed) });
    }
  }
  return isInRange(compare, version, range);
}

function isListed(versions: readonly string[], version: string, compare: VersionComparer): boolean {
  if (versions.includes(version)) return true;
  for (const listed of versions) if (compare(listed, version) === 0) return true;
  return false;
}

function nextFix(affected: AffectedPackage, version: string, compare: VersionComparer): string | undefined {
  let next: string | undefined;
  for (const { fixed } of affected.ranges) {
    if (fixed === '' || compare(fixed, version) <= 0) continue;
    if (next === undefined || compare(fixed, next) < 0) next = fixed;
  }
  return next;
}

function isNamedBySource(affected: AffectedPackage, pkg: Package): boolean {
  return affected.name === pkg.source || affected.name === kernelSourceOf(pkg.source);
}

/**
 * A record that goes by source names also concerns a binary package of that very name, whatever its source: records made
 * from lists of binary packages come in the same form, and a source and a binary of one name that are not the same thing
 * do not occur in Debian, Ubuntu or Alpine for any package that an advisory names (checked against all DSA and DLA).
 */
function isNamedByBinary(affected: AffectedPackage, pkg: Package): boolean {
  return affected.name === pkg.name || kernelLookupName(affected.name) === kernelLookupName(pkg.name);
}

/**
 * Which other record of the same advisory takes an `affected` judgement back, and by which rule; undefined if none does.
 * `same-fix-rebuilt`: the installed version is at or past another build of the same fix. `own-pocket`: the advisory also
 * has a fix in the package's own pocket, and that one decides; of an extended minor release also where an advisory of its
 * own has the fix.
 */
export function overrulingRecord(
  pkg: Package,
  candidate: Candidate,
  judgement: Judgement,
  group: CandidateGroup,
): { readonly candidate: Candidate; readonly rule: Rule } | undefined {
  const { fixedVersion, installedVersion } = judgement;
  const { scheme, pocket } = candidate.affected;
  if (scheme !== 'deb' && scheme !== 'rpm') return undefined;
  const own = scheme === 'deb' ? group.pocketOfInstalled(installedVersion) : '';
  const isElsewhere = scheme === 'deb' && pocketOfRecord(pocket, fixedVersion ?? '') !== own;
  // Ubuntu writes both: no fix in the ordinary line, and the one of ESM beside it.
  if (fixedVersion === undefined && !isElsewhere) return undefined;
  const extended = scheme === 'rpm' ? fixInOwnLine(candidate, installedVersion, group) : undefined;
  if (extended !== undefined) return { candidate: extended, rule: 'own-pocket' };
  const siblings = group.siblingsOf(candidate);
  if (siblings.length === 0) return undefined;
  for (const other of siblings) {
    if (other === candidate) continue;
    if (hasRebuild(pkg, other, candidate, judgement)) return { candidate: other, rule: 'same-fix-rebuilt' };
    if (!isElsewhere) continue;
    const fixed = other.affected.ranges.find((range) => range.fixed !== '')?.fixed;
    if (fixed === undefined || pocketOfRecord(other.affected.pocket, fixed) !== own) continue;
    const { rule } = judge(pkg, other, group);
    if (rule === 'version-range' || rule === 'version-list') return { candidate: other, rule: 'own-pocket' };
  }
  return undefined;
}

/**
 * The record by which a package of an extended minor release has, in its own line, the fixes that `candidate` asks for: all its
 * CVEs are fixed there at or below the installed version.
 */
function fixInOwnLine(
  candidate: Candidate,
  installedVersion: string,
  group: CandidateGroup,
): Candidate | undefined {
  const { affected, cves } = candidate;
  if (affected.pocket !== '' || cves.length === 0 || minorReleaseOf(installedVersion) === '')
    return undefined;
  const compare = comparerOf(affected.scheme);
  const fixed = new Set<string>();
  let decides: Candidate | undefined;
  for (const other of group.inPocket(EXTENDED)) {
    if (other.affected.name !== affected.name) continue;
    const hasFix = other.affected.ranges.some(
      (range) =>
        isOfExtendedLine(installedVersion, range.fixed) && compare(installedVersion, range.fixed) >= 0,
    );
    if (!hasFix) continue;
    for (const cve of other.cves) fixed.add(cve);
    decides ??= other;
  }
  return cves.every((cve) => fixed.has(cve)) ? decides : undefined;
}

/** Whether `other` names a build of the fix that the installed version has reached. */
function hasRebuild(
  pkg: Package,
  other: Candidate,
  candidate: Candidate,
  { fixedVersion, installedVersion }: Judgement,
): boolean {
  const { scheme, name } = candidate.affected;
  if (fixedVersion === undefined || other.affected.name !== name) return false;
  for (const { introduced, fixed } of other.affected.ranges) {
    if (fixed === '' || introduced !== '' || fixed === fixedVersion) continue;
    if (comparerOf(scheme)(installedVersion, fixed) < 0) continue;
    if (softwareOf(scheme, fixed) !== softwareOf(scheme, fixedVersion)) continue;
    if (concernsArchitecture(other.affected.architectures, pkg.arch)) return true;
  }
  return false;
}
