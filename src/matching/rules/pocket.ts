/**
 * Pockets: lines of fixes beside the ordinary one, told by the record or by the version.
 *
 * - `fips` (certified builds: `…ubuntu2.fips.7.1`, `…el8_fips`) and `ksplice` (Oracle) order their versions differently
 *   from the ordinary line, so they are compared only within themselves.
 * - `esm` (Ubuntu Pro: `+esm1`, `~esm1`) continues the ordinary line: a package outside it that is older than an ESM fix
 *   has the flaw. Only where one advisory gives both fixes does each package keep to its own.
 * - `~bpo` (Debian backports) is no pocket: backports have no fixes of their own, and `~` already orders them below the
 *   version they were made from.
 */
export type Pocket = '' | 'esm' | 'fips' | 'ksplice';

const FIPS = /[._+~-]fips(?![a-z])/i;
const ESM = /[+~]esm\d/;

/** The pocket that a version shows; empty for the ordinary line. */
export function pocketOf(version: string): Pocket {
  if (version.includes('esm') && ESM.test(version)) return 'esm';
  if (
    (version.includes('fips') || version.includes('FIPS') || version.includes('Fips')) &&
    FIPS.test(version)
  )
    return 'fips';
  if (version.includes('.ksplice')) return 'ksplice';
  return '';
}

/** Whether versions of the two pockets can be ordered at all. */
export function areComparable(installed: Pocket, fixed: Pocket): boolean {
  if (installed === fixed) return true;
  const ordinary = installed === 'esm' ? '' : installed;
  return ordinary === '' && (fixed === '' || fixed === 'esm');
}
