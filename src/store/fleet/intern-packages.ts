import { createHash } from 'node:crypto';
import { type Package, packageFields } from '../../inventory/package.ts';
import { lookupNames } from '../../matching/candidate.ts';
import type { Queryable } from '../database.ts';
import { storableText } from '../storable-text.ts';

/**
 * Gives each distinct package of a project its number, making the ones that are new. Returns the numbers in the order of
 * `packages`. Rows are locked in the order of their digests, so that two reports with the same new packages wait for each
 * other instead of deadlocking.
 */
export async function internPackages(
  tx: Queryable,
  projectId: string,
  packages: readonly Package[],
): Promise<readonly number[]> {
  const digests = packages.map(digestOf);
  const numbers = await findPackages(tx, projectId, digests);
  const missing = new Map<string, Package>();
  for (const [index, pkg] of packages.entries()) {
    const digest = digests[index];
    if (digest !== undefined && !numbers.has(digest)) missing.set(digest, pkg);
  }
  if (missing.size > 0) {
    const sorted = [...missing.entries()].sort(([a], [b]) => (a < b ? -1 : 1));
    await insertPackages(tx, projectId, sorted);
    for (const [digest, id] of await findPackages(tx, projectId, [...missing.keys()]))
      numbers.set(digest, id);
  }
  return digests.map((digest) => {
    const id = numbers.get(digest);
    if (id === undefined) throw new Error(`package ${digest} was neither found nor made`);
    return id;
  });
}

/** First 16 bytes of SHA-256 over the fields, in hex: no field can hold the separator's NUL by the time it gets here. */
function digestOf(pkg: Package): string {
  const fields = packageFields(pkg);
  return createHash('sha256').update(fields.map(storableText).join('\0')).digest('hex').slice(0, 32);
}

async function findPackages(
  tx: Queryable,
  projectId: string,
  digests: readonly string[],
): Promise<Map<string, number>> {
  const rows = await tx.query<{ id: number; digest: string }>(
    `SELECT id, encode(digest, 'hex') AS digest FROM package
     WHERE project_id = $1 AND digest = ANY (SELECT decode(d, 'hex') FROM unnest($2::text[]) AS d)`,
    [projectId, digests],
  );
  return new Map(rows.map((row) => [row.digest, row.id]));
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
