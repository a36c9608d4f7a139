import { join } from 'node:path';
import { isApplicationEcosystem, type Package } from '../src/inventory/package.ts';
import { parseInventory } from '../src/inventory/parse.ts';
import type { OtherReport } from '../src/second-opinion/other-report.ts';
import { readReport } from '../src/second-opinion/read-report.ts';
import { judgeTruth } from './judge-truths.ts';
import type { AdvisoryLibrary } from './library.ts';
import { textsUnder } from './texts.ts';
import type { Findings } from './truth.ts';

const SOURCE = 'scanner-reports';

/**
 * What other scanners found, where they name the version that fixes it: then a vendor said so. What they list without a
 * fix is their reading of a database, and what they do not list may have been filtered: neither is a truth.
 */
export async function judgeScannerReports(
  data: string,
  library: AdvisoryLibrary,
  findings: Findings,
): Promise<void> {
  for await (const { name, text } of textsUnder(join(data, SOURCE), (file) => file.endsWith('.json'))) {
    const read = reportAndPackages(text);
    if (read === undefined) continue;
    const { report, packages } = read;
    for (const { id, cves, package: pkgName, version, fixedVersion } of report.findings) {
      const pkg = packages.find((one) => one.name === pkgName && one.version === version);
      if (fixedVersion === '' || pkg === undefined) {
        findings.leaveOut(
          SOURCE,
          fixedVersion === '' ? 'listed without a fix' : 'a package that Parapet does not read',
        );
        continue;
      }
      const kind = isApplicationEcosystem(pkg.ecosystem) ? ('app_vul' as const) : ('linux_vul' as const);
      const truth = {
        source: SOURCE,
        subject: name,
        kind,
        pkg,
        about: [...new Set([id, ...cves])],
        isAffected: true,
      };
      const judged = judgeTruth(truth, library);
      if (judged !== undefined) findings.addCase(judged);
      else findings.leaveOut(SOURCE, `no record of ${pkg.ecosystem} names the vulnerability for the package`);
    }
  }
}

/** The same file as a report and as an inventory; undefined for another kind of file. */
function reportAndPackages(
  text: string,
): { readonly report: OtherReport; readonly packages: readonly Package[] } | undefined {
  const bytes = Buffer.from(text);
  try {
    return { report: readReport(bytes, 'report'), packages: parseInventory(bytes).packages };
  } catch {
    return undefined;
  }
}
