import { productOfHost, type WindowsArchitecture } from '../../windows/product.ts';
import { updateNumberOf } from '../../windows/update-number.ts';
import type { PackageList } from '../package-list.ts';
import type { System } from '../system.ts';
import type { FoundWindows } from './format.ts';
import { windowsSystem } from './systeminfo.ts';

const ARCHITECTURES: ReadonlyMap<string, WindowsArchitecture> = new Map([
  ['x86', 'x86'],
  ['x64', 'x64'],
  ['amd64', 'x64'],
  ['arm64', 'ARM64'],
  ['ia64', 'Itanium'],
]);

/** The sections of a report that tell of Windows, their lines as they stand. */
export interface WindowsSections {
  /** `[windows]`: `key value`. */
  readonly windows: readonly string[];
  /** `[windows updates]`: a number, a tab, `installed` or `pending`. */
  readonly updates: readonly string[];
}

/** What the sections say (see report.ts); undefined where there are none. A bad line becomes a problem. */
export function readWindowsSections(
  sections: WindowsSections,
  list: PackageList,
): { readonly system: System | undefined; readonly windows: FoundWindows } | undefined {
  if (sections.windows.length === 0) return undefined;
  const value = (key: string): string =>
    sections.windows
      .find((line) => line.startsWith(`${key} `))
      ?.slice(key.length + 1)
      .trim() ?? '';
  const version = /^\d{1,2}\.\d\.\d{4,5}(?:\.\d{1,6})?$/.exec(value('version'))?.[0];
  if (version === undefined) {
    list.addProblem('[windows]: no version such as 10.0.17763.6054, so the system is not known');
    return undefined;
  }
  const host = {
    isServer: value('type') === 'server',
    isServerCore: value('installation') === 'core',
    version,
    servicePack: Number(/^\d$/.exec(value('service-pack'))?.[0] ?? 0),
    architecture: ARCHITECTURES.get(value('architecture').toLowerCase()) ?? 'x64',
  };
  if (productOfHost(host) === undefined)
    list.addProblem(`[windows]: version ${version} is of no known product`);
  return {
    system: windowsSystem(host, value('name')),
    windows: {
      build: version,
      ...readUpdates(sections.updates, list),
      restartRequired: value('restart-required') === 'yes',
    },
  };
}

function readUpdates(
  lines: readonly string[],
  list: PackageList,
): Pick<FoundWindows, 'installed' | 'pending'> {
  const installed: string[] = [];
  const pending: string[] = [];
  for (const line of lines.filter((text) => text !== '')) {
    const [text = '', state = ''] = line.split('\t');
    const number = updateNumberOf(text);
    if (number === undefined) list.addProblem(`[windows updates]: "${line.slice(0, 60)}" is no update`);
    else if (state === 'pending') pending.push(number);
    else if (state === 'installed') installed.push(number);
    else list.addProblem(`[windows updates]: ${number} is neither installed nor pending`);
  }
  return { installed, pending };
}
