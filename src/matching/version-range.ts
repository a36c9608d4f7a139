import { comparerOf, isWellFormed } from '../versions/compare.ts';
import { VERSION_SCHEMES, type VersionScheme } from '../versions/scheme.ts';

/**
 * A range of versions as a person writes it: `>=2.0 <2.17.1`. Bounds stand side by side (or with a comma between them) where
 * all must hold, `||` between alternatives; a version without a sign is that one version, `*` every version.
 */

export const RANGE_LENGTH_MAX_CHARS = 256;
export const RANGE_ALTERNATIVES_MAX = 16;

export interface RangeBound {
  readonly version: string;
  readonly isIncluded: boolean;
}

/** From `lower` to `upper`; undefined: no bound on that side. */
export interface RangeInterval {
  readonly lower: RangeBound | undefined;
  readonly upper: RangeBound | undefined;
}

export type VersionRangeText = readonly RangeInterval[];

export type ParsedRange =
  | { readonly ok: true; readonly range: VersionRangeText }
  | { readonly ok: false; readonly problem: string };

const BOUND = /^(>=|<=|>|<|==?|)\s*([^\s<>=,|]+)/;

/** Reads a range. What is wrong with it is said in words. */
export function parseVersionRange(text: string): ParsedRange {
  if (text.length > RANGE_LENGTH_MAX_CHARS)
    return { ok: false, problem: `may have ${RANGE_LENGTH_MAX_CHARS} characters` };
  const alternatives = text.split('||');
  if (alternatives.length > RANGE_ALTERNATIVES_MAX)
    return { ok: false, problem: `may have ${RANGE_ALTERNATIVES_MAX} alternatives` };
  const range: RangeInterval[] = [];
  for (const alternative of alternatives) {
    const interval = parseInterval(alternative.trim());
    if (typeof interval === 'string') return { ok: false, problem: interval };
    range.push(interval);
  }
  return { ok: true, range };
}

function parseInterval(text: string): RangeInterval | string {
  if (text === '') return 'is empty: write for instance ">=2.0 <2.17.1", or * for every version';
  if (text === '*') return { lower: undefined, upper: undefined };
  let lower: RangeBound | undefined;
  let upper: RangeBound | undefined;
  for (let rest = text; rest !== ''; ) {
    const found = BOUND.exec(rest);
    if (found === null) return `cannot be read from "${rest}" on: write for instance ">=2.0 <2.17.1"`;
    const [whole, sign, version = ''] = found;
    const bound = { version, isIncluded: sign !== '<' && sign !== '>' };
    const isExact = sign === '' || sign === '=' || sign === '==';
    if (isExact && (lower !== undefined || upper !== undefined || whole.length < rest.length))
      return `${version} is one version and cannot stand beside other bounds; put || between alternatives`;
    if (isExact || sign === '>=' || sign === '>') {
      if (lower !== undefined) return `has two lower bounds, ${lower.version} and ${version}`;
      lower = bound;
    }
    if (isExact || sign === '<=' || sign === '<') {
      if (upper !== undefined) return `has two upper bounds, ${upper.version} and ${version}`;
      upper = bound;
    }
    rest = rest.slice(whole.length).replace(/^[\s,]+/, '');
  }
  return { lower, upper };
}

/**
 * What is wrong with the range by the rules of a scheme: a bound that is no version of it, an alternative that no version
 * lies in because its bounds cross or meet without being included.
 */
export function rangeProblem(range: VersionRangeText, scheme: VersionScheme): string | undefined {
  const compare = comparerOf(scheme);
  for (const { lower, upper } of range) {
    for (const bound of [lower, upper]) {
      if (bound !== undefined && !isWellFormed(scheme, bound.version))
        return `"${bound.version}" is no version as ${scheme} writes them`;
    }
    if (lower === undefined || upper === undefined) continue;
    const order = compare(lower.version, upper.version);
    if (order > 0)
      return `begins with ${lower.version}, which is later than its end ${upper.version} (${scheme})`;
    if (order === 0 && !(lower.isIncluded && upper.isIncluded))
      return `holds no version: it begins and ends with ${lower.version}, which is not included (${scheme})`;
  }
  return undefined;
}

/**
 * What is wrong with a range that may meet versions of any scheme; undefined where some scheme can compare by it. It is said
 * in the words of a scheme that reads every bound, if there is one.
 */
export function rangeProblemAnywhere(range: VersionRangeText): string | undefined {
  const problems = VERSION_SCHEMES.map((scheme) => rangeProblem(range, scheme));
  if (problems.includes(undefined)) return undefined;
  const reading = VERSION_SCHEMES.findIndex((scheme) => readsEveryBound(range, scheme));
  return problems[Math.max(reading, 0)];
}

function readsEveryBound(range: VersionRangeText, scheme: VersionScheme): boolean {
  return range.every(({ lower, upper }) =>
    [lower, upper].every((bound) => bound === undefined || isWellFormed(scheme, bound.version)),
  );
}

/** The interval in which the version lies; undefined: in none. */
export function intervalOf(
  range: VersionRangeText,
  version: string,
  scheme: VersionScheme,
): RangeInterval | undefined {
  const compare = comparerOf(scheme);
  return range.find(({ lower, upper }) => {
    if (lower !== undefined) {
      const order = compare(version, lower.version);
      if (order < 0 || (order === 0 && !lower.isIncluded)) return false;
    }
    if (upper === undefined) return true;
    const order = compare(version, upper.version);
    return order < 0 || (order === 0 && upper.isIncluded);
  });
}
