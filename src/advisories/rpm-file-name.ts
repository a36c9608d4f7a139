/** The parts of an rpm's full name. */
export interface RpmFileName {
  readonly name: string;
  /** `version-release`, with an epoch where the name has one (`1:2.0-3`). */
  readonly version: string;
  readonly arch: string;
}

/**
 * Takes `name-version-release.arch` apart, with or without `.rpm`; the name itself may hold dashes and dots. Undefined
 * where a part is missing.
 */
export function parseRpmFileName(fileName: string): RpmFileName | undefined {
  const full = fileName.endsWith('.rpm') ? fileName.slice(0, -4) : fileName;
  const dot = full.lastIndexOf('.');
  const releaseDash = full.lastIndexOf('-', dot);
  const versionDash = full.lastIndexOf('-', releaseDash - 1);
  if (versionDash <= 0 || releaseDash <= versionDash + 1 || dot <= releaseDash + 1) return undefined;
  const arch = full.slice(dot + 1);
  if (arch === '') return undefined;
  return { name: full.slice(0, versionDash), version: full.slice(versionDash + 1, dot), arch };
}
