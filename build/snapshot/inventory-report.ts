import type { Inventory } from '../../src/inventory/inventory.ts';
import { type InstalledPackage, isApplicationEcosystem } from '../../src/inventory/package.ts';
import { digestOfBody, REPORT_FIRST_LINE } from '../../src/inventory/report.ts';
import { schemeOf } from '../../src/versions/scheme-of-ecosystem.ts';
import { windowsSections } from './windows.ts';

/** What the inventory's own source does not say in the words of a report. */
export interface ReportFacts {
  readonly name: string;
  /** Lines of /etc/os-release. */
  readonly osRelease: readonly string[];
}

/** An inventory as a report of Parapet's agent (src/inventory/report.ts): lines sorted, the body's digest in the head. */
export function reportOf(inventory: Inventory, { name, osRelease }: ReportFacts): string {
  const kernel = inventory.runningKernel;
  const windows = windowsSections(inventory);
  const system = inventory.packages.filter(
    (item) => !isApplicationEcosystem(item.ecosystem) && item.updates === undefined,
  );
  const applications = inventory.packages.filter((item) => isApplicationEcosystem(item.ecosystem));
  const body = [
    '[server]',
    `name ${name}`,
    ...(windows.length > 0 ? windows : ['[os-release]', ...osRelease]),
    ...(windows.length > 0 || kernel === undefined || kernel.release === ''
      ? []
      : ['[kernel]', kernel.release, kernel.version === '' ? '' : `#1 SMP Debian ${kernel.version}`]),
    ...section(`packages ${sectionName(system)}`, system.map(systemLine)),
    ...section('applications', applications.flatMap(applicationLines)),
    '[end]',
    '',
  ].join('\n');
  const digest = digestOfBody(Buffer.from(body, 'utf8'));
  return `${REPORT_FIRST_LINE}\ndigest ${digest}\n${body}`;
}

function section(name: string, lines: readonly string[]): readonly string[] {
  if (lines.length === 0) return [];
  const sorted = [...new Set(lines)].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  return [`[${name}]`, ...sorted];
}

function sectionName(packages: readonly InstalledPackage[]): string {
  const scheme = schemeOf(packages[0]?.ecosystem ?? '');
  if (scheme === 'deb') return 'dpkg';
  return scheme === 'apk' ? 'apk' : 'rpm';
}

function systemLine(item: InstalledPackage): string {
  switch (sectionName([item])) {
    case 'dpkg':
      return [
        item.name,
        item.version,
        item.arch,
        item.source,
        item.sourceVersion,
        'install ok installed',
      ].join('\t');
    case 'apk':
      return [item.name, item.version, item.arch, item.source].join('\t');
    default:
      return rpmLine(item);
  }
}

function rpmLine(item: InstalledPackage): string {
  const parts = /^(?:(\d+):)?([^-]*)(?:-(.*))?$/.exec(item.version);
  const isOwnSource = item.source === item.name && item.sourceVersion === item.version;
  const sourceRpm = isOwnSource ? '' : `${item.source}-${item.sourceVersion.replace(/^\d+:/, '')}.src.rpm`;
  const [, epoch = '', version = '', release = ''] = parts ?? [];
  return [item.name, epoch, version, release, item.arch, sourceRpm, item.module, item.origin].join('\t');
}

function applicationLines(item: InstalledPackage): readonly string[] {
  const paths = item.paths.length === 0 ? [''] : item.paths;
  return paths.map((path) => [item.ecosystem, item.name, item.version, path].join('\t'));
}
