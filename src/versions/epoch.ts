import { digitRunEnd } from './digit-runs.ts';

const COLON = 58;

/**
 * Offset of the colon that closes the epoch of a deb or rpm version, or -1 where it has none. Only digits before the
 * first colon make an epoch (rpm: `parseEVR`; dpkg refuses anything else): elsewhere a colon is part of the version,
 * as in `1.module+el9.4.0:1`. An empty epoch is 0.
 */
export function epochColonOf(version: string): number {
  const i = digitRunEnd(version, 0, version.length);
  return i < version.length && version.charCodeAt(i) === COLON ? i : -1;
}
