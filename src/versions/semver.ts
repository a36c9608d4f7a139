import { compareDigitRuns, digitRunEnd, isDigit } from './digit-runs.ts';
import { comparePrereleases } from './prerelease.ts';

const LOWER_V = 118;
const UPPER_V = 86;
const DOT = 46;
const HYPHEN = 45;

/**
 * Orders two versions by SemVer 2.0.0 section 11 as OSV's `SEMVER` ranges use it for npm, Go, crates.io and Bitnami: a
 * leading `v` is tolerated, a missing part is 0, further numbers than three are compared like the first three, build
 * metadata (`+incompatible`) does not count, and text where a number should be makes a pre-release. Numbers have any
 * length. Bitnami's revisions look like pre-releases: see `withoutBitnamiRevision`.
 */
export function compareSemver(a: string, b: string): number {
  if (a === b) return 0;
  const aEnd = buildStartOf(a);
  const bEnd = buildStartOf(b);
  let i = numbersStartOf(a);
  let j = numbersStartOf(b);
  for (;;) {
    const aStop = digitRunEnd(a, i, aEnd);
    const bStop = digitRunEnd(b, j, bEnd);
    if (aStop === i && bStop === j) break;
    const difference = compareDigitRuns(a, i, aStop, b, j, bStop);
    if (difference !== 0) return difference;
    if (aStop > i) i = nextNumberOf(a, aStop, aEnd);
    if (bStop > j) j = nextNumberOf(b, bStop, bEnd);
  }
  if (i === aEnd || j === bEnd) return (i === aEnd ? 1 : 0) - (j === bEnd ? 1 : 0);
  return comparePrereleases(a, prereleaseStart(a, i), aEnd, b, prereleaseStart(b, j), bEnd);
}

/**
 * The version without the revision that Bitnami appends to the upstream version it packages: `2.4.44-0`,
 * `2.4.44-debian-12-r3`, `2.4.44-7-linux-amd64-debian-12` are all `2.4.44`. A revision is a rebuild of the same sources
 * and fixes nothing in them, while SemVer would sort it before the release. Apply it to installed Bitnami versions;
 * pre-releases and Go pseudo-versions stay as they are.
 */
export function withoutBitnamiRevision(version: string): string {
  const revision =
    /^([0-9]+(?:\.[0-9]+)*)-(?:[0-9]{1,4}(?:-[a-z]+-[0-9a-z-]*)?|(?:[0-9]+-)?(?:debian|photon|ubuntu|centos|rhel|ol|scratch)-[0-9.]+(?:-r[0-9]+)?|r[0-9]+)$/.exec(
      version,
    );
  return revision?.[1] ?? version;
}

/** Whether the text is a version in OSV's tolerant sense: `v` or not, at least one number, then SemVer's own syntax. */
export function isWellFormedSemver(version: string): boolean {
  return /^[vV]?[0-9]+(?:\.[0-9]+)*(?:-[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?(?:\+[0-9A-Za-z.-]+)?$/.test(
    version,
  );
}

function buildStartOf(version: string): number {
  const plus = version.indexOf('+');
  return plus < 0 ? version.length : plus;
}

function numbersStartOf(version: string): number {
  const first = version.length > 0 ? version.charCodeAt(0) : 0;
  return first === LOWER_V || first === UPPER_V ? 1 : 0;
}

/** Steps over the dot before a further number; stays where what follows is no number. */
function nextNumberOf(version: string, at: number, end: number): number {
  const isNumber = at + 1 < end && version.charCodeAt(at) === DOT && isDigit(version.charCodeAt(at + 1));
  return isNumber ? at + 1 : at;
}

function prereleaseStart(version: string, at: number): number {
  const code = version.charCodeAt(at);
  return code === HYPHEN || code === DOT ? at + 1 : at;
}
