import { hasReachedBuild, isFullBuild } from '../windows/build.ts';
import { dotNetVersionsOf } from '../windows/dot-net.ts';

/**
 * What the records leave out of which update replaces which. Since Windows 10 the monthly update holds all that came before
 * it, and so do those of .NET Framework, each line within itself; but records name one step at most, a step into a month
 * that is not held breaks the chain, and those of .NET name none at all.
 */

/** What is looked at of an update. */
export interface CumulativeFacts {
  readonly number: string;
  readonly supersedes: ReadonlySet<string>;
  readonly builds: ReadonlySet<string>;
  readonly components: ReadonlySet<string>;
  readonly isHotpatch: boolean;
  readonly isHere: boolean;
}

/**
 * Updates of the secure boot list and of the recovery environment (and those that replace one of them): they stand by
 * themselves, and the build in their record is not one that the system gets by them.
 */
const STANDALONE: ReadonlySet<string> = new Set([
  'KB4524244',
  'KB4535680',
  'KB5012170',
  'KB5034439',
  'KB5034440',
  'KB5034441',
]);

/** Whether `number` is a standalone update, or replaces one over any number of steps. */
function isStandalone(number: string, updates: ReadonlyMap<string, CumulativeFacts>): boolean {
  const closure = new Set([number]);
  for (const one of closure) {
    if (STANDALONE.has(one)) return true;
    for (const next of updates.get(one)?.supersedes ?? []) closure.add(next);
  }
  return false;
}

/** The builds a system has with each monthly update of Windows 10 and later, by the update's number. */
export function monthlyBuilds(
  updates: ReadonlyMap<string, CumulativeFacts>,
): ReadonlyMap<string, readonly string[]> {
  const monthly = new Map<string, readonly string[]>();
  for (const update of updates.values()) {
    const builds = [...update.builds].filter(isFullBuild);
    if (builds.length > 0 && !isStandalone(update.number, updates)) monthly.set(update.number, builds);
  }
  return monthly;
}

/** For each update the one before it in its line, which it holds though no record says so. */
export function heldBefore(
  updates: ReadonlyMap<string, CumulativeFacts>,
  product: string,
): ReadonlyMap<string, readonly string[]> {
  const held = new Map<string, readonly string[]>();
  for (const [number, before] of monthlySteps(updates)) held.set(number, before);
  if (isOfTenLine(product)) {
    const dotNet = [...updates.values()].filter(isDotNetHere).sort(byNumber);
    dotNet.forEach(({ number }, at) => {
      const before = dotNet[at - 1];
      if (before !== undefined) held.set(number, [before.number]);
    });
  }
  return held;
}

function monthlySteps(updates: ReadonlyMap<string, CumulativeFacts>): [string, readonly string[]][] {
  const builds = [...monthlyBuilds(updates)]
    .filter(([number]) => updates.get(number)?.isHotpatch === false)
    .flatMap(([number, own]) => own.map((build) => ({ number, build })))
    .sort((a, b) => revisionOf(a.build) - revisionOf(b.build) || byNumber(a, b));
  const steps = new Map<string, string[]>();
  builds.forEach(({ number, build }, at) => {
    // The nearest one below of a release that is served together with this one.
    const before = builds
      .slice(0, at)
      .findLast((other) => other.number !== number && hasReachedBuild(build, other.build) === true);
    if (before !== undefined) steps.set(number, [...(steps.get(number) ?? []), before.number]);
  });
  return [...steps];
}

/** Whether .NET Framework of the product is updated by itself and whole. */
function isOfTenLine(product: string): boolean {
  return /^Windows (?:1[01]\b|Server (?:201[69]|202\d)|Server, version)/.test(product);
}

function isDotNetHere(update: CumulativeFacts): boolean {
  return (
    update.isHere && [...update.components].every((component) => dotNetVersionsOf(component) !== undefined)
  );
}

function revisionOf(build: string): number {
  return Number(build.slice(build.lastIndexOf('.') + 1));
}

function byNumber(a: { readonly number: string }, b: { readonly number: string }): number {
  return Number(a.number.slice(2)) - Number(b.number.slice(2));
}
