import { compareDigitRuns, isDigit, isLetter } from './digit-runs.ts';
import { epochColonOf } from './epoch.ts';

const DIGIT_0 = 48;
const TILDE = 126;
/** Added to the weight of what is neither letter nor digit, so that all of it sorts after every letter. */
const AFTER_LETTERS = 0x10000;

/**
 * Orders two Debian package versions `[epoch:]upstream[-revision]` as dpkg does (Debian policy 5.6.12, dpkg's
 * `lib/dpkg/version.c`): epochs as numbers, a missing one is 0; then upstream and revision alternately by stretches of
 * non-digits and numbers, where `~` sorts before the end, letters before the rest; a missing revision is `0`.
 * Text that dpkg refuses is ordered by the same rules.
 */
export function compareDeb(a: string, b: string): number {
  if (a === b) return 0;
  const aColon = epochColonOf(a);
  const bColon = epochColonOf(b);
  if (aColon >= 0 || bColon >= 0) {
    const epoch = compareDigitRuns(a, 0, Math.max(aColon, 0), b, 0, Math.max(bColon, 0));
    if (epoch !== 0) return epoch;
  }
  const aHyphen = a.lastIndexOf('-');
  const bHyphen = b.lastIndexOf('-');
  const aUpstreamEnd = aHyphen > aColon ? aHyphen : a.length;
  const bUpstreamEnd = bHyphen > bColon ? bHyphen : b.length;
  const upstream = compareParts(a, aColon + 1, aUpstreamEnd, b, bColon + 1, bUpstreamEnd);
  if (upstream !== 0) return upstream;
  return compareParts(a, aUpstreamEnd + 1, a.length, b, bUpstreamEnd + 1, b.length);
}

function compareParts(a: string, aStart: number, aEnd: number, b: string, bStart: number, bEnd: number) {
  let i = aStart;
  let j = bStart;
  while (i < aEnd || j < bEnd) {
    for (;;) {
      const x = i < aEnd ? weightOf(a.charCodeAt(i)) : 0;
      const y = j < bEnd ? weightOf(b.charCodeAt(j)) : 0;
      if (x !== y) return x - y;
      if (x === 0) break;
      i++;
      j++;
    }
    while (i < aEnd && a.charCodeAt(i) === DIGIT_0) i++;
    while (j < bEnd && b.charCodeAt(j) === DIGIT_0) j++;
    let firstDifference = 0;
    let x = i < aEnd ? a.charCodeAt(i) : 0;
    let y = j < bEnd ? b.charCodeAt(j) : 0;
    while (isDigit(x) && isDigit(y)) {
      if (firstDifference === 0) firstDifference = x - y;
      i++;
      j++;
      x = i < aEnd ? a.charCodeAt(i) : 0;
      y = j < bEnd ? b.charCodeAt(j) : 0;
    }
    if (isDigit(x)) return 1;
    if (isDigit(y)) return -1;
    if (firstDifference !== 0) return firstDifference;
  }
  return 0;
}

/** 0 for a digit, which ends a stretch of non-digits just as the end of the text does. */
function weightOf(code: number): number {
  if (isDigit(code)) return 0;
  if (isLetter(code)) return code;
  return code === TILDE ? -1 : code + AFTER_LETTERS;
}

/** Whether dpkg accepts the text as a version: a numeric epoch if any, an upstream part, the characters of policy 5.6.12 and `_`, at which it only warns. */
export function isWellFormedDeb(version: string): boolean {
  const colon = epochColonOf(version);
  if (colon === 0 || (colon < 0 && version.includes(':'))) return false;
  const hyphen = version.lastIndexOf('-');
  const hasRevision = hyphen > colon;
  const upstreamEnd = hasRevision ? hyphen : version.length;
  if (upstreamEnd === colon + 1 || upstreamEnd === version.length - 1) return false;
  return /^[0-9A-Za-z.+~:_-]+$/.test(version);
}
