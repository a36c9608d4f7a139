/**
 * Builds of Windows 10, 11 and Server 2016 and later: `10.0.17763.6054` is version, build and revision. Their updates are
 * cumulative, so a revision says which updates take effect. Before 10.0 it does not: beside the monthly rollups there were
 * updates that held one month alone.
 */

/** The releases that one cumulative update serves, each under its own build: an enablement package tells them apart. */
const SERVED_TOGETHER: readonly (readonly number[])[] = [
  [18_362, 18_363],
  [19_041, 19_042, 19_043, 19_044, 19_045],
  [22_621, 22_631],
  [26_100, 26_200],
];

/** Whether one text is a build of the 10.0 line with its revision, and so can be compared. */
export function isFullBuild(build: string): boolean {
  return /^10\.0\.\d{5}\.\d{1,6}$/.test(build);
}

/** Whether a full build is of the release that runs, or of one served together with it; unknown counts as yes. */
export function isOfRelease(running: string, build: string): boolean {
  const [, , own = 0] = running.split('.').map(Number);
  const [, , other = 0] = build.split('.').map(Number);
  return (
    !running.startsWith('10.0.') || !isFullBuild(build) || own === other || areServedTogether(own, other)
  );
}

/**
 * Whether a system at build `running` has what came with build `fixed`. Undefined where the two cannot be compared: not
 * both with a revision, or of releases that are not served together.
 */
export function hasReachedBuild(running: string, fixed: string): boolean | undefined {
  if (!isFullBuild(running) || !isFullBuild(fixed)) return undefined;
  const [, , ownBuild = 0, ownRevision = 0] = running.split('.').map(Number);
  const [, , fixedBuild = 0, fixedRevision = 0] = fixed.split('.').map(Number);
  if (ownBuild !== fixedBuild && !areServedTogether(ownBuild, fixedBuild)) return undefined;
  return ownRevision >= fixedRevision;
}

function areServedTogether(a: number, b: number): boolean {
  return SERVED_TOGETHER.some((builds) => builds.includes(a) && builds.includes(b));
}
