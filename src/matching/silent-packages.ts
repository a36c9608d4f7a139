import type { FiledCandidate } from '../advisories/filed-candidate.ts';
import type { Inventory } from '../inventory/inventory.ts';
import type { InstalledPackage } from '../inventory/package.ts';
import { kernelVerdict } from './kernel.ts';
import { matchPackage } from './match.ts';
import { candidatesFor, type FiledCandidates } from './scan.ts';
import { keyOf } from './server-findings.ts';

/** Packages of an inventory that match and raise no finding, because they are of a kernel that does not run. */
export function silentPackages(
  { packages, runningKernel }: Pick<Inventory, 'packages' | 'runningKernel'>,
  filed: FiledCandidates<FiledCandidate>,
): ReadonlySet<InstalledPackage> {
  const verdict = kernelVerdict(
    packages.map((pkg) => ({
      pkg,
      vulnerabilities: matchPackage(pkg, candidatesFor(pkg, filed)).flatMap((match) =>
        match.vulnerabilities.map(keyOf),
      ),
    })),
    runningKernel,
  );
  return new Set(packages.filter((_, position) => verdict.silent.has(position)));
}
