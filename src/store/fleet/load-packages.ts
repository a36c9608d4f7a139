import type { Package } from '../../inventory/package.ts';
import { kernelPackageOf } from '../../matching/kernel.ts';
import type { Queryable } from '../database.ts';

/** A package as it is stored: with its number and what it is affected by. */
export interface StoredPackage {
  readonly id: number;
  readonly package: Package;
  /** Undefined: not matched yet. */
  readonly matchedRevision: number | undefined;
  readonly matches: readonly StoredMatch[];
  /** Part of a kernel: what it is affected by counts only as `matching/kernel.ts` says. */
  readonly isKernel: boolean;
}

export interface StoredMatch {
  readonly vulnerability: number;
  /** Undefined: no fix is known. */
  readonly fixedVersion: string | undefined;
  /** Of a Windows update: numbers of the missing ones that it replaces (`PackageMatch.replaced`), ascending. */
  readonly replaced?: readonly number[];
}

/** Reads the packages numbered `ids`, by number. */
export async function loadPackages(
  tx: Queryable,
  projectId: string,
  ids: Iterable<number>,
): Promise<ReadonlyMap<number, StoredPackage>> {
  const rows = await tx.query<PackageRow>(
    `SELECT id, ecosystem, name, version, arch, source, source_version, module, origin, updates,
       match_vulnerability, match_fixed_version, match_replacing, match_replaced, matched_revision
     FROM package WHERE project_id = $1 AND id = ANY ($2::integer[])`,
    [projectId, [...ids]],
  );
  return new Map(rows.map((row) => [row.id, storedPackageOf(row)]));
}

interface PackageRow {
  readonly id: number;
  readonly ecosystem: string;
  readonly name: string;
  readonly version: string;
  readonly arch: string;
  readonly source: string;
  readonly source_version: string;
  readonly module: string;
  readonly origin: string;
  readonly updates: string | null;
  readonly match_vulnerability: readonly number[];
  readonly match_fixed_version: readonly (string | null)[];
  readonly match_replacing: readonly number[] | null;
  readonly match_replaced: readonly number[] | null;
  readonly matched_revision: number | null;
}

function storedPackageOf(row: PackageRow): StoredPackage {
  const { ecosystem, name, version, arch, source, module, origin } = row;
  const pkg = {
    ecosystem,
    name,
    version,
    arch,
    source,
    sourceVersion: row.source_version,
    module,
    origin,
    ...(row.updates === null ? {} : { updates: row.updates }),
  };
  return {
    id: row.id,
    package: pkg,
    isKernel: kernelPackageOf(pkg) !== undefined,
    matchedRevision: row.matched_revision ?? undefined,
    matches: matchesOf(row),
  };
}

function matchesOf(row: PackageRow): readonly StoredMatch[] {
  const matches = row.match_vulnerability.map((vulnerability, index) => ({
    vulnerability,
    fixedVersion: row.match_fixed_version[index] ?? undefined,
  }));
  const { match_replacing: replacing, match_replaced: replaced } = row;
  if (replacing === null || replaced === null) return matches;
  const byUpdate = new Map<number, number[]>();
  replacing.forEach((vulnerability, index) => {
    const number = replaced[index];
    if (number === undefined) return;
    const held = byUpdate.get(vulnerability);
    if (held === undefined) byUpdate.set(vulnerability, [number]);
    else held.push(number);
  });
  return matches.map((match) => {
    const own = byUpdate.get(match.vulnerability);
    return own === undefined ? match : { ...match, replaced: own };
  });
}
