/**
 * Red Hat supports some minor releases beyond their time (EUS, AUS, E4S, TUS), with builds of their own (`….el8_6`). A fix of
 * such a line says nothing of another line, so it is compared only with builds that bear its tag; and where the package's own
 * line has the fix, the ordinary line's later build is not missing.
 */

const MINOR_TAG = /\.el(\d+_\d+)/;

/** The minor release that an rpm's release is tagged with (`372.75.1.el8_6`: `8_6`); empty where it is none. */
export function minorReleaseOf(version: string): string {
  return version.includes('.el') ? (MINOR_TAG.exec(version)?.[1] ?? '') : '';
}

/** Whether a package can be compared with a fix of the extended line that the fix belongs to. */
export function isOfExtendedLine(installed: string, fixed: string): boolean {
  const line = minorReleaseOf(fixed);
  return line !== '' && line === minorReleaseOf(installed);
}
