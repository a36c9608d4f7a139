import type { VulnerabilityType } from '../../matching/candidate.ts';
import type { Queryable } from '../database.ts';

/** A vulnerability's id, the id of a record, or a CVE; `cve` is the CVE that an id stands for behind a prefix, else empty. */
export interface AskedAbout {
  readonly id: string;
  readonly cve: string;
}

export interface VulnerabilityRow {
  readonly number: number;
  readonly type: VulnerabilityType;
  readonly id: string;
  readonly title: string;
  readonly cves: readonly string[];
  /** The vendor's date. */
  readonly publishedAt: number | null;
  /** When its first record was imported; null: before that was noted. */
  readonly fetchedAt: number | null;
}

/** Vulnerabilities that have that id, or else those that name the CVE, or else those of the record of that id. By type and id. */
export async function findVulnerabilitiesAbout(
  tx: Queryable,
  { id, cve }: AskedAbout,
): Promise<readonly VulnerabilityRow[]> {
  const columns =
    'v.number, v.type, v.id, v.title, v.cves, v.published_at AS "publishedAt", v.fetched_at AS "fetchedAt"';
  const order = 'ORDER BY v.type, v.id COLLATE "C"';
  const named = await tx.query<VulnerabilityRow>(
    `SELECT ${columns} FROM vulnerability v WHERE v.id = $1 ${order}`,
    [id],
  );
  // A CVE is the id of a record that others may be about as well.
  if (named.length > 0 && id !== cve) return named;
  const naming = await tx.query<VulnerabilityRow>(
    `SELECT ${columns} FROM vulnerability v WHERE v.id = $1 OR $2 <> '' AND v.cves && ARRAY[$2::text] ${order}`,
    [id, cve],
  );
  if (naming.length > 0) return naming;
  return await tx.query<VulnerabilityRow>(
    `SELECT DISTINCT ON (v.type, v.id) ${columns} FROM advisory a
     JOIN advisory_vulnerability av ON av.advisory = a.number
     JOIN vulnerability v ON v.type = av.type AND v.id = av.vulnerability_id
     WHERE a.feed IN (SELECT name FROM feed) AND a.id = $1 ORDER BY v.type, v.id`,
    [id],
  );
}

/** The updates of Windows among `ids`. */
export async function findUpdates(
  tx: Queryable,
  ids: readonly string[],
): Promise<readonly VulnerabilityRow[]> {
  if (ids.length === 0) return [];
  return await tx.query<VulnerabilityRow>(
    `SELECT number, type, id, title, cves FROM vulnerability
     WHERE type = 'windows_vul' AND id = ANY ($1::text[]) ORDER BY id COLLATE "C"`,
    [ids],
  );
}

/** Numbers of those of `packageIds` that a record about it may be filed under. */
export async function packagesNamedAbout(
  tx: Queryable,
  about: AskedAbout,
  { projectId, packageIds }: { readonly projectId: string; readonly packageIds: readonly number[] },
): Promise<ReadonlySet<number>> {
  const rows = await tx.query<{ id: number }>(
    `WITH asked AS (
       SELECT av.advisory FROM vulnerability v
       JOIN advisory_vulnerability av ON av.type = v.type AND av.vulnerability_id = v.id
       WHERE v.id IN ($1, $2) OR $2 <> '' AND v.cves && ARRAY[$2::text]
       UNION SELECT a.number FROM advisory a WHERE a.feed IN (SELECT name FROM feed) AND a.id IN ($1, $2))
     SELECT DISTINCT p.id FROM asked JOIN advisory_affected af USING (advisory)
     JOIN (
       SELECT id, ecosystem, unnest(lookup_names) AS name FROM package
       WHERE project_id = $3 AND id = ANY ($4::integer[])
     ) p USING (ecosystem, name)`,
    [about.id, about.cve, projectId, packageIds],
  );
  return new Set(rows.map((row) => row.id));
}

/** Where a record that spoke stands: which import brought it as it is. */
export interface RecordRevision {
  readonly feed: string;
  readonly id: string;
  readonly revision: number;
  readonly publishedAt: number | null;
  readonly modifiedAt: number | null;
}

export async function loadRecordRevisions(
  tx: Queryable,
  records: readonly { readonly feed: string; readonly id: string }[],
): Promise<readonly RecordRevision[]> {
  return await tx.query<RecordRevision>(
    `SELECT feed, id, revision, published_at AS "publishedAt", modified_at AS "modifiedAt" FROM advisory
     JOIN unnest($1::text[], $2::text[]) AS wanted (feed, id) USING (feed, id)`,
    [records.map((record) => record.feed), records.map((record) => record.id)],
  );
}
