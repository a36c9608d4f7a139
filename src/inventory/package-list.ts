import { counted } from '../counted.ts';
import { appError } from '../errors.ts';
import { INVENTORY_PACKAGES_MAX, PACKAGE_FIELD_LENGTH_MAX_CHARS } from './inventory.ts';
import { type ApplicationEcosystem, type InstalledPackage, type Package, packageFields } from './package.ts';
import { shownText } from './shown-text.ts';

/** Most skipped records an inventory names; further ones are counted. */
export const INVENTORY_PROBLEMS_MAX = 200;
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
  readonly #packages = new Map<string, { readonly package: Package; paths: Set<string> | undefined }>();
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

  /** Adds a package of the system. A bad one is named with `where` and skipped; past the limit `inventory-too-large` is thrown. */
  addSystemPackage(found: FoundSystemPackage, where: string): void {
    const source = found.source || found.name;
    const sourceVersion = found.sourceVersion || found.version;
    this.#add(
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

  /** Adds a package of an application. A bad one is named with `where` and skipped; past the limit `inventory-too-large` is thrown. */
  addApplicationPackage(found: FoundApplicationPackage, where: string): void {
    const { ecosystem, name, version } = found;
    this.#add(
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
    const kept = [...this.#packages.values()].filter(
      (entry) => entry.package.ecosystem !== '' || systemKey !== undefined,
    );
    const sourceVersions = epochedSourceVersions(kept.map((entry) => entry.package));
    return kept.map(({ package: item, paths }) => ({
      ...item,
      ecosystem: item.ecosystem || (systemKey ?? ''),
      sourceVersion: epochedVersion(item, sourceVersions),
      paths: paths === undefined ? [] : [...paths],
    }));
  }

  /** Versions (with release) of all system packages, for rules that read a distribution's tag from them. */
  *systemVersions(): Generator<string> {
    for (const { package: item } of this.#packages.values()) {
      if (item.ecosystem === '') yield item.version;
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

  #add(item: Package, paths: readonly string[], where: string): void {
    const problem = problemOf(item);
    if (problem !== undefined) {
      this.addProblem(`${where}: ${problem}`);
      return;
    }
    // Control characters were refused above, so the separator cannot occur in a field.
    const key = packageFields(item).join('\u0000');
    let entry = this.#packages.get(key);
    if (entry === undefined) {
      if (this.#packages.size >= INVENTORY_PACKAGES_MAX) {
        throw appError('inventory-too-large', {
          file: this.#file,
          what: 'packages',
          limit: INVENTORY_PACKAGES_MAX,
        });
      }
      entry = { package: item, paths: undefined };
      this.#packages.set(key, entry);
      if (item.ecosystem === '') this.#systemPackages += 1;
    }
    for (const path of paths) {
      if (path === '' || path.length > PACKAGE_PATH_LENGTH_MAX_CHARS || !isCleanText(path)) continue;
      entry.paths ??= new Set();
      if (entry.paths.size < PACKAGE_PATHS_MAX) entry.paths.add(path);
    }
  }
}

/**
 * Source versions with the epoch that a sibling tells. The name of a source rpm carries no epoch: `npm` 1:8.19.3 comes
 * from `nodejs-18.14.2-2.src.rpm`, and only `nodejs` 1:18.14.2-2 beside it says that this is 1:18.14.2-2.
 */
function epochedSourceVersions(items: readonly Package[]): ReadonlyMap<string, string> {
  const versions = new Map<string, string>();
  for (const { source, sourceVersion } of items) {
    const colon = sourceVersion.indexOf(':');
    if (colon > 0) versions.set(`${source}\u0000${sourceVersion.slice(colon + 1)}`, sourceVersion);
  }
  return versions;
}

function epochedVersion(item: Package, versions: ReadonlyMap<string, string>): string {
  if (item.ecosystem !== '' || item.sourceVersion.includes(':')) return item.sourceVersion;
  return versions.get(`${item.source}\u0000${item.sourceVersion}`) ?? item.sourceVersion;
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
