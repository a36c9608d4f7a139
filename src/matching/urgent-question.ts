import type { Package } from '../inventory/package.ts';
import type { VersionScheme } from '../versions/scheme.ts';
import { schemeOf } from '../versions/scheme-of-ecosystem.ts';
import type { PackageMatch } from './match.ts';
import { hasEpoch, withoutEpoch } from './rules/epoch.ts';
import { intervalOf, rangeProblem, type VersionRangeText } from './version-range.ts';

/**
 * What operators call urgent before, or besides, what publishers say: CVEs and KBs that records name, and questions by name
 * and range of versions. Pure; matching packages and explaining them both come through here.
 */

/** A question: packages of a name whose version lies in a range. */
export interface UrgentQuestion {
  /** `URGENT-…`. */
  readonly id: string;
  /** A package's name, the name of its source package, or the artifact of Maven's `group:artifact`. */
  readonly name: string;
  /** An ecosystem (`Maven`, `debian:12`), a family of systems (`debian`), or empty: any. */
  readonly ecosystem: string;
  readonly range: VersionRangeText;
  /** The range as it was written. */
  readonly rangeText: string;
}

/** All that is urgent in a project at one moment. */
export interface UrgentSet {
  readonly cves: ReadonlySet<string>;
  /** Ids of updates: `KB5034441`. */
  readonly kbs: ReadonlySet<string>;
  readonly questions: readonly UrgentQuestion[];
}

export interface QuestionVerdict {
  /** `uncompared`: `comparison` says why. */
  readonly decision: 'affected' | 'not-affected' | 'uncompared';
  readonly installedVersion: string;
  readonly compared: 'source' | 'binary';
  /** `2.14.1 is in >=2.0 <2.17.1 (maven)`. */
  readonly comparison: string;
  /** The end of the range where it is not in it: the first version without the fault. */
  readonly fixedVersion: string | undefined;
}

/** Whether a question concerns packages of this name; `filed` may be a package or what a record is filed under. */
export function isAskedAbout(
  question: Pick<UrgentQuestion, 'name' | 'ecosystem'>,
  filed: { readonly ecosystem: string; readonly name: string },
): boolean {
  const { ecosystem, name } = question;
  const family = filed.ecosystem.split(':', 1)[0];
  if (ecosystem !== '' && ecosystem !== filed.ecosystem && ecosystem !== family) return false;
  return filed.name === name || (filed.ecosystem === 'Maven' && filed.name.endsWith(`:${name}`));
}

/** Judges a package by a question; undefined: it is not about this package. */
export function judgeQuestion(question: UrgentQuestion, pkg: Package): QuestionVerdict | undefined {
  const isByName = isAskedAbout(question, pkg);
  if (!isByName && !isAskedAbout(question, { ecosystem: pkg.ecosystem, name: pkg.source })) return undefined;
  const compared = isByName && pkg.source !== question.name ? 'binary' : 'source';
  const whole = compared === 'source' ? pkg.sourceVersion : pkg.version;
  const scheme = schemeOf(pkg.ecosystem);
  const problem = uncomparedReason(question, pkg.ecosystem, whole);
  if (scheme === undefined || problem !== undefined) {
    const comparison = problem ?? '';
    return {
      decision: 'uncompared',
      installedVersion: whole,
      compared,
      comparison,
      fixedVersion: undefined,
    };
  }
  const version = comparedVersion(question.range, whole, scheme);
  const interval = intervalOf(question.range, version, scheme);
  const upper = interval?.upper;
  return {
    decision: interval === undefined ? 'not-affected' : 'affected',
    installedVersion: whole,
    compared,
    comparison: `${version} ${interval === undefined ? 'is not in' : 'is in'} ${question.rangeText} (${scheme})`,
    fixedVersion: upper === undefined || upper.isIncluded ? undefined : upper.version,
  };
}

function uncomparedReason(
  { range, rangeText }: UrgentQuestion,
  ecosystem: string,
  version: string,
): string | undefined {
  const scheme = schemeOf(ecosystem);
  if (scheme === undefined) return `how ${ecosystem} orders versions is not known`;
  if (version === '') return 'it has no version';
  const problem = rangeProblem(range, scheme);
  return problem === undefined ? undefined : `the range ${rangeText} ${problem}`;
}

/** People seldom write the epoch of a package, and a version with one is later than any without: so it counts where they do. */
function comparedVersion(range: VersionRangeText, version: string, scheme: VersionScheme): string {
  if (scheme !== 'deb' && scheme !== 'rpm') return version;
  const isWritten = range.some(({ lower, upper }) =>
    [lower, upper].some((bound) => bound !== undefined && hasEpoch(bound.version)),
  );
  return isWritten ? version : withoutEpoch(version);
}

/** What is urgent about a package besides what `matchPackage` says with the CVEs of `urgent`. */
export function urgentMatches(
  pkg: Package,
  matches: readonly PackageMatch[],
  urgent: UrgentSet,
): readonly PackageMatch[] {
  const found: PackageMatch[] = [];
  if (urgent.kbs.size > 0) {
    for (const match of matches) {
      const kb = match.vulnerabilities.find(({ type, id }) => type === 'windows_vul' && urgent.kbs.has(id));
      if (kb !== undefined)
        found.push({ ...match, vulnerabilities: [{ type: 'urgent_vul', id: `URGENT-${kb.id}` }] });
    }
  }
  for (const question of urgent.questions) {
    const verdict = judgeQuestion(question, pkg);
    if (verdict?.decision !== 'affected') continue;
    found.push({
      vulnerabilities: [{ type: 'urgent_vul', id: question.id }],
      cves: [],
      advisoryId: question.id,
      feed: URGENT_FEED,
      fixedVersion: verdict.fixedVersion,
      on: verdict.compared,
    });
  }
  return found;
}

/** What explanations call the source of a question's verdict. */
export const URGENT_FEED = 'urgent-question';
