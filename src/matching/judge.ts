import type { AffectedPackage, VersionRange } from '../advisories/advisory.ts';
import type { Package } from '../inventory/package.ts';
import { comparerOf, isInRange } from '../versions/compare.ts';
import type { VersionComparer } from '../versions/scheme.ts';
import type { Candidate } from './candidate.ts';
import { concernsArchitecture } from './rules/architecture.ts';
import { hasEpoch, withoutEpoch } from './rules/epoch.ts';
import { isSignedDebianSource, kernelLookupName, kernelSourceOf } from './rules/kernel-names.ts';
import { concernsModule, isModuleBuild } from './rules/module-stream.ts';
import { areComparable, type Pocket, pocketOf } from './rules/pocket.ts';
import { softwareOf } from './rules/rebuild.ts';

/**
 * The last word on one package against one record. `judge` looks at the record alone; `overrulingRecord` then lets another
 * record of the same advisory speak first. Matching and explaining both go through these two, so an explanation cannot
 * tell another story than the one that happened.
 */

export type Rule =
  | 'package-name'
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

const NOT_THIS_PACKAGE = refusal('package-name');
const OTHER_ARCHITECTURE = refusal('architecture');
const OTHER_STREAM = refusal('module-stream');
const OTHER_BUILD = refusal('module-build');
const OTHER_POCKET = refusal('pocket');
const NO_VERSION = refusal('no-version');

function refusal(rule: Rule): Judgement {
  return { affected: false, rule, installedVersion: '', fixedVersion: undefined, on: 'binary' };
}

/** Judges one candidate by itself. `candidates` are all those of the package: they show whether a feed writes epochs. */
export function judge(pkg: Package, candidate: Candidate, candidates: readonly Candidate[]): Judgement {
  const affected = candidate.affected;
  const onSource = affected.matchOn === 'source' && isNamedBySource(affected, pkg);
  if (!onSource && !isNamedByBinary(affected, pkg)) return NOT_THIS_PACKAGE;
  if (!concernsArchitecture(affected.architectures, pkg.arch)) return OTHER_ARCHITECTURE;
  const version = onSource && !isSignedDebianSource(pkg.source) ? pkg.sourceVersion : pkg.version;
  if (version === '') return NO_VERSION;
  if (!concernsModule(affected.module, pkg.module, version)) return OTHER_STREAM;
  const compare = comparerOf(affected.scheme);
  const pocket = affected.scheme === 'deb' || affected.scheme === 'rpm' ? pocketOf(version) : '';
  return judgeVersion({
    compare,
    version,
    pocket,
    on: onSource ? 'source' : 'binary',
    candidate,
    candidates,
  });
}

interface VersionQuestion {
  readonly compare: VersionComparer;
  readonly version: string;
  readonly pocket: Pocket;
  readonly on: 'source' | 'binary';
  readonly candidate: Candidate;
  readonly candidates: readonly Candidate[];
}

function judgeVersion(question: VersionQuestion): Judgement {
  const { compare, version, on, candidate } = question;
  const affected = candidate.affected;
  let isMatched = false;
  let fixedVersion: string | undefined;
  let refused: Judgement | undefined;
  for (const range of affected.ranges) {
    const bound = range.fixed !== '' ? range.fixed : range.lastAffected;
    const unlike = bound === '' ? undefined : incomparable(question, bound);
    if (unlike !== undefined) {
      refused = unlike;
      continue;
    }
    if (!isInside(question, range)) continue;
    isMatched = true;
    if (range.fixed !== '' && (fixedVersion === undefined || compare(range.fixed, fixedVersion) < 0)) {
      fixedVersion = range.fixed;
    }
  }
  if (isMatched)
    return { affected: true, rule: 'version-range', installedVersion: version, fixedVersion, on };
  if (affected.versions.length > 0 && isListed(affected.versions, version, compare)) {
    return {
      affected: true,
      rule: 'version-list',
      installedVersion: version,
      fixedVersion: nextFix(affected, version, compare),
      on,
    };
  }
  if (refused !== undefined) return refused;
  const rule = affected.ranges.length > 0 ? 'version-range' : 'version-list';
  return { affected: false, rule, installedVersion: version, fixedVersion: undefined, on };
}

/** Why the versions cannot be ordered, or undefined if they can. */
function incomparable({ version, pocket, candidate }: VersionQuestion, bound: string): Judgement | undefined {
  const { scheme, pocket: recordPocket } = candidate.affected;
  if (scheme === 'rpm' && isModuleBuild(version) !== isModuleBuild(bound)) return OTHER_BUILD;
  if (scheme !== 'rpm' && scheme !== 'deb') return undefined;
  return areComparable(pocket, pocketOfRecord(recordPocket, bound)) ? undefined : OTHER_POCKET;
}

function pocketOfRecord(recordPocket: string, fixed: string): Pocket {
  if (recordPocket === 'esm' || recordPocket === 'fips' || recordPocket === 'ksplice') return recordPocket;
  return pocketOf(fixed);
}

function isInside(question: VersionQuestion, range: VersionRange): boolean {
  const { compare, candidate, version } = question;
  const { fixed } = range;
  if (candidate.affected.scheme === 'rpm' && fixed !== '' && hasEpoch(version) !== hasEpoch(fixed)) {
    const isKnownToBoth = feedWritesEpochs(question) === hasEpoch(version);
    if (!isKnownToBoth)
      return isInRange(compare, withoutEpoch(version), { ...range, fixed: withoutEpoch(fixed) });
  }
  return isInRange(compare, version, range);
}

/**
 * Whether this feed writes epochs for this package. Asked only where one side has an epoch and the other has none:
 * an installed epoch and a feed that never writes one for the package, or the reverse, means that one side left it out.
 */
function feedWritesEpochs({ version, candidate, candidates }: VersionQuestion): boolean {
  const isInstalledWith = hasEpoch(version);
  let isSometimes = false;
  let isAlways = true;
  for (const other of candidates) {
    if (other.feed !== candidate.feed || other.affected.name !== candidate.affected.name) continue;
    for (const { fixed } of other.affected.ranges) {
      if (fixed === '') continue;
      if (hasEpoch(fixed)) isSometimes = true;
      else isAlways = false;
    }
  }
  return isInstalledWith ? isSometimes : isAlways;
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
 * has a fix in the package's own pocket, and that one decides.
 */
export function overrulingRecord(
  pkg: Package,
  candidate: Candidate,
  judgement: Judgement,
  candidates: readonly Candidate[],
): { readonly candidate: Candidate; readonly rule: Rule } | undefined {
  const { fixedVersion, installedVersion } = judgement;
  const { scheme, pocket } = candidate.affected;
  if (fixedVersion === undefined || (scheme !== 'deb' && scheme !== 'rpm')) return undefined;
  const own = scheme === 'deb' ? pocketOf(installedVersion) : '';
  const isElsewhere = scheme === 'deb' && pocketOfRecord(pocket, fixedVersion) !== own;
  for (const other of candidates) {
    if (other === candidate || other.advisoryId !== candidate.advisoryId || other.feed !== candidate.feed)
      continue;
    if (hasRebuild(pkg, other, candidate, judgement)) return { candidate: other, rule: 'same-fix-rebuilt' };
    if (!isElsewhere) continue;
    const fixed = other.affected.ranges.find((range) => range.fixed !== '')?.fixed;
    if (fixed === undefined || pocketOfRecord(other.affected.pocket, fixed) !== own) continue;
    const ruling = judge(pkg, other, candidates);
    if (ruling.rule === 'version-range' || ruling.rule === 'version-list') {
      return { candidate: other, rule: 'own-pocket' };
    }
  }
  return undefined;
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
