import { counted } from '../counted.ts';
import { appError } from '../errors.ts';
import { atOnce } from '../in-slices.ts';
import { INVENTORY_PACKAGES_MAX, PACKAGE_FIELD_LENGTH_MAX_CHARS } from './inventory.ts';
import { type ApplicationEcosystem, type InstalledPackage, type Package, packageFields } from './package.ts';
import { shownText } from './shown-text.ts';

/** Most skipped records an inventory names; further ones are counted. */
export const INVENTORY_PROBLEMS_MAX = 200;
/** After so many packages the work may pause. */
const PACKAGES_PER_STEP = 1_000;
/** Longest text of one problem, in characters: it may quote a stranger's data. */
export const PROBLEM_LENGTH_MAX_CHARS = 300;
/** Most paths kept of one application package. */
export const PACKAGE_PATHS_MAX = 100;
/** Longest path kept, in characters (PATH_MAX of Linux). */
export const PACKAGE_PATH_LENGTH_MAX_CHARS = 4096;

/** A package of the system as a format finds it, before it is known which system that is. Empty or absent: not said. */
export interface FoundSystemPackage {
  readonly name: string;
  readonly version: string;
  readonly arch?: string;
  readonly source?: string;
  readonly sourceVersion?: string;
  readonly module?: string;
  readonly origin?: string;
  /** Of a Windows system: see `Package.updates`. */
  readonly updates?: string;
}

/** An application package as a format finds it. */
export interface FoundApplicationPackage {
  readonly ecosystem: ApplicationEcosystem;
  readonly name: string;
  readonly version: string;
  readonly paths?: readonly string[];
}

/** A package that was checked, in a form that lists may share: all of it stays as it is, and what is made of it is made once. */
export interface CheckedPackage {
  /** Of the system: without an ecosystem, which is not known yet. */
  readonly package: Package;
  /** By which it is found twice. */
  readonly key: string;
  readonly paths: readonly string[];
  /** Source and version of it without its epoch; whether it tells one. */
  readonly sourceKey: string;
  readonly hasEpoch: boolean;
  /** What it was last listed as; nearly always what it is listed as next. */
  installed: InstalledPackage | undefined;
}

/** No control character, no half of a surrogate pair: the store could not keep such text, and no package manager writes it. */
function isCleanText(text: string): boolean {
  return !/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/.test(text) && text.isWellFormed();
}

/**
 * Gathers what a format finds: checks each package, names and skips the bad ones, unites the paths of the same package
 * found twice. Lives as long as one file is being parsed.
 */
export class PackageList {
  readonly #file: string;
  /** Of a package that was found twice, `paths` are those of both. */
  readonly #packages = new Map<
    string,
    { readonly checked: CheckedPackage; paths: Set<string> | undefined }
  >();
  readonly #problems: string[] = [];
  readonly #unsupported = new Map<string, { count: number; readonly first: string }>();
  #problemsOmitted = 0;
  #systemPackages = 0;

  constructor(file: string) {
    this.#file = file;
  }

  /** The name of the file, for messages. */
  get file(): string {
    return this.#file;
  }

  /** How many distinct system packages there are so far. */
  get systemPackageCount(): number {
    return this.#systemPackages;
  }

  /**
   * Adds a package of the system and returns it in the form that other lists may take. A bad one is named with `where` and
   * skipped; past the limit `inventory-too-large` is thrown.
   */
  addSystemPackage(found: FoundSystemPackage, where: string): CheckedPackage | undefined {
    const source = found.source || found.name;
    const sourceVersion = found.sourceVersion || found.version;
    return this.#add(
      {
        ecosystem: '',
        name: found.name,
        version: found.version,
        arch: found.arch ?? '',
        source,
        sourceVersion,
        module: found.module ?? '',
        origin: found.origin ?? '',
        ...(found.updates === undefined ? {} : { updates: found.updates }),
      },
      [],
      where,
    );
  }

  /** The same of a package of an application. */
  addApplicationPackage(found: FoundApplicationPackage, where: string): CheckedPackage | undefined {
    const { ecosystem, name, version } = found;
    return this.#add(
      { ecosystem, name, version, arch: '', source: name, sourceVersion: version, module: '', origin: '' },
      found.paths ?? [],
      where,
    );
  }

  /** Names a record that was skipped, or a weakness of the whole file. */
  addProblem(problem: string): void {
    if (this.#problems.length >= INVENTORY_PROBLEMS_MAX) {
      this.#problemsOmitted += 1;
      return;
    }
    this.#problems.push(shownText(problem, PROBLEM_LENGTH_MAX_CHARS));
  }

  /** Counts a package of a kind that no advisory source speaks of (`kind`, e.g. `purl type generic`); one problem a kind. */
  addUnsupported(kind: string, example: string): void {
    const known = this.#unsupported.get(kind);
    if (known !== undefined) known.count += 1;
    else if (this.#unsupported.size < INVENTORY_PROBLEMS_MAX)
      this.#unsupported.set(kind, { count: 1, first: example });
  }

  /** How many distinct application packages there are so far. */
  get applicationPackageCount(): number {
    return this.#packages.size - this.#systemPackages;
  }

  /** All packages in the order they were found, system packages as `systemKey`, or left out where that is undefined. */
  packages(systemKey: string | undefined): readonly InstalledPackage[] {
    return atOnce(this.packagesInSteps(systemKey));
  }

  /** The same in steps. */
  *packagesInSteps(systemKey: string | undefined): Generator<void, readonly InstalledPackage[]> {
    const all = [...this.#packages.values()];
    const kept =
      systemKey === undefined ? all.filter(({ checked }) => checked.package.ecosystem !== '') : all;
    const sourceVersions = epochedSourceVersions(kept);
    const packages: InstalledPackage[] = [];
    for (const { checked, paths } of kept) {
      if (packages.length % PACKAGES_PER_STEP === 0) yield;
      const item = installedAs(checked, systemKey ?? '', epochedVersion(checked, sourceVersions));
      packages.push(paths === undefined ? item : { ...item, paths: [...paths] });
    }
    return packages;
  }

  /** Versions (with release) of all system packages, for rules that read a distribution's tag from them. */
  *systemVersions(): Generator<string> {
    for (const { checked } of this.#packages.values()) {
      if (checked.package.ecosystem === '') yield checked.package.version;
    }
  }

  problems(): readonly string[] {
    const kinds = [...this.#unsupported].map(([kind, { count, first }]) =>
      shownText(
        `${counted(count, 'record')} left out: ${kind} (first: ${first || 'without a name'})`,
        PROBLEM_LENGTH_MAX_CHARS,
      ),
    );
    const omitted =
      this.#problemsOmitted === 0 ? [] : [`and ${counted(this.#problemsOmitted, 'further problem')}`];
    return [...this.#problems, ...omitted, ...kinds];
  }

  /** Adds a package that a list has checked. Past the limit `inventory-too-large` is thrown. */
  addChecked(checked: CheckedPackage): void {
    const entry = this.#packages.get(checked.key);
    if (entry !== undefined) {
      if (checked.paths.length === 0) return;
      entry.paths ??= new Set(entry.checked.paths);
      for (const path of checked.paths) if (entry.paths.size < PACKAGE_PATHS_MAX) entry.paths.add(path);
      return;
    }
    if (this.#packages.size >= INVENTORY_PACKAGES_MAX) {
      throw appError('inventory-too-large', {
        file: this.#file,
        what: 'packages',
        limit: INVENTORY_PACKAGES_MAX,
      });
    }
    this.#packages.set(checked.key, { checked, paths: undefined });
    if (checked.package.ecosystem === '') this.#systemPackages += 1;
  }

  #add(item: Package, paths: readonly string[], where: string): CheckedPackage | undefined {
    const problem = problemOf(item);
    if (problem !== undefined) {
      this.addProblem(`${where}: ${problem}`);
      return undefined;
    }
    const { source, sourceVersion } = item;
    const colon = sourceVersion.indexOf(':');
    const checked: CheckedPackage = {
      package: Object.freeze(item),
      // Control characters were refused above, so the separator cannot occur in a field.
      key: packageFields(item).join('\u0000'),
      paths: cleanPaths(paths),
      sourceKey: `${source}\u0000${sourceVersion.slice(colon + 1)}`,
      hasEpoch: colon >= 0,
      installed: undefined,
    };
    this.addChecked(checked);
    return checked;
  }
}

const NO_PATHS: readonly string[] = Object.freeze([]);

function cleanPaths(paths: readonly string[]): readonly string[] {
  if (paths.length === 0) return NO_PATHS;
  const clean = paths.filter(
    (path) => path !== '' && path.length <= PACKAGE_PATH_LENGTH_MAX_CHARS && isCleanText(path),
  );
  return Object.freeze([...new Set(clean)].slice(0, PACKAGE_PATHS_MAX));
}

/** The package as one of the system `systemKey`, the same object as last time wherever it comes out the same. */
function installedAs(checked: CheckedPackage, systemKey: string, sourceVersion: string): InstalledPackage {
  const ecosystem = checked.package.ecosystem || systemKey;
  const { installed } = checked;
  if (installed?.ecosystem === ecosystem && installed.sourceVersion === sourceVersion) return installed;
  checked.installed = Object.freeze({ ...checked.package, ecosystem, sourceVersion, paths: checked.paths });
  return checked.installed;
}

/**
 * Source versions with the epoch that a sibling tells. The name of a source rpm carries no epoch: `npm` 1:8.19.3 comes
 * from `nodejs-18.14.2-2.src.rpm`, and only `nodejs` 1:18.14.2-2 beside it says that this is 1:18.14.2-2.
 */
function epochedSourceVersions(
  items: readonly { readonly checked: CheckedPackage }[],
): ReadonlyMap<string, string> {
  const versions = new Map<string, string>();
  for (const { checked } of items)
    if (checked.hasEpoch) versions.set(checked.sourceKey, checked.package.sourceVersion);
  return versions;
}

function epochedVersion(
  { package: item, sourceKey, hasEpoch }: CheckedPackage,
  versions: ReadonlyMap<string, string>,
): string {
  if (item.ecosystem !== '' || hasEpoch) return item.sourceVersion;
  return versions.get(sourceKey) ?? item.sourceVersion;
}

/** Why a package cannot be taken; undefined if it can. */
function problemOf(item: Package): string | undefined {
  if (item.name === '') return 'a package without a name';
  if (item.version === '') return `package ${item.name} has no version`;
  const fields = [
    item.name,
    item.version,
    item.arch,
    item.source,
    item.sourceVersion,
    item.module,
    item.origin,
  ];
  for (const field of fields) {
    if (field.length > PACKAGE_FIELD_LENGTH_MAX_CHARS) {
      return `package ${item.name.slice(0, 80)} has a field of ${field.length} characters, more than ${PACKAGE_FIELD_LENGTH_MAX_CHARS}`;
    }
    if (!isCleanText(field)) return `package ${item.name} has a control character in "${field}"`;
  }
  return undefined;
}
