import { compareDigitRuns, isDigit } from './digit-runs.ts';

/** Kinds of parts, numbered in the order of PHP's `version_compare`. */
const UNKNOWN = 0;
const DEV = 1;
const ALPHA = 2;
const BETA = 3;
const CANDIDATE = 4;
const ABSENT = 5;
const WILDCARD = 6;
const NUMBER = 7;
const PATCH = 8;

/**
 * Orders two Composer versions as PHP's `version_compare` does, with Composer's leading `v` left out: parts
 * are split at `.`, `-`, `_`, `+` and between digits and the rest; any other word < `dev` < `alpha` =
 * `a` < `beta` = `b` < `RC` = `rc` < nothing < number < `pl` = `p`, words by how they begin and, but for `RC`, in this
 * case only. `1.0` is older than `1.0.0`.
 *
 * `#` stands for any number or none, so versions that contain it are the one case in which order is not transitive
 * (`1 = 1.# = 1.1`); Composer accepts no such version and `isWellFormedPackagist` says so.
 */
export function comparePackagist(a: string, b: string): number {
  if (a === b) return 0;
  let i = partStart(a, prefixLength(a));
  let j = partStart(b, prefixLength(b));
  while (i < a.length || j < b.length) {
    const aEnd = partEnd(a, i);
    const bEnd = partEnd(b, j);
    const x = kindOf(a, i);
    const y = kindOf(b, j);
    if (x !== y && !isWildcardMatch(x, y)) return x - y;
    if (x === NUMBER && y === NUMBER) {
      const difference = compareDigitRuns(a, i, aEnd, b, j, bEnd);
      if (difference !== 0) return difference;
    }
    i = partStart(a, aEnd);
    j = partStart(b, bEnd);
  }
  return 0;
}

function isWildcardMatch(x: number, y: number): boolean {
  if (x === WILDCARD) return y === NUMBER || y === ABSENT;
  return y === WILDCARD && (x === NUMBER || x === ABSENT);
}

function prefixLength(version: string): number {
  return version.startsWith('v') || version.startsWith('V') ? 1 : 0;
}

function isSeparator(character: string): boolean {
  return character === '.' || character === '-' || character === '_' || character === '+';
}

function partStart(version: string, from: number): number {
  let i = from;
  while (i < version.length && isSeparator(version.charAt(i))) i++;
  return i;
}

function partEnd(version: string, from: number): number {
  if (from >= version.length) return from;
  const isNumber = isDigit(version.charCodeAt(from));
  let i = from;
  while (
    i < version.length &&
    isDigit(version.charCodeAt(i)) === isNumber &&
    !isSeparator(version.charAt(i))
  ) {
    i++;
  }
  return i;
}

function kindOf(version: string, at: number): number {
  if (at >= version.length) return ABSENT;
  if (isDigit(version.charCodeAt(at))) return NUMBER;
  switch (version.charAt(at)) {
    case '#':
      return WILDCARD;
    case 'a':
      return ALPHA;
    case 'b':
      return BETA;
    case 'p':
      return PATCH;
    case 'd':
      return version.startsWith('dev', at) ? DEV : UNKNOWN;
    case 'r':
    case 'R':
      return version.startsWith('rc', at) || version.startsWith('RC', at) ? CANDIDATE : UNKNOWN;
    default:
      return UNKNOWN;
  }
}

/** Whether Composer takes the text for a version: numbers with an optional stability, or a branch (`dev-main`, `1.x-dev`). */
export function isWellFormedPackagist(version: string): boolean {
  return /^(?:dev-[^\s#,;]+|[vV]?[0-9][0-9A-Za-z.+_~-]*)$/.test(version);
}
