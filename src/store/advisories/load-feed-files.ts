import type { Queryable } from '../database.ts';

/** A file of a fetched feed that is in force, by its publisher's URL. */
export interface StoredFeedFile {
  readonly url: string;
  readonly etag: string;
  readonly lastModified: string;
  readonly stamp: string;
}

/** What is in force of the files of the feed `source`. */
export async function loadFeedFiles(tx: Queryable, source: string): Promise<readonly StoredFeedFile[]> {
  return await tx.query<StoredFeedFile>(
    `SELECT url, etag, last_modified AS "lastModified", stamp FROM feed_file WHERE source = $1`,
    [source],
  );
}
