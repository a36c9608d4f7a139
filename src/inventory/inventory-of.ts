import { counted } from '../counted.ts';
import { appError } from '../errors.ts';
import { atOnce } from '../in-slices.ts';
import { partAddresses } from './addresses.ts';
import type { FoundServer } from './formats/format.ts';
import type { Inventory } from './inventory.ts';
import type { PackageList } from './package-list.ts';
import { shownText } from './shown-text.ts';
import type { System } from './system.ts';
import { isKnownFamily, refineSystem } from './system-from-name.ts';
import { addWindowsSystem, runningWindows } from './windows-system.ts';

/** Longest name of a server that is taken from a file, in characters; a longer one is cut. */
export const SERVER_NAME_LENGTH_MAX_CHARS = 256;
/** So many system packages without a system may stray into the SBOM of an application without making it unusable. */
export const STRAY_SYSTEM_PACKAGES_MAX = 5;

/** What the caller knows better than the file. */
export interface GivenFacts {
  readonly system?: System | undefined;
  readonly name?: string | undefined;
  /** Whether a server of a family we do not know may come without a package: it is then listed as not covered. */
  readonly mayBeEmpty?: boolean;
}

/**
 * Makes an inventory of what a format found; what is `given` decides over what the file says. Throws
 * `inventory-system-unknown` where there are system packages but no system, and `inventory-empty` where there is no
 * package at all: taken at its word, such a file would make every finding of its server fixed. A Windows server may
 * have no programs; its updates count.
 */
export function inventoryOf(found: FoundServer, list: PackageList, given: GivenFacts = {}): Inventory {
  return atOnce(inventoryInSteps(found, list, given));
}

/** The same in steps. */
export function* inventoryInSteps(
  found: FoundServer,
  list: PackageList,
  given: GivenFacts,
): Generator<void, Inventory> {
  const named = given.system ?? found.system;
  const system = named === undefined ? undefined : refineSystem(named, list.systemVersions());
  if (found.windows !== undefined && (system === undefined || system.osType === 'Windows')) {
    addWindowsSystem(found.windows, list);
  }
  if (system === undefined && list.systemPackageCount > 0) refuseOrNameStrays(list);
  const packages = yield* list.packagesInSteps(system?.key);
  const mayBeEmpty =
    system?.osType === 'Windows' ||
    (given.mayBeEmpty === true && system !== undefined && !isKnownFamily(system.family));
  if (packages.length === 0 && !mayBeEmpty) {
    throw appError('inventory-empty', { file: list.file, reason: list.problems()[0] ?? '' });
  }
  return {
    system,
    server: {
      name: shownText((given.name ?? found.name ?? '').trim(), SERVER_NAME_LENGTH_MAX_CHARS),
      uuid: /^[\w.:-]{1,64}$/.test(found.uuid ?? '') ? (found.uuid ?? '') : '',
      ...partAddresses(found.addresses ?? []),
    },
    runningKernel: found.runningKernel ?? runningWindows(packages),
    packages,
    collectedAt: found.collectedAt,
    problems: list.problems(),
  };
}

function refuseOrNameStrays(list: PackageList): void {
  const count = list.systemPackageCount;
  if (count > STRAY_SYSTEM_PACKAGES_MAX || list.applicationPackageCount <= count) {
    throw appError('inventory-system-unknown', { file: list.file, packages: count });
  }
  list.addProblem(
    `${counted(count, 'system package')} left out: nothing says of which system; give --os-release or --system`,
  );
}
