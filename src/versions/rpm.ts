import { compareDigitRuns, compareRuns, isDigit, isLetter } from './digit-runs.ts';
import { epochColonOf } from './epoch.ts';

const TILDE = 126;
const CARET = 94;

/**
 * Orders two rpm versions `[epoch:]version[-release]` as rpm's `rpmverCmp` does (`rpm.vercmp` in its Lua): epochs as
 * numbers, a missing one is 0; then version, then release by runs of digits and of letters, everything else being a
 * mere separator, with `~` before the end, then the end, `^`, letters, digits. A missing release is older than any.
 */
export function compareRpm(a: string, b: string): number {
  if (a === b) return 0;
  const aColon = epochColonOf(a);
  const bColon = epochColonOf(b);
  if (aColon > 0 || bColon > 0) {
    const epoch = compareDigitRuns(a, 0, Math.max(aColon, 0), b, 0, Math.max(bColon, 0));
    if (epoch !== 0) return epoch;
  }
  const aHyphen = a.lastIndexOf('-');
  const bHyphen = b.lastIndexOf('-');
  const aHasRelease = aHyphen > aColon;
  const bHasRelease = bHyphen > bColon;
  const aVersionEnd = aHasRelease ? aHyphen : a.length;
  const bVersionEnd = bHasRelease ? bHyphen : b.length;
  const version = compareParts(a, aColon + 1, aVersionEnd, b, bColon + 1, bVersionEnd);
  if (version !== 0) return version;
  if (aHasRelease !== bHasRelease) return aHasRelease ? 1 : -1;
  return compareParts(a, aVersionEnd + 1, a.length, b, bVersionEnd + 1, b.length);
}

/** rpm's `rpmvercmp` on two stretches of text. */
function compareParts(a: string, aStart: number, aEnd: number, b: string, bStart: number, bEnd: number) {
  let i = aStart;
  let j = bStart;
  for (;;) {
    while (i < aEnd && isSeparator(a.charCodeAt(i))) i++;
    while (j < bEnd && isSeparator(b.charCodeAt(j))) j++;
    const x = i < aEnd ? a.charCodeAt(i) : -1;
    const y = j < bEnd ? b.charCodeAt(j) : -1;
    const kind = kindOf(x);
    const kindDifference = kind - kindOf(y);
    if (kindDifference !== 0) return kindDifference;
    if (kind === KIND_END) return 0;
    if (kind === KIND_TILDE || kind === KIND_CARET) {
      i++;
      j++;
      continue;
    }
    const aStop = runEnd(a, i, aEnd, kind);
    const bStop = runEnd(b, j, bEnd, kind);
    const run =
      kind === KIND_DIGITS
        ? compareDigitRuns(a, i, aStop, b, j, bStop)
        : compareRuns(a, i, aStop, b, j, bStop);
    if (run !== 0) return run;
    i = aStop;
    j = bStop;
  }
}

const KIND_TILDE = 0;
const KIND_END = 1;
const KIND_CARET = 2;
const KIND_LETTERS = 3;
const KIND_DIGITS = 4;

/** What a run starts with, numbered in the order in which rpm sorts it; -1 stands for the end of the text. */
function kindOf(code: number): number {
  if (isDigit(code)) return KIND_DIGITS;
  if (code === TILDE) return KIND_TILDE;
  if (code < 0) return KIND_END;
  return code === CARET ? KIND_CARET : KIND_LETTERS;
}

function isSeparator(code: number): boolean {
  return !(isDigit(code) || isLetter(code) || code === TILDE || code === CARET);
}

function runEnd(text: string, from: number, end: number, kind: number): number {
  let i = from + 1;
  if (kind === KIND_DIGITS) while (i < end && isDigit(text.charCodeAt(i))) i++;
  else while (i < end && isLetter(text.charCodeAt(i))) i++;
  return i;
}

/**
 * Whether the text can be the version of an rpm: an epoch of digits if any, a version, a release unless there is no
 * hyphen, only the characters that rpmbuild lets through (`ALLOWED_CHARS_EVR`), and the colon of module builds.
 */
export function isWellFormedRpm(version: string): boolean {
  const colon = epochColonOf(version);
  if (colon === 0) return false;
  const hyphen = version.lastIndexOf('-');
  const versionEnd = hyphen > colon ? hyphen : version.length;
  if (versionEnd === colon + 1 || versionEnd === version.length - 1) return false;
  return /^[0-9A-Za-z._+%{}~^:-]+$/.test(version);
}
