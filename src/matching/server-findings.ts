import type { RunningKernel } from '../inventory/inventory.ts';
import type { Package } from '../inventory/package.ts';
import type { VulnerabilityRef } from './candidate.ts';
import { kernelVerdict } from './kernel.ts';
import type { PackageMatch } from './match.ts';

/**
 * From the matches of a server's packages to what is present on the server: the rules that no single package can decide.
 * Kernel packages speak through the running kernel alone, and a CVE record is folded into an advisory of the vendor's that
 * covers it on another binary of the same source package.
 */

export interface MatchedPackage<P extends Package = Package> {
  readonly pkg: P;
  readonly matches: readonly PackageMatch[];
}

/** One vulnerability of one package of the server. Several packages with the same vulnerability are one finding of the server. */
export interface PresentMatch<P extends Package = Package> {
  readonly pkg: P;
  readonly vulnerability: VulnerabilityRef;
  readonly match: PackageMatch;
  /** The fix is installed and waits for a restart. */
  readonly restartPending: boolean;
}

/** All that is present on a server with these matched packages; ordered as the packages are. */
export function presentMatches<P extends Package>(
  packages: readonly MatchedPackage<P>[],
  running: RunningKernel | undefined,
): readonly PresentMatch<P>[] {
  const verdict = kernelVerdict(
    packages.map(({ pkg, matches }) => ({
      pkg,
      vulnerabilities: matches.flatMap((match) => match.vulnerabilities.map(keyOf)),
    })),
    running,
  );
  const covered = coveredCves(packages, verdict.silent);
  const present: PresentMatch<P>[] = [];
  packages.forEach(({ pkg, matches }, position) => {
    if (verdict.silent.has(position)) return;
    const isRunningImage = verdict.raising.has(position);
    for (const match of matches) {
      if (isFoldedElsewhere(pkg, match, covered)) continue;
      for (const vulnerability of match.vulnerabilities) {
        const restartPending = isRunningImage && verdict.restartPending.has(keyOf(vulnerability));
        present.push({ pkg, vulnerability, match, restartPending });
      }
    }
  });
  return present;
}

/** One text for a vulnerability, for use as a key. */
export function keyOf({ type, id }: VulnerabilityRef): string {
  return `${type}\n${id}`;
}

const CVE_LEVEL = /^CVE-\d{4}-\d{4,}$/;

/** CVEs that advisories of the vendor's with a fix cover, each with its source package. */
function coveredCves(packages: readonly MatchedPackage[], silent: ReadonlySet<number>): ReadonlySet<string> {
  const covered = new Set<string>();
  if (!packages.some(({ matches }) => matches.some(isCveLevel))) return covered;
  packages.forEach(({ pkg, matches }, position) => {
    if (silent.has(position)) return;
    for (const match of matches) {
      const [vulnerability] = match.vulnerabilities;
      if (
        match.fixedVersion === undefined ||
        vulnerability?.type !== 'linux_vul' ||
        CVE_LEVEL.test(vulnerability.id)
      )
        continue;
      for (const cve of match.cves) covered.add(`${pkg.source}\n${cve}`);
    }
  });
  return covered;
}

function isCveLevel(match: PackageMatch): boolean {
  const [vulnerability] = match.vulnerabilities;
  return vulnerability?.type === 'linux_vul' && CVE_LEVEL.test(vulnerability.id);
}

function isFoldedElsewhere(pkg: Package, match: PackageMatch, covered: ReadonlySet<string>): boolean {
  return isCveLevel(match) && covered.has(`${pkg.source}\n${match.vulnerabilities[0]?.id}`);
}
