import { compareDigitRuns, compareRuns, isDigitRun } from './digit-runs.ts';

const DOT = 46;

/**
 * Orders two pre-release parts (`alpha.1`, `rc.2.x`) by SemVer 2.0.0 section 11.4: identifier by identifier; digits as
 * numbers, and before anything else; else by code unit; where all are equal, fewer identifiers come first.
 */
export function comparePrereleases(
  a: string,
  aStart: number,
  aEnd: number,
  b: string,
  bStart: number,
  bEnd: number,
): number {
  let i = aStart;
  let j = bStart;
  for (;;) {
    const aStop = identifierEnd(a, i, aEnd);
    const bStop = identifierEnd(b, j, bEnd);
    const aIsNumber = isDigitRun(a, i, aStop);
    const bIsNumber = isDigitRun(b, j, bStop);
    if (aIsNumber !== bIsNumber) return aIsNumber ? -1 : 1;
    const difference = aIsNumber
      ? compareDigitRuns(a, i, aStop, b, j, bStop)
      : compareRuns(a, i, aStop, b, j, bStop);
    if (difference !== 0) return difference;
    if (aStop === aEnd || bStop === bEnd) return (aStop === aEnd ? 0 : 1) - (bStop === bEnd ? 0 : 1);
    i = aStop + 1;
    j = bStop + 1;
  }
}

function identifierEnd(text: string, from: number, end: number): number {
  let i = from;
  while (i < end && text.charCodeAt(i) !== DOT) i++;
  return i;
}
