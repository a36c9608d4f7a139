import { appError } from '../errors.ts';
import { partAddresses } from './addresses.ts';
import type { FoundServer } from './formats/format.ts';
import type { Inventory } from './inventory.ts';
import { type PackageList, shownText } from './package-list.ts';
import type { System } from './system.ts';
import { refineSystem } from './system-from-name.ts';

/** Longest name of a server that is taken from a file, in characters; a longer one is cut. */
export const SERVER_NAME_LENGTH_MAX_CHARS = 256;

/**
 * Makes an inventory of what a format found; `given` decides over what the file says. Throws
 * `inventory-system-unknown` where there are system packages but no system.
 */
export function inventoryOf(
  found: FoundServer,
  list: PackageList,
  given: { readonly system?: System | undefined; readonly name?: string | undefined } = {},
): Inventory {
  const named = given.system ?? found.system;
  const system = named === undefined ? undefined : refineSystem(named, list.systemVersions());
  if (system === undefined && list.systemPackageCount > 0) {
    throw appError('inventory-system-unknown', { file: list.file, packages: list.systemPackageCount });
  }
  return {
    system,
    server: {
      name: shownText((given.name ?? found.name ?? '').trim(), SERVER_NAME_LENGTH_MAX_CHARS),
      uuid: /^[\w.:-]{1,64}$/.test(found.uuid ?? '') ? (found.uuid ?? '') : '',
      ...partAddresses(found.addresses ?? []),
    },
    runningKernel: found.runningKernel,
    packages: list.packages(system?.key ?? ''),
    collectedAt: found.collectedAt,
    problems: list.problems(),
  };
}
