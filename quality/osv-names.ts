import type { System } from '../src/inventory/system.ts';

const OSV_NAME: ReadonlyMap<string, string> = new Map([
  ['alpine', 'Alpine:v'],
  ['debian', 'Debian:'],
  ['ubuntu', 'Ubuntu:'],
  ['almalinux', 'AlmaLinux:'],
  ['rocky', 'Rocky Linux:'],
  ['centos', 'CentOS:'],
  ['rhel', 'Red Hat:enterprise_linux:'],
  ['amazon', 'Amazon:'],
  ['openeuler', 'openEuler:'],
  ['euleros', 'EulerOS:'],
  ['opensuse-leap', 'openSUSE:Leap '],
]);

/** How OSV names the system, so that a record made for a truth is read as any other; undefined where it has no name. */
export function osvEcosystemOf({ family, release }: System): string | undefined {
  if (family === 'sles') {
    const [version = '', pack = '0'] = release.split('.');
    return `SUSE:Linux Enterprise Server ${version}${pack === '0' ? '' : ` SP${pack}`}`;
  }
  const name = OSV_NAME.get(family);
  return name === undefined ? undefined : `${name}${release}`;
}

/** Application ecosystems by the words that other databases have for them. */
export const APPLICATION_NAMES: ReadonlyMap<string, string> = new Map([
  ['composer', 'Packagist'],
  ['php', 'Packagist'],
  ['maven', 'Maven'],
  ['java', 'Maven'],
  ['npm', 'npm'],
  ['javascript', 'npm'],
  ['pip', 'PyPI'],
  ['python', 'PyPI'],
  ['pypi', 'PyPI'],
  ['go', 'Go'],
  ['nuget', 'NuGet'],
  ['dotnet', 'NuGet'],
  ['rubygems', 'RubyGems'],
  ['gem', 'RubyGems'],
  ['ruby', 'RubyGems'],
  ['cargo', 'crates.io'],
  ['rust', 'crates.io'],
]);
