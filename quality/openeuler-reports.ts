import { join } from 'node:path';
import { type OpenEulerRow, rowsOf } from '../build/snapshot/openeuler-reports.ts';
import type { Package } from '../src/inventory/package.ts';
import { judgeTruth } from './judge-truths.ts';
import type { AdvisoryLibrary } from './library.ts';
import { textsUnder } from './texts.ts';
import type { Findings } from './truth.ts';

const SOURCE = 'openeuler-image-reports';

/** Scan reports of openEuler images: which advisories concern the versions that an image has. */
export async function judgeOpenEulerReports(
  data: string,
  library: AdvisoryLibrary,
  findings: Findings,
): Promise<void> {
  const packages = new Map<string, Reported>();
  for await (const { name, text } of textsUnder(join(data, 'ground-truth', SOURCE), (file) =>
    file.endsWith('.md'),
  )) {
    for (const row of rowsOf(name, text)) {
      const key = [row.system, row.package, row.installed].join('\n');
      const held = packages.get(key);
      if (held === undefined) packages.set(key, { rows: [row], advisories: new Set([row.advisory]) });
      else {
        held.rows.push(row);
        held.advisories.add(row.advisory);
      }
    }
  }
  for (const reported of packages.values()) judgePackage(reported, library, findings);
}

interface Reported {
  readonly rows: OpenEulerRow[];
  readonly advisories: Set<string>;
}

function judgePackage({ rows, advisories }: Reported, library: AdvisoryLibrary, findings: Findings): void {
  const [first] = rows;
  if (first === undefined) return;
  const pkg = packageOf(first);
  const common = { source: SOURCE, subject: first.image, kind: 'linux_vul' as const, pkg };
  for (const id of advisories) {
    const judged = judgeTruth({ ...common, about: [id], isAffected: true }, library);
    if (judged !== undefined) findings.addCase(judged);
    else if (library.recordsOf(pkg.ecosystem).size === 0) {
      findings.leaveOut(SOURCE, `no advisories for ${pkg.ecosystem}`);
    } else findings.leaveOut(SOURCE, `no record of ${pkg.ecosystem} with the advisory for the package`);
  }
  for (const { advisoryId } of library.candidatesOf(pkg)) {
    if (advisories.has(advisoryId) || !advisoryId.startsWith('openEuler-SA-')) continue;
    const judged = judgeTruth({ ...common, about: [advisoryId], isAffected: false }, library);
    if (judged !== undefined) findings.addCase(judged);
  }
}

/**
 * The package with the tag of its release, which the reports cut off (`8.4.0-19` for `8.4.0-19.oe2403`): that of the image.
 * 20.03 has `oe1` in all its service packs but the last.
 */
function packageOf({ system, package: name, installed, image }: OpenEulerRow): Package {
  const tag = (image.split('-').at(-1) ?? '').replace(/lts$/, '');
  const version = /\.oe\d+/.test(installed) ? installed : `${installed}.${tag}`;
  return {
    ecosystem: system,
    name,
    version,
    arch: '',
    source: name,
    sourceVersion: version,
    module: '',
    origin: '',
  };
}
