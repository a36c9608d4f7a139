import { compareNumbers, compareTexts, isDigit, isLetter } from './digit-runs.ts';

/**
 * Orders two gem versions as `Gem::Version#<=>` does: segments of digits or letters; numbers as numbers, words by code
 * unit and before every number (that makes a pre-release); a missing segment is 0; zeros before the first word and at
 * the end do not count; `-` stands for `.pre.`. Other characters only separate.
 */
export function compareRubygems(a: string, b: string): number {
  if (a === b) return 0;
  const x = canonicalSegments(a);
  const y = canonicalSegments(b);
  const count = Math.max(x.length, y.length);
  for (let i = 0; i < count; i++) {
    const difference = compareSegments(x[i] ?? '0', y[i] ?? '0');
    if (difference !== 0) return difference;
  }
  return 0;
}

function compareSegments(a: string, b: string): number {
  const aIsNumber = isDigit(a.charCodeAt(0));
  const bIsNumber = isDigit(b.charCodeAt(0));
  if (aIsNumber !== bIsNumber) return aIsNumber ? 1 : -1;
  return aIsNumber ? compareNumbers(a, b) : compareTexts(a, b);
}

function canonicalSegments(version: string): readonly string[] {
  const segments: string[] = [];
  let hasWord = false;
  for (let i = 0; i < version.length; ) {
    const end = segmentEnd(version, i);
    const segment = version.charAt(i) === '-' ? 'pre' : version.slice(i, end);
    const code = segment.charCodeAt(0);
    if (isLetter(code) && !hasWord) {
      hasWord = true;
      while (compareNumbers(segments.at(-1) ?? '1', '0') === 0) segments.pop();
    }
    if (isLetter(code) || isDigit(code)) segments.push(segment);
    i = end;
  }
  return segments;
}

/** End of the run of digits or of letters at `from`; any other character stands alone. */
function segmentEnd(version: string, from: number): number {
  const isSame = isDigit(version.charCodeAt(from)) ? isDigit : isLetter;
  let end = from;
  while (end < version.length && isSame(version.charCodeAt(end))) end++;
  return Math.max(end, from + 1);
}

/** Whether RubyGems accepts the text (`Gem::Version::ANCHORED_VERSION_PATTERN`, without surrounding blanks). */
export function isWellFormedRubygems(version: string): boolean {
  return /^[0-9]+(?:\.[0-9a-zA-Z]+)*(?:-[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?$/.test(version);
}
