import { isApplicationEcosystem } from '../package.ts';
import type { CheckedPackage, PackageList } from '../package-list.ts';
import { applicationPackage } from '../purl.ts';
import { isInstalledStatus } from './dpkg-status.ts';
import { addRpmQueryLine } from './rpm-list.ts';

/**
 * Reads one line of a section into `list`; a bad one becomes a problem at `where`. Returns what it added where that is all that
 * the line says: another list may take it without reading the line again.
 */
export type LineReader = (line: string, where: string, list: PackageList) => CheckedPackage | undefined;

/** The sections of a report that hold packages, and how a line of each reads (see report.ts). */
export const LINE_READERS: ReadonlyMap<string, LineReader> = new Map<string, LineReader>([
  ['packages dpkg', addDpkgLine],
  ['packages rpm', addRpmQueryLine],
  ['packages apk', addApkLine],
  ['applications', addApplicationLine],
]);

/** What the agent asks dpkg for: `dpkg-query -W -f "$DPKG_QUERY_FORMAT"`. */
export const DPKG_QUERY_FORMAT =
  // biome-ignore lint/suspicious/noTemplateCurlyInString: these are dpkg's own placeholders.
  '${Package}\\t${Version}\\t${Architecture}\\t${source:Package}\\t${source:Version}\\t${Status}\\n';

function addDpkgLine(line: string, where: string, list: PackageList): CheckedPackage | undefined {
  const columns = columnsOf(line, 6, where, list);
  if (columns === undefined) return undefined;
  const [name = '', version = '', arch = '', source = '', sourceVersion = '', status = ''] = columns;
  if (!isInstalledStatus(status)) return undefined;
  return list.addSystemPackage({ name, version, arch, source, sourceVersion }, where);
}

function addApkLine(line: string, where: string, list: PackageList): CheckedPackage | undefined {
  const columns = columnsOf(line, 4, where, list);
  if (columns === undefined) return undefined;
  const [name = '', version = '', arch = '', source = ''] = columns;
  return list.addSystemPackage({ name, version, arch, source }, where);
}

function addApplicationLine(line: string, where: string, list: PackageList): CheckedPackage | undefined {
  const columns = columnsOf(line, 4, where, list);
  if (columns === undefined) return undefined;
  const [ecosystem = '', name = '', version = '', path = ''] = columns;
  if (!isApplicationEcosystem(ecosystem)) {
    list.addUnsupported(`packages of ecosystem "${ecosystem}"`, name);
    return undefined;
  }
  const found = applicationPackage(ecosystem, name, version);
  if (found.version === '' && version !== '') {
    list.addUnsupported(`${ecosystem} packages of no release`, name);
    return undefined;
  }
  return list.addApplicationPackage({ ...found, paths: [path] }, where);
}

function columnsOf(
  line: string,
  count: number,
  where: string,
  list: PackageList,
): readonly string[] | undefined {
  const columns = line.split('\t').map((column) => column.trim());
  if (columns.length === count) return columns;
  list.addProblem(`${where}: ${columns.length} columns instead of ${count}: "${line.slice(0, 100)}"`);
  return undefined;
}
