import { productOfHost, type WindowsArchitecture, type WindowsHost } from '../../windows/product.ts';
import { updateNumberOf } from '../../windows/update-number.ts';
import type { PackageList } from '../package-list.ts';
import { type System, systemOf } from '../system.ts';
import type { FoundServer, TextFormat } from './format.ts';
import { listedUpdates } from './hotfix-list.ts';

/** The lines in which name and version stand, whatever the language: the first of the text. */
const HEAD_LINES_MAX = 8;

/**
 * The output of `systeminfo`, in any language and code page. Labels are translated and their letters may be lost with the
 * code page, so nothing here looks at a label: host, system and version are the first three lines in every language, and
 * what stands behind the colons (`Windows`, `10.0.17763`, `x64-based`, `[01]: KB4462930`) is translated in none. The build
 * has no revision. A list of `Get-HotFix` behind it is taken as well.
 */
export const SYSTEMINFO: TextFormat = {
  name: 'systeminfo (any language)',
  recognises: (text) => {
    const head = linesOf(text.slice(0, 4_000)).slice(0, HEAD_LINES_MAX);
    return head.some(isWindowsLine) && head.some((line) => versionOf(line) !== undefined);
  },
  read: readSysteminfo,
};

function readSysteminfo(text: string, list: PackageList): FoundServer {
  const lines = linesOf(text);
  const head = lines.slice(0, HEAD_LINES_MAX);
  const versionLine = head.find((line) => versionOf(line) !== undefined) ?? '';
  const version = versionOf(versionLine) ?? '';
  const name = valueIn(head.find(isWindowsLine) ?? '');
  const entries = lines.map(entryOf).filter((entry) => entry !== '');
  const numbered = listedUpdates(text);
  nameMissing(lines, numbered.length, list);
  const installed = [
    // Old systems add a word to some: `KB893803v2 - Update`.
    ...entries.flatMap((entry) => updateNumberOf(entry.split(' - ', 1)[0] ?? '') ?? []),
    ...numbered,
  ];
  return {
    system: windowsSystem(
      {
        isServer: /\bServer/i.test(name),
        version,
        servicePack: servicePackOf(versionLine, version),
        architecture: architectureOf(lines),
      },
      name,
    ),
    // Some leave the first line out, or had it cut away with the host's name.
    name: isWindowsLine(lines[0] ?? '') ? '' : valueIn(lines[0] ?? ''),
    addresses: entries.filter((entry) => /^[\da-f.:]{3,45}$/i.test(entry) && /[.:].*[.:]/.test(entry)),
    windows: { build: version, installed, pending: [], restartRequired: false },
  };
}

/**
 * Some systems say that there are 273 updates and list 245, the rest of the text cut off. Without the others, updates would
 * count as missing that are there.
 */
function nameMissing(lines: readonly string[], listedBesides: number, list: PackageList): void {
  const first = lines.findIndex((line) => updateNumberOf(entryOf(line)) !== undefined);
  const stated = Number(/\d{1,5}/.exec(valueIn(lines[headingBefore(lines, first)] ?? ''))?.[0] ?? 0);
  let count = 0;
  for (let at = headingBefore(lines, first) + 1; entryOf(lines[at] ?? '') !== ''; at += 1) count += 1;
  if (first < 0 || listedBesides >= stated || count >= stated) return;
  list.addProblem(
    `systeminfo says ${stated} updates and lists ${count}: add the output of Get-HotFix to the file, or some count as missing`,
  );
}

/** The line above the list of numbered entries that line `at` is in. */
function headingBefore(lines: readonly string[], at: number): number {
  let heading = at;
  while (heading > 0 && entryOf(lines[heading] ?? '') !== '') heading -= 1;
  return heading;
}

/** What stands behind the number of a line `[01]: KB4462930`; empty for any other line. */
function entryOf(line: string): string {
  return /^\s*\[\d{1,4}\]\s?[:：]\s*(.+)$/.exec(line)?.[1]?.trim() ?? '';
}

/** The system that a Windows host is; one whose version has no name of Microsoft's is named by its version. */
export function windowsSystem(host: WindowsHost, shownName: string): System {
  const product = productOfHost(host) ?? `Windows ${host.isServer ? 'Server ' : ''}${host.version}`;
  // A name whose letters are lost with the code page shows less than the product's own.
  const isWhole = shownName !== '' && !shownName.includes('\ufffd');
  return systemOf('windows', product, isWhole ? shownName : product);
}

function linesOf(text: string): readonly string[] {
  return text.split(/\r?\n/).filter((line) => line.trim() !== '');
}

function valueIn(line: string): string {
  return /^[^:：]*[:：]\s*(.*)$/.exec(line)?.[1]?.trim() ?? '';
}

function isWindowsLine(line: string): boolean {
  return /\bWindows/.test(valueIn(line));
}

/** `10.0.17763` of `10.0.17763 N/A Build 17763`; undefined where the value does not begin with a version of Windows. */
function versionOf(line: string): string | undefined {
  return /^(?:5|6|10)\.\d\.\d{4,5}\b/.exec(valueIn(line))?.[0];
}

/** Its words are not translated; where they are lost, the last builds of each release tell. */
function servicePackOf(line: string, version: string): number {
  const stated = /Service Pack (\d)/i.exec(line)?.[1];
  if (stated !== undefined) return Number(stated);
  switch (version) {
    case '6.1.7601':
    case '6.0.6001':
      return 1;
    case '6.0.6002':
    case '6.0.6003':
      return 2;
    default:
      return 0;
  }
}

function architectureOf(lines: readonly string[]): WindowsArchitecture {
  for (const line of lines) {
    const word = /^(x64|x86|arm64|itanium|ia64|amd64|em64t)[- ]/i.exec(valueIn(line))?.[1]?.toLowerCase();
    if (word === 'arm64') return 'ARM64';
    if (word === 'itanium' || word === 'ia64') return 'Itanium';
    if (word !== undefined) return word === 'x86' ? 'x86' : 'x64';
  }
  return 'x64';
}
