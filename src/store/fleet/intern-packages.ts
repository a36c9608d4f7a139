import { createHash } from 'node:crypto';
import { type Package, packageFields, packageKey } from '../../inventory/package.ts';
import { lookupNames } from '../../matching/candidate.ts';
import type { Queryable } from '../database.ts';
import { storableText } from '../storable-text.ts';

/**
 * Numbers of packages as they were found committed and matched: kept by who interns for many servers. By their fields, and by
 * themselves where they cannot change: most packages of a report are those of earlier ones, and this is looked up quickest.
 */
export interface KnownNumbers {
  readonly byKey: Map<string, number>;
  readonly byPackage: WeakMap<Package, number>;
}

export function noNumbers(): KnownNumbers {
  return { byKey: new Map(), byPackage: new WeakMap() };
}

export interface InternedPackages {
  /** In the order of the packages that were given. */
  readonly ids: readonly number[];
  /** Those of `ids` that were never matched, each once. */
  readonly unmatched: readonly number[];
}

/**
 * Gives each distinct package of a project its number, making the ones that are new. Rows are locked in the order of their
 * digests, so that two reports with the same new packages wait for each other instead of deadlocking. `known` is used and
 * added to.
 */
export async function internPackages(
  tx: Queryable,
  projectId: string,
  packages: readonly Package[],
  known: KnownNumbers = noNumbers(),
): Promise<InternedPackages> {
  const ids = packages.map((pkg) => known.byPackage.get(pkg) ?? knownByKey(pkg, known) ?? UNKNOWN);
  const unknown = new Map<string, Package>();
  // Only of these a digest is needed.
  const digests = new Map<Package, string>();
  for (const [index, pkg] of packages.entries()) {
    if (ids[index] !== UNKNOWN) continue;
    const digest = digestOf(pkg);
    digests.set(pkg, digest);
    unknown.set(digest, pkg);
  }
  const { numbers, unmatched } = await numbersOf(tx, projectId, unknown);
  for (const [index, pkg] of packages.entries()) {
    if (ids[index] !== UNKNOWN) continue;
    const found = numbers.get(digests.get(pkg) ?? '');
    if (found === undefined) throw new Error(`package ${pkg.name} was neither found nor made`);
    // What this transaction makes may be rolled back, so only what was there before is kept.
    if (found.isKept) known.byKey.set(packageKey(pkg), found.id);
    ids[index] = found.id;
  }
  return { ids, unmatched: [...unmatched] };
}

/** No package has this number. */
const UNKNOWN = 0;

function knownByKey(pkg: Package, known: KnownNumbers): number | undefined {
  const id = known.byKey.get(packageKey(pkg));
  if (id !== undefined && Object.isFrozen(pkg)) known.byPackage.set(pkg, id);
  return id;
}

interface PackageNumber {
  readonly id: number;
  /** Whether it was there before, and matched. */
  readonly isKept: boolean;
}

/** Numbers by digest of packages that are not known, making those that are new. */
async function numbersOf(
  tx: Queryable,
  projectId: string,
  packages: ReadonlyMap<string, Package>,
): Promise<{
  readonly numbers: ReadonlyMap<string, PackageNumber>;
  readonly unmatched: ReadonlySet<number>;
}> {
  const numbers = new Map<string, PackageNumber>();
  const unmatched = new Set<number>();
  if (packages.size === 0) return { numbers, unmatched };
  const note = (rows: readonly FoundPackage[], isThere: boolean): void => {
    for (const { digest, id, is_matched } of rows) {
      numbers.set(digest, { id, isKept: isThere && is_matched });
      if (!is_matched) unmatched.add(id);
    }
  };
  note(await findPackages(tx, projectId, [...packages.keys()]), true);
  const missing = [...packages]
    .filter(([digest]) => !numbers.has(digest))
    .sort(([a], [b]) => (a < b ? -1 : 1));
  if (missing.length > 0) {
    await insertPackages(tx, projectId, missing);
    const made = missing.map(([digest]) => digest);
    note(await findPackages(tx, projectId, made), false);
  }
  return { numbers, unmatched };
}

/** First 16 bytes of SHA-256 over the fields, in hex: no field can hold the separator's NUL by the time it gets here. */
function digestOf(pkg: Package): string {
  const fields = packageFields(pkg);
  return createHash('sha256').update(fields.map(storableText).join('\0')).digest('hex').slice(0, 32);
}

interface FoundPackage {
  readonly id: number;
  readonly digest: string;
  readonly is_matched: boolean;
}

async function findPackages(
  tx: Queryable,
  projectId: string,
  digests: readonly string[],
): Promise<readonly FoundPackage[]> {
  return await tx.query<FoundPackage>(
    `SELECT id, encode(digest, 'hex') AS digest, matched_revision IS NOT NULL AS is_matched FROM package
     WHERE project_id = $1 AND digest = ANY (SELECT decode(d, 'hex') FROM unnest($2::text[]) AS d)`,
    [projectId, digests],
  );
}

async function insertPackages(
  tx: Queryable,
  projectId: string,
  entries: readonly (readonly [digest: string, pkg: Package])[],
): Promise<void> {
  const column = (field: (pkg: Package) => string): string[] =>
    entries.map(([, pkg]) => storableText(field(pkg)));
  await tx.query(
    `INSERT INTO package (project_id, digest, ecosystem, name, version, arch, source, source_version, module, origin, updates, lookup_names)
     SELECT $1, decode(digest, 'hex'), ecosystem, name, version, arch, source, source_version, module, origin, updates,
       ARRAY(SELECT json_array_elements_text(lookup_names))
     FROM unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[], $10::text[], $11::text[], $12::json[])
       AS p (digest, ecosystem, name, version, arch, source, source_version, module, origin, updates, lookup_names)
     ON CONFLICT (project_id, digest) DO NOTHING`,
    [
      projectId,
      entries.map(([digest]) => digest),
      column((pkg) => pkg.ecosystem),
      column((pkg) => pkg.name),
      column((pkg) => pkg.version),
      column((pkg) => pkg.arch),
      column((pkg) => pkg.source),
      column((pkg) => pkg.sourceVersion),
      column((pkg) => pkg.module),
      column((pkg) => pkg.origin),
      entries.map(([, pkg]) => (pkg.updates === undefined ? null : storableText(pkg.updates))),
      entries.map(([, pkg]) => JSON.stringify(lookupNames(pkg).map(storableText))),
    ],
  );
}
