import type { VersionScheme } from '../../versions/scheme.ts';

/**
 * Rebuilds: one advisory now and then lists the same fix several times for one package, once for each build of it, and a
 * package at or past any of them has the fix. Measured in real records: `9.6.22-1.module_el8.4.0+2492+…` beside
 * `…el8.5.0+58+…`, `91.3.0-2.el8_4.alma` beside `…el8_4.alma.plus`, `0.16-14.el8` beside `0.16-14.el8_5.1` (AlmaLinux),
 * `2.4+deb8u1` beside `2.4+deb8u1+b1` (Debian). Fixes of two lines in one advisory (`1.0.2k-12.h3` and `1.0.2k-16.h3`,
 * EulerOS Virtualization) differ in more than that and stay apart.
 */

const BINARY_REBUILD = /\+b\d+$/;
const MODULE_TAG = /\.module[_+].*$/;
const RPM_BUILD_TAG = /(-\d+)[._][^-]*$/;

/** What all rebuilds of one fix have in common; versions of other schemes are their own. */
export function softwareOf(scheme: VersionScheme, version: string): string {
  if (scheme === 'deb') return version.replace(BINARY_REBUILD, '');
  if (scheme !== 'rpm') return version;
  const bare = version.replace(MODULE_TAG, '');
  return bare.length < version.length ? bare : version.replace(RPM_BUILD_TAG, '$1');
}
