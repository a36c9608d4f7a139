import { compareDigitRuns, compareNumbers, compareTexts, digitRunEnd } from './digit-runs.ts';

/** Suffixes in their order; no suffix at all sorts between `rc` and `cvs`. Longer words before words they begin with. */
const SUFFIXES: readonly (readonly [word: string, weight: number])[] = [
  ['alpha', 0],
  ['beta', 1],
  ['pre', 2],
  ['rc', 3],
  ['cvs', 5],
  ['svn', 6],
  ['git', 7],
  ['hg', 8],
  ['p', 9],
];
const NO_SUFFIX_WEIGHT = 4;
const DOT = 46;
const DIGIT_0 = 48;

interface Suffix {
  readonly weight: number;
  /** Digits; empty where the suffix has no number, which sorts before 0. */
  readonly number: string;
}

/** An apk version taken apart: `number{.number}…{letter}{_suffix{number}}…{~hash}{-rnumber}`. */
interface ApkVersion {
  readonly text: string;
  /** Where the dotted numbers at the beginning of `text` end. */
  readonly numbersEnd: number;
  /** One lower-case letter, or empty. */
  readonly letter: string;
  readonly suffixes: readonly Suffix[];
  readonly hash: string;
  /** What stands where only a revision may: malformed text, or empty. */
  readonly rest: string;
  /** Digits of `-r`; empty is 0. */
  readonly revision: string;
  readonly hasTextAfterRevision: boolean;
}

/**
 * Orders two Alpine package versions as apk-tools does (apk-package(5), `apk_version_compare`): numbers, letter,
 * suffixes, commit hash, revision, in that order of weight. After the first number, one with a leading zero compares
 * as text and so before one without. A version with malformed text sorts just before the same version without it.
 */
export function compareApk(a: string, b: string): number {
  if (a === b) return 0;
  const x = parseApk(a);
  const y = parseApk(b);
  const numbers = compareDottedNumbers(x, y);
  if (numbers !== 0) return numbers;
  const letter = compareTexts(x.letter, y.letter);
  if (letter !== 0) return letter;
  const suffixes = compareSuffixes(x.suffixes, y.suffixes);
  if (suffixes !== 0) return suffixes;
  const hash = compareTexts(x.hash, y.hash);
  if (hash !== 0) return hash;
  if (x.rest !== y.rest) return compareRests(x.rest, y.rest);
  const revision = compareNumbers(x.revision, y.revision);
  if (revision !== 0) return revision;
  return (x.hasTextAfterRevision ? 0 : 1) - (y.hasTextAfterRevision ? 0 : 1);
}

function compareDottedNumbers(a: ApkVersion, b: ApkVersion): number {
  let i = 0;
  let j = 0;
  while (i < a.numbersEnd && j < b.numbersEnd) {
    const aStop = digitRunEnd(a.text, i, a.numbersEnd);
    const bStop = digitRunEnd(b.text, j, b.numbersEnd);
    const leads = i === 0 ? 0 : zeroLead(a.text, i) - zeroLead(b.text, j);
    if (leads !== 0) return -leads;
    const isText = i > 0 && zeroLead(a.text, i) === 1;
    const difference = isText
      ? compareTexts(a.text.slice(i, aStop), b.text.slice(j, bStop))
      : compareDigitRuns(a.text, i, aStop, b.text, j, bStop);
    if (difference !== 0) return difference;
    i = Math.min(aStop + 1, a.numbersEnd);
    j = Math.min(bStop + 1, b.numbersEnd);
  }
  return (i < a.numbersEnd ? 1 : 0) - (j < b.numbersEnd ? 1 : 0);
}

function zeroLead(text: string, at: number): number {
  return text.charCodeAt(at) === DIGIT_0 ? 1 : 0;
}

function compareSuffixes(a: readonly Suffix[], b: readonly Suffix[]): number {
  const count = Math.max(a.length, b.length);
  for (let i = 0; i < count; i++) {
    const x = a[i];
    const y = b[i];
    const weight = (x?.weight ?? NO_SUFFIX_WEIGHT) - (y?.weight ?? NO_SUFFIX_WEIGHT);
    if (weight !== 0) return weight;
    const number = compareOptionalNumbers(x?.number ?? '', y?.number ?? '');
    if (number !== 0) return number;
  }
  return 0;
}

function compareOptionalNumbers(a: string, b: string): number {
  if (a === '' || b === '') return (a === '' ? 0 : 1) - (b === '' ? 0 : 1);
  return compareNumbers(a, b);
}

/** Malformed text sorts before none. */
function compareRests(a: string, b: string): number {
  if (a === '' || b === '') return (a === '' ? 1 : 0) - (b === '' ? 1 : 0);
  return compareTexts(a, b);
}

function parseApk(text: string): ApkVersion {
  const end = text.length;
  const numbersEnd = dottedNumbersEnd(text);
  let i = numbersEnd;
  const first = i < end ? text.charCodeAt(i) : 0;
  const letter = first >= 97 && first <= 122 ? text.charAt(i) : '';
  i += letter.length;
  const suffixes: Suffix[] = [];
  for (let suffix = suffixAt(text, i); suffix !== undefined; suffix = suffixAt(text, i)) {
    suffixes.push(suffix);
    i = suffix.end;
  }
  const hashEnd = commitHashEnd(text, i);
  const hash = text.slice(i, hashEnd);
  i = hashEnd;
  const parsed = { text, numbersEnd, letter, suffixes, hash };
  if (i < end && !text.startsWith('-', i)) {
    return { ...parsed, rest: text.slice(i), revision: '', hasTextAfterRevision: false };
  }
  const revisionStart = text.startsWith('-r', i) ? i + 2 : i;
  const revisionEnd = revisionStart > i ? digitRunEnd(text, revisionStart, end) : i;
  const revision = text.slice(revisionStart, revisionEnd);
  return { ...parsed, rest: '', revision, hasTextAfterRevision: revisionEnd < end };
}

function dottedNumbersEnd(text: string): number {
  let end = digitRunEnd(text, 0, text.length);
  while (end > 0 && end < text.length && text.charCodeAt(end) === DOT) {
    const next = digitRunEnd(text, end + 1, text.length);
    if (next === end + 1) break;
    end = next;
  }
  return end;
}

function suffixAt(text: string, at: number): (Suffix & { readonly end: number }) | undefined {
  if (!text.startsWith('_', at)) return undefined;
  for (const [word, weight] of SUFFIXES) {
    if (!text.startsWith(word, at + 1)) continue;
    const numberStart = at + 1 + word.length;
    const end = digitRunEnd(text, numberStart, text.length);
    return { weight, number: text.slice(numberStart, end), end };
  }
  return undefined;
}

function commitHashEnd(text: string, at: number): number {
  if (!text.startsWith('~', at)) return at;
  let i = at + 1;
  while (i < text.length && isHexDigit(text.charCodeAt(i))) i++;
  return i > at + 1 ? i : at;
}

function isHexDigit(code: number): boolean {
  return (code >= 48 && code <= 57) || (code >= 97 && code <= 102);
}

/** Whether the text is a version by apk-package(5), with or without the revision. */
export function isWellFormedApk(version: string): boolean {
  const parsed = parseApk(version);
  const hasRevision = /-r[0-9]+$/.test(version);
  return (
    parsed.numbersEnd > 0 &&
    parsed.rest === '' &&
    !parsed.hasTextAfterRevision &&
    (hasRevision || !version.includes('-'))
  );
}
