/**
 * Comparing parts of two texts in place. Every scheme orders numbers of any length (feeds carry dates, hashes and 400
 * digits of nonsense alike), so a number is never converted: leading zeros are stripped, then the longer run is the
 * larger, then the text decides. Offsets are UTF-16 code units; `end` is exclusive; nothing is allocated.
 */

const DIGIT_0 = 48;
const DIGIT_9 = 57;

/** Whether the UTF-16 code unit is one of the ASCII digits. */
export function isDigit(code: number): boolean {
  return code >= DIGIT_0 && code <= DIGIT_9;
}

/** Whether the UTF-16 code unit is one of the ASCII letters. */
export function isLetter(code: number): boolean {
  const folded = code | 32;
  return folded >= 97 && folded <= 122;
}

/** Where the run of digits that starts at `from` ends; `from` itself if there is none. */
export function digitRunEnd(text: string, from: number, end: number): number {
  let i = from;
  while (i < end && isDigit(text.charCodeAt(i))) i++;
  return i;
}

/** Whether `start` to `end` is digits only, and at least one. */
export function isDigitRun(text: string, start: number, end: number): boolean {
  return start < end && digitRunEnd(text, start, end) === end;
}

/** Orders two runs of digits as numbers of any length. An empty run is 0. */
export function compareDigitRuns(
  a: string,
  aStart: number,
  aEnd: number,
  b: string,
  bStart: number,
  bEnd: number,
): number {
  let i = aStart;
  let j = bStart;
  while (i < aEnd && a.charCodeAt(i) === DIGIT_0) i++;
  while (j < bEnd && b.charCodeAt(j) === DIGIT_0) j++;
  const longer = aEnd - i - (bEnd - j);
  if (longer !== 0) return longer;
  return compareRuns(a, i, aEnd, b, j, bEnd);
}

/** Orders two stretches of text by code unit; where one is the beginning of the other, the shorter is first. */
export function compareRuns(
  a: string,
  aStart: number,
  aEnd: number,
  b: string,
  bStart: number,
  bEnd: number,
): number {
  let i = aStart;
  let j = bStart;
  for (; i < aEnd && j < bEnd; i++, j++) {
    const difference = a.charCodeAt(i) - b.charCodeAt(j);
    if (difference !== 0) return difference;
  }
  return aEnd - i - (bEnd - j);
}

/** Orders two texts that consist of digits as numbers of any length. Empty text is 0. */
export function compareNumbers(a: string, b: string): number {
  return compareDigitRuns(a, 0, a.length, b, 0, b.length);
}

/** Orders two texts by code unit. */
export function compareTexts(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
