/**
 * Architectures are one thing under two names: dpkg's and rpm's. A record that names architectures concerns only those;
 * `noarch` and `all` packages run everywhere, and a package whose architecture is unknown may be any.
 */
const RPM_NAMES: ReadonlyMap<string, string> = new Map([
  ['amd64', 'x86_64'],
  ['arm64', 'aarch64'],
  ['ppc64el', 'ppc64le'],
  ['i386', 'i686'],
  ['i586', 'i686'],
]);

const ANY_ARCHITECTURE: ReadonlySet<string> = new Set(['', 'noarch', 'all', 'any', '(none)']);

/** Whether a record for `architectures` (empty: any) concerns a package of architecture `installed`. */
export function concernsArchitecture(architectures: readonly string[], installed: string): boolean {
  if (architectures.length === 0 || ANY_ARCHITECTURE.has(installed)) return true;
  const wanted = RPM_NAMES.get(installed) ?? installed;
  for (const architecture of architectures) {
    if (ANY_ARCHITECTURE.has(architecture) || (RPM_NAMES.get(architecture) ?? architecture) === wanted)
      return true;
  }
  return false;
}
