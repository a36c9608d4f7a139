import { parseJson } from '../../archive/json-guard.ts';
import { isApplicationEcosystem } from '../package.ts';
import { PackageList } from '../package-list.ts';
import { shownText } from '../shown-text.ts';
import { decodeText, unpack } from '../unpack.ts';
import { CYCLONEDX_JSON } from './cyclonedx.ts';
import type { JsonFormat } from './format.ts';
import { SPDX_JSON } from './spdx.ts';
import { SYFT_JSON } from './syft.ts';

/** Largest SBOM in a report, unpacked, in bytes; that of a full server has some 20 MB. */
export const REPORT_SBOM_BYTES_MAX = 64 * 1024 ** 2;
/** Most SBOMs in one report. */
export const REPORT_SBOMS_MAX = 10;

const FORMATS: readonly JsonFormat[] = [CYCLONEDX_JSON, SPDX_JSON, SYFT_JSON];

/** An SBOM as it stands in a report: where it lay on the server, and its bytes (JSON, plain or gzip) in lines of base64. */
export interface ReportSbom {
  readonly file: string;
  readonly lines: readonly string[];
}

/**
 * Adds the applications of an SBOM that the agent sent along to `list`. What it says of packages of the system is left to the
 * package manager, which the agent asked itself. An SBOM that cannot be read becomes a problem.
 */
export function addReportSbom(sbom: ReportSbom, list: PackageList): void {
  const name = shownText(sbom.file === '' ? 'without a name' : sbom.file, 200);
  const found = new PackageList(name);
  try {
    const problem = readSbom(sbom, found);
    if (problem !== undefined) {
      list.addProblem(`SBOM ${name} ${problem}`);
      return;
    }
  } catch (error) {
    list.addProblem(`SBOM ${name}: ${error instanceof Error ? error.message : String(error)}`);
    return;
  }
  for (const { ecosystem, name: item, version, paths } of found.packages(undefined)) {
    if (!isApplicationEcosystem(ecosystem)) continue;
    list.addApplicationPackage({ ecosystem, name: item, version, paths }, `SBOM ${name}`);
  }
  for (const problem of found.problems()) list.addProblem(`SBOM ${name}: ${problem}`);
}

function readSbom({ file, lines }: ReportSbom, found: PackageList): string | undefined {
  const text = lines.join('');
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(text)) return 'is no base64';
  const bytes = unpack(Buffer.from(text, 'base64'), { file, bytesMax: REPORT_SBOM_BYTES_MAX });
  const parsed = parseJson(decodeText(bytes));
  if (!parsed.ok) return parsed.problem;
  const format = FORMATS.find(({ recognises }) => recognises(parsed.value));
  if (format === undefined) return `is none of ${FORMATS.map((one) => one.name).join(', ')}`;
  format.read(parsed.value, found);
  return undefined;
}
