/**
 * Constraints on versions as package managers write them, as intervals: Composer's (`>=2.0,<2.1.5`, alternatives parted by
 * `|` or `||`), node-semver's (`8.x || ^9.2.1`, `1.0 - 1.4`) and what Wordfence writes (`>=4.1,<4.1.34|<=3.9`).
 */
import { compareVersions } from '../versions/compare.ts';
import type { VersionScheme } from '../versions/scheme.ts';
import type { VersionRange } from './advisory.ts';
import { isFieldText } from './record-text.ts';

/** Longest constraint read, in characters. The longest real ones (WordPress core, one line of releases each) have some 600. */
export const CONSTRAINT_LENGTH_MAX_CHARS = 10_000;

/** From `from` on (empty: from the first version) to `to` (empty: without an end), with `to` itself where `withTo`. */
export interface Interval {
  readonly from: string;
  readonly to: string;
  readonly withTo: boolean;
}

const ALL: Interval = { from: '', to: '', withTo: false };
const COMPARATOR = /\s*(>=|<=|==|>|<|=|\^|~>?|)\s*([^\s,<>=^~|]+)\s*,?/y;

/**
 * The intervals of a constraint, sorted, those that touch made one. Undefined where any part of it is not understood: half
 * a constraint would be a wrong one. In node-semver's way (`scheme` `semver`) `8` and `8.1` are whole lines of versions.
 */
export function parseConstraint(text: string, scheme: VersionScheme): readonly Interval[] | undefined {
  if (text.trim() === '' || text.length > CONSTRAINT_LENGTH_MAX_CHARS) return undefined;
  const intervals: Interval[] = [];
  // Long runs of blanks would cost the pattern below its square.
  for (const alternative of text.replace(/\s+/g, ' ').split(/\|\|?/)) {
    const interval = parseAlternative(alternative, scheme);
    if (interval === undefined) return undefined;
    if (interval !== 'empty') intervals.push(interval);
  }
  return unite(intervals, scheme);
}

/** The intervals together, sorted, those that overlap or touch made one. */
export function unite(intervals: readonly Interval[], scheme: VersionScheme): readonly Interval[] {
  const sorted = [...intervals].sort((a, b) => compareFrom(a.from, b.from, scheme));
  const united: Interval[] = [];
  for (const next of sorted) {
    const last = united.at(-1);
    if (last !== undefined && reaches(last, next.from, scheme)) {
      united[united.length - 1] = { from: last.from, ...laterEnd(last, next, scheme) };
    } else united.push(next);
  }
  return united;
}

/**
 * The ranges of what is `affected`, without what is `fixed` in it. A range ends in the version that fixes it where one is
 * known: the beginning of the next fixed interval, also where a gap of unnamed versions lies before it; else the first
 * version that the record says is not affected.
 */
export function rangesOfIntervals(
  affected: readonly Interval[],
  fixed: readonly Interval[],
  scheme: VersionScheme,
): VersionRange[] {
  const ranges: VersionRange[] = [];
  for (const whole of unite(affected, scheme)) {
    let rest: Interval | undefined = whole;
    for (const fix of unite(fixed, scheme)) {
      if (rest === undefined) break;
      if (fix.to !== '' && compareFrom(rest.from, fix.to, scheme) >= 0) continue;
      if (!isBefore(fix.from, rest, scheme)) break;
      if (compareFrom(rest.from, fix.from, scheme) < 0) {
        ranges.push({ introduced: rest.from, fixed: fix.from, lastAffected: '' });
      }
      const goesOn: boolean = fix.to !== '' && isBefore(fix.to, rest, scheme);
      rest = goesOn ? { ...rest, from: fix.to } : undefined;
    }
    if (rest !== undefined) ranges.push(lastRange(rest, affected, fixed, scheme));
  }
  return ranges;
}

function lastRange(
  rest: Interval,
  affected: readonly Interval[],
  fixed: readonly Interval[],
  scheme: VersionScheme,
): VersionRange {
  const { from: introduced, to, withTo } = rest;
  if (to === '') return { introduced, fixed: '', lastAffected: '' };
  if (!withTo) return { introduced, fixed: to, lastAffected: '' };
  const isPast = (version: string): boolean =>
    version !== '' &&
    compareVersions(scheme, version, to) > 0 &&
    isBeforeOthers(version, rest, affected, scheme);
  const [fix] = unite(fixed, scheme).filter(({ from }) => isPast(from));
  return fix === undefined
    ? { introduced, fixed: '', lastAffected: to }
    : { introduced, fixed: fix.from, lastAffected: '' };
}

/** Whether no other affected interval lies between the end of `rest` and `version`. */
function isBeforeOthers(
  version: string,
  rest: Interval,
  affected: readonly Interval[],
  scheme: VersionScheme,
): boolean {
  return affected.every(
    ({ from }) =>
      from === '' ||
      compareVersions(scheme, from, rest.to) <= 0 ||
      compareVersions(scheme, from, version) >= 0,
  );
}

function isBefore(version: string, { to, withTo }: Interval, scheme: VersionScheme): boolean {
  if (to === '' || version === '') return true;
  const order = compareVersions(scheme, version, to);
  return withTo ? order <= 0 : order < 0;
}

function compareFrom(a: string, b: string, scheme: VersionScheme): number {
  if (a === '' || b === '') return Number(a !== '') - Number(b !== '');
  return compareVersions(scheme, a, b);
}

function reaches(interval: Interval, from: string, scheme: VersionScheme): boolean {
  return interval.to === '' || from === '' || compareVersions(scheme, from, interval.to) <= 0;
}

function laterEnd(a: Interval, b: Interval, scheme: VersionScheme): Pick<Interval, 'to' | 'withTo'> {
  if (a.to === '' || b.to === '') return { to: '', withTo: false };
  const order = compareVersions(scheme, a.to, b.to);
  if (order === 0) return { to: a.to, withTo: a.withTo || b.withTo };
  const { to, withTo } = order > 0 ? a : b;
  return { to, withTo };
}

function parseAlternative(text: string, scheme: VersionScheme): Interval | 'empty' | undefined {
  const hyphen = /^\s*(\S+)\s+-\s+(\S+)\s*$/.exec(text);
  const words = hyphen === null ? text : `>=${hyphen[1]} <=${hyphen[2]}`;
  if (words.trim() === '') return undefined;
  let whole: Interval = ALL;
  COMPARATOR.lastIndex = 0;
  for (let at = 0; at < words.length; at = COMPARATOR.lastIndex) {
    if (words.slice(at).trim() === '') break;
    COMPARATOR.lastIndex = at;
    const [, operator = '', version = ''] = COMPARATOR.exec(words) ?? [];
    if (version === '' || !isFieldText(version)) return undefined;
    const interval = intervalOf(operator, version, scheme);
    if (interval === undefined) return undefined;
    whole = intersect(whole, interval, scheme);
  }
  return isEmpty(whole, scheme) ? 'empty' : whole;
}

function intersect(a: Interval, b: Interval, scheme: VersionScheme): Interval {
  const from = compareFrom(a.from, b.from, scheme) >= 0 ? a.from : b.from;
  if (a.to === '') return { ...b, from };
  if (b.to === '') return { ...a, from };
  const order = compareVersions(scheme, a.to, b.to);
  if (order === 0) return { from, to: a.to, withTo: a.withTo && b.withTo };
  return { ...(order < 0 ? a : b), from };
}

function isEmpty({ from, to, withTo }: Interval, scheme: VersionScheme): boolean {
  if (from === '' || to === '') return false;
  const order = compareVersions(scheme, from, to);
  return withTo ? order > 0 : order >= 0;
}

function intervalOf(operator: string, version: string, scheme: VersionScheme): Interval | undefined {
  if (version === '*' || /^[xX]$/.test(version)) return ALL;
  const line = lineOf(version, scheme);
  if (line === undefined && !/\d/.test(version)) return undefined;
  const from = line?.from ?? version;
  switch (operator) {
    case '>=':
      // Every version is meant, pre-releases of the first one too.
      return { from: /^0(?:\.0)*$/.test(version) ? '' : from, to: '', withTo: false };
    case '<':
      return { from: '', to: from, withTo: false };
    case '<=':
      return line === undefined
        ? { from: '', to: version, withTo: true }
        : { from: '', to: line.to, withTo: false };
    case '>':
      return scheme === 'semver'
        ? { from: line?.to ?? successor(version), to: '', withTo: false }
        : undefined;
    case '^':
    case '~':
    case '~>':
      return scheme === 'semver' ? { from, to: nextLine(version, operator), withTo: false } : undefined;
    default:
      return line === undefined ? { from, to: version, withTo: true } : { ...line, withTo: false };
  }
}

/** The line of versions that `8`, `8.x` or `8.1` stands for in node-semver; undefined for a whole version. */
function lineOf(
  version: string,
  scheme: VersionScheme,
): { readonly from: string; readonly to: string } | undefined {
  if (scheme !== 'semver') return undefined;
  const [, major, minor] = /^v?(\d{1,15})(?:\.(\d{1,15}))?(?:\.[xX*]){0,2}$/.exec(version) ?? [];
  if (major === undefined) return undefined;
  if (minor === undefined) return { from: `${major}.0.0`, to: `${Number(major) + 1}.0.0` };
  return { from: `${major}.${minor}.0`, to: `${major}.${Number(minor) + 1}.0` };
}

/** The first version after a release or pre-release in SemVer's order. */
function successor(version: string): string {
  const [, head = '', patch = '', pre = ''] = /^(v?\d+\.\d+\.)(\d{1,15})(.*)$/.exec(version) ?? [];
  return head !== '' && pre === '' ? `${head}${Number(patch) + 1}-0` : `${version}.0`;
}

/** Where `^1.2.3` and `~1.2.3` end: before the next version that may break, or the next minor one. */
function nextLine(version: string, operator: '^' | '~' | '~>'): string {
  const [major = '0', minor, patch] = (/^v?([\d.]+)/.exec(version)?.[1] ?? '0').split('.');
  if (minor === undefined || (operator === '^' && major !== '0')) return `${Number(major) + 1}.0.0`;
  if (operator === '^' && minor === '0' && patch !== undefined) return `0.0.${Number(patch) + 1}`;
  return `${major}.${Number(minor) + 1}.0`;
}
