import type { Queryable } from '../database.ts';
import { holdAdvisorySet } from './lock-advisory-set.ts';
import { namingCve } from './refresh-vulnerabilities.ts';

/**
 * Last step of an import that changed something: leaves the work that follows as rows, raises the revision and returns it. Holds the advisory set alone from here to the commit, so no report can slip old matches in between.
 */
export async function finishImport(
  tx: Queryable,
  switchTo: { readonly revision: number; readonly now: number },
): Promise<number> {
  await holdAdvisorySet(tx);
  await tx.query(`
    ANALYZE touched_package;
    -- Name by name, so that it is a hash join: comparing each list with all names took 11 s for 40,000 packages and 20,000
    -- names (so 0.06 s), and reports wait meanwhile.
    INSERT INTO rematch_package (project_id, package_id)
    SELECT p.project_id, p.id
    FROM package p CROSS JOIN LATERAL unnest(p.lookup_names) AS filed (name)
    JOIN touched_package t ON t.ecosystem = p.ecosystem AND t.name = filed.name
    UNION
    -- A catalogue entry that comes or goes adds or removes the emergency vulnerability wherever its CVE is matched.
    SELECT p.project_id, p.id
    FROM package p CROSS JOIN LATERAL unnest(p.match_vulnerability || p.match_replaced) AS matched (number)
    WHERE matched.number IN (${namingCve('touched_cve')} WHERE t.catalogue)
    ON CONFLICT DO NOTHING;
    INSERT INTO reassess (project_id, package_ids, vulnerabilities)
    SELECT held.project_id, '{}', changed.numbers
    FROM (SELECT array_agg(number) AS numbers FROM changed_vulnerability) changed,
         (SELECT DISTINCT project_id FROM package) held
    WHERE changed.numbers IS NOT NULL`);
  // What an operator calls urgent raises the revision too, also while an import is being written.
  const [row] = await tx.query<{ revision: number }>(
    `UPDATE advisory_set SET revision = greatest(revision + 1, $1), changed_at = $2 RETURNING revision`,
    [switchTo.revision, switchTo.now],
  );
  return row?.revision ?? switchTo.revision;
}

/** Whether a whole list came with another date than before: nothing else may have changed, but its age has. */
export async function areFeedsRedated(tx: Queryable): Promise<boolean> {
  const [row] = await tx.query<{ redated: boolean }>(
    `SELECT EXISTS (SELECT FROM staged_feed s LEFT JOIN feed f ON f.name = s.feed
       WHERE s.is_list AND f.published_at IS DISTINCT FROM s.published_at) AS redated`,
  );
  return row?.redated ?? false;
}

/** Which ecosystems the touched feeds answer for now. Dates of files in which they came stay (`dateFeedCoverage`). */
export async function noteCoverage(tx: Queryable): Promise<void> {
  await tx.query(`
    CREATE TEMPORARY TABLE dated_coverage ON COMMIT DROP AS
      SELECT feed, ecosystem, published_at FROM feed_coverage WHERE published_at IS NOT NULL;
    DELETE FROM feed_coverage USING staged_feed s WHERE feed_coverage.feed = s.feed;
    INSERT INTO feed_coverage (feed, ecosystem, newest_at, records, published_at)
      SELECT n.*, d.published_at
      FROM (
        SELECT a.feed, af.ecosystem, max(coalesce(a.modified_at, a.published_at)), count(DISTINCT a.number)
        FROM advisory a JOIN advisory_affected af ON af.advisory = a.number
        WHERE a.feed IN (SELECT feed FROM staged_feed)
        GROUP BY a.feed, af.ecosystem
      ) n LEFT JOIN dated_coverage d USING (feed, ecosystem);
    -- A list that was just replaced: what is known of the file it once was fetched in is of the past.
    DELETE FROM feed_file f USING staged_feed s WHERE s.is_list AND s.feed = ANY (f.lists)`);
}

/** A feed's date is the publisher's own, else its newest record's (design.md section 2). */
export async function noteFeeds(
  tx: Queryable,
  { revision, now }: { readonly revision: number; readonly now: number },
): Promise<void> {
  await tx.query(
    `INSERT INTO feed (name, published_at, imported_at, revision, records)
     SELECT i.feed, i.published_at, $2, $1,
       CASE i.feed WHEN 'known-exploited' THEN (SELECT count(*) FROM known_exploited)
                   WHEN 'epss' THEN (SELECT count(*) FROM exploit_probability)
                   ELSE (SELECT count(*) FROM advisory a WHERE a.feed = i.feed) END
     FROM staged_feed i
     ON CONFLICT (name) DO UPDATE SET
       published_at = excluded.published_at, imported_at = excluded.imported_at,
       revision = excluded.revision, records = excluded.records`,
    [revision, now],
  );
}
