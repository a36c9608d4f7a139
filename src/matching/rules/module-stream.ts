/**
 * Module streams of rpm systems: several lines of one package beside each other, told apart by the module label of the
 * package and by `.module_el8.6.0+…` (AlmaLinux, Rocky) or `.module+el8.6.0+…` (Red Hat) in its release.
 */

const MODULE_BUILD = /\.module[_+]/;

/** Whether an rpm version is one of a module stream's builds. */
export function isModuleBuild(version: string): boolean {
  return version.includes('.module') && MODULE_BUILD.test(version);
}

/** `nodejs:18:8060020220523:ad008a3a` and `nodejs:18` are the same stream; a label without a stream is the module alone. */
export function moduleStreamOf(label: string): string {
  const first = label.indexOf(':');
  const second = first < 0 ? -1 : label.indexOf(':', first + 1);
  return second < 0 ? label : label.slice(0, second);
}

/**
 * Whether a record of module stream `wanted` (empty: the record does not say) can concern a package with module label
 * `installed`. A package without a label whose release is a module build may be of any stream: the record counts.
 */
export function concernsModule(wanted: string, installed: string, installedVersion: string): boolean {
  if (wanted === '') return true;
  if (installed === '') return isModuleBuild(installedVersion);
  return moduleStreamOf(wanted) === moduleStreamOf(installed);
}
