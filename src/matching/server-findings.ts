import type { RunningKernel } from '../inventory/inventory.ts';
import type { Package } from '../inventory/package.ts';
import type { VulnerabilityRef } from './candidate.ts';
import { kernelVerdict, waitsForRestart } from './kernel.ts';
import type { PackageMatch } from './match.ts';

/**
 * From the matches of a server's packages to what is present on the server. The one rule that no single package can decide is
 * that of kernels, which speak through the running one alone (`kernel.ts`); `jobs/assess-servers.ts` applies it to what is
 * stored. What folds into what is decided package by package (`match.ts`).
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
  const present: PresentMatch<P>[] = [];
  packages.forEach(({ pkg, matches }, position) => {
    if (verdict.silent.has(position)) return;
    for (const match of matches) {
      for (const vulnerability of match.vulnerabilities) {
        const restartPending = waitsForRestart(verdict, position, keyOf(vulnerability));
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
