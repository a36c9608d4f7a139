import { epochColonOf } from '../../versions/epoch.ts';

/**
 * Epochs of rpm versions that one side does not know. rpm itself treats a missing epoch as 0, but `rpm -qa` prints none,
 * and some lists of fixes (EulerOS and openEuler product files) are made from such output. An epoch belongs to a package
 * for the life of a release, so where one side never writes it, both are compared without.
 */

const DIGIT_0 = 48;

/** Whether the version begins with an epoch other than 0. */
export function hasEpoch(version: string): boolean {
  const colon = epochColonOf(version);
  for (let at = 0; at < colon; at += 1) if (version.charCodeAt(at) !== DIGIT_0) return true;
  return false;
}

/** The version without its epoch. */
export function withoutEpoch(version: string): string {
  return version.slice(epochColonOf(version) + 1);
}
