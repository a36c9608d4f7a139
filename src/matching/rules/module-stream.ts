import { isModuleBuild } from '../../versions/module-build.ts';

/**
 * Module streams of rpm systems: several lines of one package beside each other, told apart by the module label of the
 * package and by `.module_el8.6.0+…` (AlmaLinux, Rocky) or `.module+el8.6.0+…` (Red Hat) in its release.
 */

const STREAM_NUMBER = /^[^:]+:(\d+(?:\.\d+)*)(?::|$)/;

/** `nodejs:18:8060020220523:ad008a3a` and `nodejs:18` are the same stream; a label without a stream is the module alone. */
export function moduleStreamOf(label: string): string {
  const first = label.indexOf(':');
  const second = first < 0 ? -1 : label.indexOf(':', first + 1);
  return second < 0 ? label : label.slice(0, second);
}

/**
 * Whether a record of module stream `wanted` (empty: the record does not say) whose fixes are `fixed` can concern a package
 * with module label `installed`. A package without a label whose release is a module build may be of any stream that its
 * version does not rule out: the fixes of `nodejs:16` are 16.13.1, 16.14.0, …, so that 14.20.0 is not of it, while npm
 * 6.14.17 may be, because npm is not numbered by the stream.
 */
export function concernsModule(
  wanted: string,
  installed: string,
  installedVersion: string,
  fixed: readonly string[],
): boolean {
  if (wanted === '') return true;
  if (installed !== '') return moduleStreamOf(wanted) === moduleStreamOf(installed);
  if (!isModuleBuild(installedVersion)) return false;
  const stream = STREAM_NUMBER.exec(wanted)?.[1];
  if (stream === undefined || fixed.length === 0) return true;
  return isNumberedBy(stream, installedVersion) || !fixed.every((version) => isNumberedBy(stream, version));
}

/** Whether the version, without its epoch, begins with the whole numbers of the stream. */
function isNumberedBy(stream: string, version: string): boolean {
  const bare = version.slice(version.indexOf(':') + 1);
  return bare.startsWith(stream) && !/^\d/.test(bare.slice(stream.length));
}
