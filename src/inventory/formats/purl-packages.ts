import type { PackageList } from '../package-list.ts';
import { packageOfPurl, parsePurl, withoutZeroEpoch } from '../purl.ts';
import type { System } from '../system.ts';

/** What a document says of a package beside its package URL; empty or absent: nothing. */
export interface PurlContext {
  readonly source?: string | undefined;
  readonly sourceVersion?: string | undefined;
  readonly module?: string | undefined;
  readonly origin?: string | undefined;
  /** A fuller version of a system package than the URL's (with its epoch). */
  readonly version?: string | undefined;
  readonly paths?: readonly string[];
}

/**
 * Adds the package that `purl` names to `list`, completed from `context`, and answers the system the URL speaks of.
 * Text that is no package URL becomes a problem at `where`; a type without advisories is counted.
 */
export function addPurlPackage(
  list: PackageList,
  purlText: string,
  context: PurlContext,
  where: string,
): System | undefined {
  const purl = parsePurl(purlText);
  if (purl === undefined) {
    list.addProblem(`${where}: "${purlText.slice(0, 200)}" is no package URL`);
    return undefined;
  }
  const found = packageOfPurl(purl);
  if (found === undefined) {
    list.addUnsupported(`packages of type ${purl.type}`, purl.name);
    return undefined;
  }
  if (found.kind === 'application') {
    if (found.package.version === '') {
      list.addUnsupported(`${found.package.ecosystem} packages without a version`, found.package.name);
      return undefined;
    }
    list.addApplicationPackage({ ...found.package, paths: context.paths ?? [] }, where);
    return undefined;
  }
  const { package: item } = found;
  // Signing keys stand in the rpm database as if they were packages.
  if (item.name === 'gpg-pubkey') return found.system;
  list.addSystemPackage(
    {
      ...item,
      version: fullerVersion(item.version, context.version ?? ''),
      source: item.source || context.source || '',
      sourceVersion: (item.source ? item.sourceVersion : '') || context.sourceVersion || '',
      module: item.module || context.module || '',
      origin: context.origin || '',
    },
    where,
  );
  return found.system;
}

/** `stated` where it is `version` with an epoch before it: old tools left the epoch out of the URL. */
function fullerVersion(version: string, stated: string): string {
  const colon = stated.indexOf(':');
  return colon > 0 && stated.slice(colon + 1) === version ? withoutZeroEpoch(stated) : version;
}

/** The system most packages of a document agree on; the first of equals. */
export class SystemVote {
  readonly #counts = new Map<string, { count: number; readonly system: System }>();

  add(system: System | undefined): void {
    if (system === undefined) return;
    const entry = this.#counts.get(system.key);
    if (entry === undefined) this.#counts.set(system.key, { count: 1, system });
    else entry.count += 1;
  }

  winner(): System | undefined {
    let best: { readonly count: number; readonly system: System } | undefined;
    for (const entry of this.#counts.values()) {
      if (best === undefined || entry.count > best.count) best = entry;
    }
    return best?.system;
  }
}
