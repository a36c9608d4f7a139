import type { Queryable } from '../database.ts';
import type { StoredFeedFile } from './load-feed-files.ts';

/** A file that an import brought into force, with what it brought. */
export interface ImportedFeedFile extends StoredFeedFile {
  /** Feeds of table feed that it has records of. */
  readonly feeds: readonly string[];
  /** Those of them that it is a whole list of. */
  readonly lists: readonly string[];
}

/** Notes the files of the feed `source` that this transaction brings into force. */
export async function saveFeedFiles(
  tx: Queryable,
  source: { readonly name: string; readonly url: string; readonly now: number },
  files: readonly ImportedFeedFile[],
): Promise<void> {
  for (const { url, etag, lastModified, stamp, lists } of files) {
    await tx.query(
      `INSERT INTO feed_file (source, url, etag, last_modified, stamp, lists) VALUES ($1, $2, $3, $4, $5, $6)
       ON CONFLICT (source, url) DO UPDATE SET
         etag = excluded.etag, last_modified = excluded.last_modified, stamp = excluded.stamp, lists = excluded.lists`,
      [source.name, url, etag, lastModified, stamp, lists],
    );
  }
  await tx.query(
    `INSERT INTO feed_source (name, url, feeds, tried_at) VALUES ($1, $2, $3, $4)
     ON CONFLICT (name) DO UPDATE SET feeds = ARRAY(
       SELECT DISTINCT one FROM unnest(feed_source.feeds || excluded.feeds) AS held (one) ORDER BY one)`,
    [source.name, source.url, [...new Set(files.flatMap(({ feeds }) => feeds))], source.now],
  );
}
