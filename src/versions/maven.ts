import { compareNumbers, compareTexts, isDigit } from './digit-runs.ts';

/** Qualifiers before the release, in their order. */
const BEFORE_RELEASE: readonly string[] = ['alpha', 'beta', 'milestone', 'rc', 'snapshot'];
/** Other spellings of qualifiers; those of the release itself are the empty word. */
const ALIASES: ReadonlyMap<string, string> = new Map([
  ['cr', 'rc'],
  ['ga', ''],
  ['final', ''],
  ['release', ''],
]);
/** Short for a qualifier where a digit follows directly. */
const ABBREVIATIONS: ReadonlyMap<string, string> = new Map([
  ['a', 'alpha'],
  ['b', 'beta'],
  ['m', 'milestone'],
]);

/** Classes of tokens in their order. A missing token is `RELEASE`. */
const QUALIFIER_BEFORE_RELEASE = 0;
const RELEASE = 1;
const QUALIFIER_AFTER_RELEASE = 2;
const NUMBER_AFTER_HYPHEN = 3;
const NUMBER_AFTER_DOT = 4;

interface Token {
  /** Counts for numbers alone. */
  readonly separator: '.' | '-';
  /** Digits, or a qualifier in lower case, or empty for the release. */
  readonly value: string;
  readonly isNumber: boolean;
}

const MISSING: Token = { separator: '.', value: '', isNumber: false };

/**
 * Orders two Maven versions by the "version order specification" of Maven's POM reference: tokens split at `.`, `-` and
 * between digits and the rest, case folded; a qualifier < `-number` < `.number`; qualifiers alpha < beta < milestone <
 * rc < snapshot < release < sp < any other word; zeros and release words do not count at the end nor before a hyphen.
 *
 * Maven treats `.qualifier` as `-qualifier` only where a digit follows directly (`1.RC1`, since 3.8.7), which leaves its
 * order with circles: `1.sp` < `1-alpha` < `1` < `1.sp`. Here it is the same always, and zeros do not count before it.
 */
export function compareMaven(a: string, b: string): number {
  if (a === b) return 0;
  const x = tokensOf(a);
  const y = tokensOf(b);
  const count = Math.max(x.length, y.length);
  for (let i = 0; i < count; i++) {
    const difference = compareTokens(x[i] ?? MISSING, y[i] ?? MISSING);
    if (difference !== 0) return difference;
  }
  return 0;
}

function compareTokens(a: Token, b: Token): number {
  const order = classOf(a);
  const classDifference = order - classOf(b);
  if (classDifference !== 0) return classDifference;
  if (a.isNumber) return compareNumbers(a.value, b.value);
  if (order === RELEASE) return 0;
  return compareQualifiers(a.value, b.value);
}

function classOf(token: Token): number {
  if (token.isNumber) return token.separator === '.' ? NUMBER_AFTER_DOT : NUMBER_AFTER_HYPHEN;
  if (token.value === '') return RELEASE;
  return BEFORE_RELEASE.includes(token.value) ? QUALIFIER_BEFORE_RELEASE : QUALIFIER_AFTER_RELEASE;
}

/** Both are on the same side of the release. */
function compareQualifiers(a: string, b: string): number {
  if (a === b) return 0;
  const x = BEFORE_RELEASE.indexOf(a);
  const y = BEFORE_RELEASE.indexOf(b);
  if (x >= 0 && y >= 0) return x - y;
  if (a === 'sp' || b === 'sp') return a === 'sp' ? -1 : 1;
  return compareTexts(a, b);
}

function tokensOf(version: string): readonly Token[] {
  const text = version.toLowerCase();
  const tokens: Token[] = [];
  let separator: Token['separator'] = '.';
  for (let i = 0; i <= text.length; ) {
    const end = tokenEnd(text, i);
    const isFollowedByDigit = end < text.length && isDigit(text.charCodeAt(end));
    pushToken(tokens, tokenOf(text.slice(i, end), separator, isFollowedByDigit));
    const next = text.charAt(end);
    separator = next === '.' ? '.' : '-';
    if (end === text.length) break;
    i = next === '.' || next === '-' ? end + 1 : end;
  }
  dropNulls(tokens);
  return tokens;
}

function tokenEnd(text: string, from: number): number {
  let i = from;
  if (i >= text.length) return i;
  const isNumber = isDigit(text.charCodeAt(i));
  while (i < text.length && isDigit(text.charCodeAt(i)) === isNumber) {
    const character = text.charAt(i);
    if (character === '.' || character === '-') break;
    i++;
  }
  return i;
}

function tokenOf(text: string, separator: Token['separator'], isFollowedByDigit: boolean): Token {
  if (text === '') return { separator, value: '0', isNumber: true };
  if (isDigit(text.charCodeAt(0))) return { separator, value: text, isNumber: true };
  const full = isFollowedByDigit ? (ABBREVIATIONS.get(text) ?? text) : text;
  return { separator, value: ALIASES.get(full) ?? full, isNumber: false };
}

/** Zeros and release words do not count before a hyphen or a qualifier. */
function pushToken(tokens: Token[], token: Token): void {
  if (token.separator === '-' || !token.isNumber) dropNulls(tokens);
  tokens.push(token);
}

/** The first token always stays. */
function dropNulls(tokens: Token[]): void {
  while (tokens.length > 1) {
    const last = tokens.at(-1);
    if (last === undefined || !isNull(last)) return;
    tokens.pop();
  }
}

function isNull(token: Token): boolean {
  return token.isNumber ? compareNumbers(token.value, '0') === 0 : token.value === '';
}

/** Maven takes any text; this tells a version from a range, a path or a property left unresolved (`${revision}`). */
export function isWellFormedMaven(version: string): boolean {
  return /^[0-9A-Za-z][0-9A-Za-z._+~-]*$/.test(version);
}
