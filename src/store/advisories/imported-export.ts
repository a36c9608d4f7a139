import type { Queryable } from '../database.ts';

/** The export that was last imported. Moments in ms since 1970. */
export interface ImportedExport {
  /** When it was made, by the clock of the machine that made it. */
  readonly createdAt: number;
  /** The advisory set of that machine. */
  readonly revision: number;
  /** The word of the key that signed it. */
  readonly key: string;
  readonly importedAt: number;
}

/** Which export was last imported; undefined: none. */
export async function findImportedExport(tx: Queryable): Promise<ImportedExport | undefined> {
  const [row] = await tx.query<ImportedExport>(
    `SELECT created_at AS "createdAt", revision, key, imported_at AS "importedAt" FROM imported_export`,
  );
  return row;
}

/**
 * Notes, in the import's own transaction, which export it is of, and of each feed when it was imported where the export was made.
 * Files that were fetched for these feeds are forgotten: what is in force is no longer theirs.
 */
export async function saveImportedExport(
  tx: Queryable,
  exported: ImportedExport,
  feeds: readonly { readonly name: string; readonly importedAt: number }[],
): Promise<void> {
  const names = feeds.map(({ name }) => name);
  await tx.query(
    `UPDATE feed SET imported_at = e.imported_at
     FROM unnest($1::text[], $2::bigint[]) AS e (name, imported_at) WHERE feed.name = e.name`,
    [names, feeds.map(({ importedAt }) => importedAt)],
  );
  await tx.query(
    `DELETE FROM feed_file f USING feed_source s WHERE s.name = f.source AND s.feeds && $1::text[]`,
    [names],
  );
  await tx.query(
    `INSERT INTO imported_export (created_at, revision, key, imported_at) VALUES ($1, $2, $3, $4)
     ON CONFLICT (only_row) DO UPDATE SET created_at = excluded.created_at, revision = excluded.revision,
       key = excluded.key, imported_at = excluded.imported_at`,
    [exported.createdAt, exported.revision, exported.key, exported.importedAt],
  );
}
