import { compareNumbers, compareTexts, isDigit } from './digit-runs.ts';

/** PEP 440 appendix B, without surrounding blanks. Every alternative starts differently, so matching takes linear time. */
const PEP_440 =
  /^v?(?:(?<epoch>[0-9]+)!)?(?<release>[0-9]+(?:\.[0-9]+)*)(?:[-_.]?(?<preWord>alpha|a|beta|b|preview|pre|c|rc)[-_.]?(?<preNumber>[0-9]*))?(?:-(?<postImplicit>[0-9]+)|[-_.]?(?<postWord>post|rev|r)[-_.]?(?<postNumber>[0-9]*))?(?:[-_.]?(?<devWord>dev)[-_.]?(?<devNumber>[0-9]*))?(?:\+(?<local>[a-z0-9]+(?:[-_.][a-z0-9]+)*))?$/;

/** Phases of one release in their order; what is none of them is final. */
const PHASE_DEV = 0;
const PHASE_ALPHA = 1;
const PHASE_BETA = 2;
const PHASE_CANDIDATE = 3;
const PHASE_FINAL = 4;

interface PypiVersion {
  readonly epoch: string;
  readonly release: readonly string[];
  readonly phase: number;
  readonly preNumber: string;
  /** Digits; undefined where it is no post-release. */
  readonly post: string | undefined;
  /** Digits; undefined where it is no development release. */
  readonly dev: string | undefined;
  readonly local: readonly string[];
}

/**
 * Orders two Python package versions by PEP 440 ("Summary of permitted suffixes and relative ordering"). What is no
 * PEP 440 version sorts before all that are, and among its kind by the older rule of setuptools.
 */
export function comparePypi(a: string, b: string): number {
  if (a === b) return 0;
  if (isPlainRelease(a) && isPlainRelease(b)) return comparePlainReleases(a, b);
  const x = parsePep440(a);
  const y = parsePep440(b);
  if (x === undefined && y === undefined) return compareLegacy(legacyParts(a), legacyParts(b));
  if (x === undefined || y === undefined) return x === undefined ? -1 : 1;
  return comparePep440(x, y);
}

const DOT = 0x2e;
/** Longest number that a double holds exactly, in digits. */
const EXACT_DIGITS_MAX = 15;

/**
 * Whether `version` is nothing but numbers and dots, as most are: then its parts can be compared where they stand. Parsing
 * them all was a quarter of the time of reading the Python advisories.
 */
function isPlainRelease(version: string): boolean {
  let digits = 0;
  for (let i = 0; i < version.length; i++) {
    const code = version.charCodeAt(i);
    if (isDigit(code)) digits += 1;
    else if (code === DOT && digits > 0) digits = 0;
    else return false;
    if (digits > EXACT_DIGITS_MAX) return false;
  }
  return digits > 0;
}

function comparePlainReleases(a: string, b: string): number {
  let i = 0;
  let j = 0;
  while (i < a.length || j < b.length) {
    let x = 0;
    for (; i < a.length && a.charCodeAt(i) !== DOT; i++) x = x * 10 + (a.charCodeAt(i) - 0x30);
    let y = 0;
    for (; j < b.length && b.charCodeAt(j) !== DOT; j++) y = y * 10 + (b.charCodeAt(j) - 0x30);
    if (x !== y) return x - y;
    i += 1;
    j += 1;
  }
  return 0;
}

function comparePep440(a: PypiVersion, b: PypiVersion): number {
  const epoch = compareNumbers(a.epoch, b.epoch);
  if (epoch !== 0) return epoch;
  const release = compareReleases(a.release, b.release);
  if (release !== 0) return release;
  if (a.phase !== b.phase) return a.phase - b.phase;
  const pre = compareNumbers(a.preNumber, b.preNumber);
  if (pre !== 0) return pre;
  const post = compareOptional(a.post, b.post, -1);
  if (post !== 0) return post;
  const dev = compareOptional(a.dev, b.dev, 1);
  return dev !== 0 ? dev : compareLocals(a.local, b.local);
}

function compareReleases(a: readonly string[], b: readonly string[]): number {
  const count = Math.max(a.length, b.length);
  for (let i = 0; i < count; i++) {
    const difference = compareNumbers(a[i] ?? '', b[i] ?? '');
    if (difference !== 0) return difference;
  }
  return 0;
}

/** `absence` is where a missing number goes: -1 before all, 1 after all. */
function compareOptional(a: string | undefined, b: string | undefined, absence: -1 | 1): number {
  if (a === undefined && b === undefined) return 0;
  if (a === undefined) return absence;
  if (b === undefined) return -absence;
  return compareNumbers(a, b);
}

function compareLocals(a: readonly string[], b: readonly string[]): number {
  const count = Math.min(a.length, b.length);
  for (let i = 0; i < count; i++) {
    const difference = compareLocalSegments(a[i] ?? '', b[i] ?? '');
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

function compareLocalSegments(a: string, b: string): number {
  const aIsNumber = /^[0-9]+$/.test(a);
  const bIsNumber = /^[0-9]+$/.test(b);
  if (aIsNumber !== bIsNumber) return aIsNumber ? 1 : -1;
  return aIsNumber ? compareNumbers(a, b) : compareTexts(a, b);
}

function parsePep440(version: string): PypiVersion | undefined {
  const match = PEP_440.exec(version.trim().toLowerCase());
  if (match?.groups === undefined) return undefined;
  const {
    epoch,
    release,
    preWord,
    preNumber,
    postImplicit,
    postWord,
    postNumber,
    devWord,
    devNumber,
    local,
  } = match.groups;
  const post = postWord === undefined ? postImplicit : postNumber;
  const dev = devWord === undefined ? undefined : devNumber;
  const isDevOfFinal = preWord === undefined && post === undefined && dev !== undefined;
  return {
    epoch: epoch ?? '',
    release: (release ?? '').split('.'),
    phase: isDevOfFinal ? PHASE_DEV : phaseOf(preWord),
    preNumber: preNumber ?? '',
    post,
    dev,
    local: local === undefined ? [] : local.split(/[-_.]/),
  };
}

function phaseOf(preWord: string | undefined): number {
  if (preWord === undefined) return PHASE_FINAL;
  if (preWord.startsWith('a')) return PHASE_ALPHA;
  return preWord.startsWith('b') ? PHASE_BETA : PHASE_CANDIDATE;
}

const LEGACY_FINAL = '*final';
const LEGACY_HYPHEN = '*final-';
const LEGACY_WORDS: ReadonlyMap<string, string> = new Map([
  ['pre', '*c'],
  ['preview', '*c'],
  ['rc', '*c'],
  ['dev', '*@'],
  ['-', LEGACY_HYPHEN],
]);

/**
 * Parts of a version from before PEP 440, as setuptools' `pkg_resources.parse_version` made them: numbers, and words
 * marked with `*`; a hyphen before a pre-release word and zeros before any word are dropped.
 */
function legacyParts(version: string): readonly string[] {
  const parts: string[] = [];
  const tokens = version.toLowerCase().match(/[0-9]+|[a-z]+|[.-]|[^0-9a-z.-]+/g) ?? [];
  for (const token of tokens) {
    if (token === '.') continue;
    pushLegacyPart(parts, isDigit(token.charCodeAt(0)) ? token : (LEGACY_WORDS.get(token) ?? `*${token}`));
  }
  pushLegacyPart(parts, LEGACY_FINAL);
  return parts;
}

function pushLegacyPart(parts: string[], part: string): void {
  if (part.startsWith('*')) {
    if (part < LEGACY_FINAL) while (parts.at(-1) === LEGACY_HYPHEN) parts.pop();
    while (/^0+$/.test(parts.at(-1) ?? '')) parts.pop();
  }
  parts.push(part);
}

function compareLegacy(a: readonly string[], b: readonly string[]): number {
  const count = Math.min(a.length, b.length);
  for (let i = 0; i < count; i++) {
    const x = a[i] ?? '';
    const y = b[i] ?? '';
    const aIsNumber = !x.startsWith('*');
    const bIsNumber = !y.startsWith('*');
    if (aIsNumber !== bIsNumber) return aIsNumber ? 1 : -1;
    const difference = aIsNumber ? compareNumbers(x, y) : compareTexts(x, y);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

/** Whether the text is a PEP 440 version, in any spelling that normalises to one. */
export function isWellFormedPypi(version: string): boolean {
  return parsePep440(version) !== undefined;
}
