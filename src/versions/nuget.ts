import { compareDigitRuns, compareRuns, isDigitRun } from './digit-runs.ts';
import { comparePrereleases } from './prerelease.ts';

/**
 * Orders two NuGet versions as `NuGet.Versioning` does (SemVer 2.0.0 with a fourth number): a missing number is 0,
 * leading zeros do not count, pre-release identifiers fold case, build metadata is left out. Text where a number
 * should be sorts before every number.
 */
export function compareNuget(a: string, b: string): number {
  if (a === b) return 0;
  const x = a.toLowerCase();
  const y = b.toLowerCase();
  const xEnd = endBefore(x, '+', x.length);
  const yEnd = endBefore(y, '+', y.length);
  const xCoreEnd = endBefore(x, '-', xEnd);
  const yCoreEnd = endBefore(y, '-', yEnd);
  const core = compareCores(x, xCoreEnd, y, yCoreEnd);
  if (core !== 0) return core;
  if (xCoreEnd === xEnd || yCoreEnd === yEnd)
    return (xCoreEnd === xEnd ? 1 : 0) - (yCoreEnd === yEnd ? 1 : 0);
  return comparePrereleases(x, xCoreEnd + 1, xEnd, y, yCoreEnd + 1, yEnd);
}

function compareCores(a: string, aEnd: number, b: string, bEnd: number): number {
  let i = 0;
  let j = 0;
  while (i < aEnd || j < bEnd) {
    const aStop = endBefore(a, '.', aEnd, i);
    const bStop = endBefore(b, '.', bEnd, j);
    const aIsNumber = aStop <= i || isDigitRun(a, i, aStop);
    const bIsNumber = bStop <= j || isDigitRun(b, j, bStop);
    if (aIsNumber !== bIsNumber) return aIsNumber ? 1 : -1;
    const difference = aIsNumber
      ? compareDigitRuns(a, Math.min(i, aStop), aStop, b, Math.min(j, bStop), bStop)
      : compareRuns(a, i, aStop, b, j, bStop);
    if (difference !== 0) return difference;
    i = Math.min(aStop + 1, aEnd);
    j = Math.min(bStop + 1, bEnd);
  }
  return 0;
}

function endBefore(text: string, mark: string, end: number, from = 0): number {
  const at = text.indexOf(mark, from);
  return at < 0 || at > end ? end : at;
}

/** Whether NuGet accepts the text: one to four numbers, then SemVer 2.0.0's pre-release and build metadata. */
export function isWellFormedNuget(version: string): boolean {
  return /^[0-9]+(?:\.[0-9]+){0,3}(?:-[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?(?:\+[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?$/.test(
    version,
  );
}
