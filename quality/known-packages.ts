import { readFileSync } from 'node:fs';
import { findFiles } from '../src/advisories/find-files.ts';
import type { Inventory } from '../src/inventory/inventory.ts';
import type { Package } from '../src/inventory/package.ts';
import { parseInventory } from '../src/inventory/parse.ts';

/** What the inventories of a data folder tell of packages that a label names without more than its version. */

export class KnownPackages {
  /** Inventories by the digest of the image in their file's name. */
  readonly byDigest = new Map<string, Inventory>();
  /** By system, then by name: the versions seen installed. */
  readonly #versions = new Map<string, Map<string, Set<string>>>();
  /** By `family name`: source packages. */
  readonly #sources = new Map<string, string>();

  /** Reads every inventory under these paths. What is none is passed over. */
  static of(paths: readonly string[]): Promise<KnownPackages> {
    return new KnownPackages().#read(paths);
  }

  versionsOf(system: string, name: string): ReadonlySet<string> | undefined {
    return this.#versions.get(system)?.get(name);
  }

  systems(): readonly string[] {
    return [...this.#versions.keys()];
  }

  /** The source package that packages of this name have on the family; the name itself where none is known. */
  sourceOf(family: string, name: string): string {
    return this.#sources.get(`${family} ${name}`) ?? name;
  }

  async #read(paths: readonly string[]): Promise<this> {
    const { files } = await findFiles(paths);
    for (const { path } of files) {
      const inventory = inventoryIn(path);
      if (inventory === undefined) continue;
      for (const digest of path.match(/[0-9a-f]{64}/g) ?? []) this.byDigest.set(digest, inventory);
      for (const pkg of inventory.packages) this.#add(pkg);
    }
    return this;
  }

  #add(pkg: Package): void {
    const colon = pkg.ecosystem.indexOf(':');
    if (colon < 0) return;
    let names = this.#versions.get(pkg.ecosystem);
    if (names === undefined) {
      names = new Map();
      this.#versions.set(pkg.ecosystem, names);
    }
    const versions = names.get(pkg.name);
    if (versions === undefined) names.set(pkg.name, new Set([pkg.version]));
    else versions.add(pkg.version);
    if (pkg.source !== pkg.name) {
      this.#sources.set(`${pkg.ecosystem.slice(0, colon)} ${pkg.name}`, pkg.source);
    }
  }
}

/** What is no inventory, or names no system, tells nothing here. */
function inventoryIn(path: string): Inventory | undefined {
  try {
    return parseInventory(readFileSync(path));
  } catch {
    return undefined;
  }
}
