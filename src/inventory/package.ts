/**
 * A package as it is installed. Two packages are the same one where every field of `Package` is equal: that is the unit
 * that is stored once and matched once, however many servers have it.
 */

/**
 * Ecosystems of application packages, spelled as the OSV schema spells them, and ours for content management systems:
 * `WordPress` (`wordpress`, `plugin/<slug>`, `theme/<slug>`) and `Joomla` (extensions by their element). System packages
 * carry a system key instead.
 */
export const APPLICATION_ECOSYSTEMS = [
  'npm',
  'PyPI',
  'Maven',
  'Go',
  'crates.io',
  'Packagist',
  'RubyGems',
  'NuGet',
  'Bitnami',
  'WordPress',
  'Joomla',
] as const;

export type ApplicationEcosystem = (typeof APPLICATION_ECOSYSTEMS)[number];

export interface Package {
  /** A system key (`debian:12`, see system.ts) or an application ecosystem. */
  readonly ecosystem: string;
  /** In the spelling of its ecosystem: `group:artifact` for Maven, the normalised name (PEP 503) for PyPI. */
  readonly name: string;
  /** The whole version as the package manager compares it: `epoch:version-release` for rpm (no epoch where it is 0 or absent), `epoch:upstream-revision` for deb. */
  readonly version: string;
  /** Empty where the ecosystem has none or the inventory does not say. */
  readonly arch: string;
  /** Source package; equal to `name` where the package is its own source or the system does not say. */
  readonly source: string;
  /** Version of the source package; equal to `version` where it is the same or unknown. */
  readonly sourceVersion: string;
  /** Module stream as rpm labels it (`nodejs:18`), empty outside modules. */
  readonly module: string;
  /** Where it came from, where the inventory says: a vendor or repository label; empty if unknown. */
  readonly origin: string;
  /**
   * Of a Windows system alone (`WINDOWS_PACKAGE_NAME`): the updates it has installed, `KB4462930 KB4470788`, sorted. What a
   * system is affected by depends on all of them together, so system, build and updates are one package.
   */
  readonly updates?: string;
}

/** A package together with where it was found: paths of an application package, none for a system package. */
export interface InstalledPackage extends Package {
  readonly paths: readonly string[];
}

/** The fields that make a package the one it is, in the one order in which they are keyed and digested. */
export function packageFields(pkg: Package): readonly string[] {
  const fields = [
    pkg.ecosystem,
    pkg.name,
    pkg.version,
    pkg.arch,
    pkg.source,
    pkg.sourceVersion,
    pkg.module,
    pkg.origin,
  ];
  return pkg.updates === undefined ? fields : [...fields, pkg.updates];
}

/** Keys of packages that cannot change, made once: most of a report are the packages of other reports (`known-lines.ts`). */
const KEYS = new WeakMap<Package, string>();

/** One text for two packages exactly where they are the same one; no field of a package holds the separator. */
export function packageKey(pkg: Package): string {
  const known = KEYS.get(pkg);
  if (known !== undefined) return known;
  const key = packageFields(pkg).join('\0');
  if (Object.isFrozen(pkg)) KEYS.set(pkg, key);
  return key;
}

/** The package that a Windows system is, and the one it will be once it has been restarted; `source` is the first of both. */
export const WINDOWS_PACKAGE_NAME = 'Windows';
export const WINDOWS_AFTER_RESTART_NAME = 'Windows after restart';
/** Origin of a running system that has updates which only take effect with a restart. */
export const WINDOWS_RESTART_PENDING = 'restart-pending';

export function isApplicationEcosystem(ecosystem: string): ecosystem is ApplicationEcosystem {
  return (APPLICATION_ECOSYSTEMS as readonly string[]).includes(ecosystem);
}
