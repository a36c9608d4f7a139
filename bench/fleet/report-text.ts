/** An inventory as the agent of a server would report it: src/inventory/report.ts says what the text is. */

import type { Package } from '../../src/inventory/package.ts';
import { digestOfBody } from '../../src/inventory/report.ts';
import type { FleetSystem } from './package-universe.ts';

export interface ReportText {
  readonly text: string;
  /** `sha256:…`, as the report states it and an unchanged report repeats it. */
  readonly digest: string;
}

/** The report of a server. `lines` are those of `packageLine`, in any order. */
export function reportText(
  server: { readonly name: string; readonly privateIp: string; readonly system: FleetSystem },
  lines: readonly string[],
): ReportText {
  const [family = '', release = ''] = server.system.split(':');
  const applications = lines.filter((line) => line.startsWith('PyPI\t'));
  const system = lines.filter((line) => !line.startsWith('PyPI\t'));
  const body = [
    ...['[server]', `name ${server.name}`, 'machine-id ', 'agent 0.1.0', `address ${server.privateIp}`],
    ...['[os-release]', `ID=${family}`, `VERSION_ID="${release}"`],
    family === 'debian' ? '[packages dpkg]' : '[packages rpm]',
    ...[...system].sort(),
    ...(applications.length === 0 ? [] : ['[applications]', ...[...applications].sort()]),
    '[end]',
    '',
  ].join('\n');
  const digest = digestOfBody(Buffer.from(body, 'utf8'));
  const collectedAt = Math.floor(Date.now() / 1000);
  return { text: `parapet-report 1\ncollected-at ${collectedAt}\ndigest ${digest}\n${body}`, digest };
}

/** A package as a line of a report. */
export function packageLine(pkg: Package): string {
  const { ecosystem, name, version, arch, source, sourceVersion } = pkg;
  if (ecosystem === 'PyPI') return [ecosystem, name, version, `/srv/app/${name}`].join('\t');
  if (ecosystem.startsWith('debian:'))
    return [name, version, arch, source, sourceVersion, 'install ok installed'].join('\t');
  const [, epoch = '(none)', rest = version] = /^(\d+):(.*)$/.exec(version) ?? [];
  const dash = rest.lastIndexOf('-');
  const [upstream, release] = dash < 0 ? [rest, ''] : [rest.slice(0, dash), rest.slice(dash + 1)];
  return [name, epoch, upstream, release, arch, '(none)', '(none)', '(none)'].join('\t');
}
