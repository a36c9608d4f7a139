import { createHash } from 'node:crypto';
import { type Package, packageFields } from '../../inventory/package.ts';
import { lookupNames } from '../../matching/candidate.ts';
import type { Queryable } from '../database.ts';
import { storableText } from '../storable-text.ts';

/** Numbers of packages by digest, as they were found committed and matched: kept by who interns for many servers. */
export type KnownNumbers = Map<string, number>;

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
  known: KnownNumbers = new Map(),
): Promise<InternedPackages> {
  const digests = packages.map(digestOf);
  const unknown = new Map<string, Package>();
  for (const [index, pkg] of packages.entries()) {
    const digest = digests[index];
    if (digest !== undefined && !known.has(digest)) unknown.set(digest, pkg);
  }
  const own = new Map<string, number>();
  const unmatched = new Set<number>();
  const note = (rows: readonly FoundPackage[]): void => {
    for (const { digest, id, is_matched } of rows) {
      own.set(digest, id);
      if (!is_matched) unmatched.add(id);
    }
  };
  if (unknown.size > 0) {
    const found = await findPackages(tx, projectId, [...unknown.keys()]);
    note(found);
    // What this transaction makes may be rolled back, so only what was there before is kept.
    for (const { digest, id, is_matched } of found) if (is_matched) known.set(digest, id);
    const missing = [...unknown].filter(([digest]) => !own.has(digest)).sort(([a], [b]) => (a < b ? -1 : 1));
    if (missing.length > 0) {
      await insertPackages(tx, projectId, missing);
      note(
        await findPackages(
          tx,
          projectId,
          missing.map(([digest]) => digest),
        ),
      );
    }
  }
  const ids = digests.map((digest) => {
    const id = own.get(digest) ?? known.get(digest);
    if (id === undefined) throw new Error(`package ${digest} was neither found nor made`);
    return id;
  });
  return { ids, unmatched: [...unmatched] };
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
