import type { FoundWindows } from './formats/format.ts';
import type { RunningKernel } from './inventory.ts';
import {
  type Package,
  WINDOWS_AFTER_RESTART_NAME,
  WINDOWS_PACKAGE_NAME,
  WINDOWS_RESTART_PENDING,
} from './package.ts';
import type { PackageList } from './package-list.ts';

/** Most updates of one system that are taken; the most on a real one were 214. */
export const WINDOWS_UPDATES_MAX = 5_000;
/** Version of a system of which only the updates are known. */
const UNKNOWN_BUILD = 'unknown';

/**
 * Adds the package that a Windows system is: what runs, and where it waits for a restart what will run then, the way a
 * Linux server has a running kernel and a newer one.
 */
export function addWindowsSystem(found: FoundWindows, list: PackageList): void {
  const build = /^\d{1,3}(?:\.\d{1,6}){1,3}$/.test(found.build) ? found.build : UNKNOWN_BUILD;
  const all = updatesText([...found.installed, ...found.pending], list);
  const isWaiting = found.restartRequired || found.pending.length > 0;
  const running = isWaiting ? updatesText(found.installed, list) : all;
  list.addSystemPackage(
    {
      name: WINDOWS_PACKAGE_NAME,
      version: build,
      updates: running,
      ...(isWaiting ? { origin: WINDOWS_RESTART_PENDING } : {}),
    },
    'the system itself',
  );
  if (!isWaiting) return;
  list.addSystemPackage(
    { name: WINDOWS_AFTER_RESTART_NAME, version: build, source: WINDOWS_PACKAGE_NAME, updates: all },
    'the system after a restart',
  );
}

/** What runs, in the place where other systems have their kernel. */
export function runningWindows(packages: readonly Package[]): RunningKernel | undefined {
  const running = packages.find((pkg) => pkg.updates !== undefined && pkg.name === WINDOWS_PACKAGE_NAME);
  return running === undefined ? undefined : { release: running.version, version: '' };
}

function updatesText(numbers: readonly string[], list: PackageList): string {
  const distinct = [...new Set(numbers)].sort((a, b) => Number(a.slice(2)) - Number(b.slice(2)));
  if (distinct.length > WINDOWS_UPDATES_MAX) {
    list.addProblem(
      `${distinct.length} updates: only the newest ${WINDOWS_UPDATES_MAX} by number were taken`,
    );
  }
  return distinct.slice(-WINDOWS_UPDATES_MAX).join(' ');
}
