import type { Queryable } from '../database.ts';

/**
 * Puts a staged import in force, inside the import's transaction: works out what it changes, changes just that, and
 * leaves the work that follows (packages to match again, vulnerabilities whose servers are to be assessed again) as rows.
 * The caller commits; until then nobody sees any of it.
 */

export interface SwitchResult {
  readonly added: number;
  readonly changed: number;
  readonly removed: number;
}

/** Writes the staged advisories and removes what is gone. Fills `touched_package` and `touched_vulnerability`. */
export async function applyStagedAdvisories(tx: Queryable, revision: number): Promise<SwitchResult> {
  await tx.query(`
    ANALYZE staged_advisory;
    ANALYZE staged_key;
    CREATE TEMPORARY TABLE gone ON COMMIT DROP AS
      SELECT held.feed, held.id FROM advisory held JOIN staged_list USING (feed)
      WHERE NOT EXISTS (SELECT FROM staged_key k WHERE k.feed = held.feed AND k.id = held.id)
      UNION
      SELECT held.feed, held.id FROM advisory held JOIN staged_withdrawn w USING (feed, id)
      WHERE w.modified_at IS NULL OR held.modified_at IS NULL OR w.modified_at >= held.modified_at;
    DELETE FROM staged_advisory s USING staged_withdrawn w
      WHERE s.feed = w.feed AND s.id = w.id AND coalesce(w.modified_at, s.modified_at, 0) >= coalesce(s.modified_at, 0);
    CREATE TEMPORARY TABLE replaced ON COMMIT DROP AS
      SELECT held.feed, held.id FROM advisory held JOIN staged_advisory USING (feed, id);
    CREATE TEMPORARY TABLE staged_affected ON COMMIT DROP AS
      SELECT s.feed, s.id, a.ecosystem, a.name, a.entries
      FROM staged_advisory s, json_to_recordset(s.affected) AS a (ecosystem text, name text, entries text);
    CREATE TEMPORARY TABLE staged_vulnerability ON COMMIT DROP AS
      SELECT s.feed, s.id, v.type, v.id AS vulnerability_id
      FROM staged_advisory s, json_to_recordset(s.vulnerabilities) AS v (type text, id text);
    CREATE TEMPORARY TABLE touched_package ON COMMIT DROP AS
      SELECT a.ecosystem, a.name FROM advisory_affected a
        JOIN (SELECT * FROM gone UNION ALL SELECT * FROM replaced) o ON a.feed = o.feed AND a.advisory_id = o.id
      UNION SELECT ecosystem, name FROM staged_affected;
    CREATE TEMPORARY TABLE touched_vulnerability ON COMMIT DROP AS
      SELECT v.type, v.vulnerability_id AS id FROM advisory_vulnerability v
        JOIN (SELECT * FROM gone UNION ALL SELECT * FROM replaced) o ON v.feed = o.feed AND v.advisory_id = o.id
      UNION SELECT type, vulnerability_id FROM staged_vulnerability;
  `);
  const [counts] = await tx.query<{ added: number; changed: number; removed: number }>(`
    SELECT (SELECT count(*) FROM staged_advisory) - (SELECT count(*) FROM replaced) AS added,
           (SELECT count(*) FROM replaced) AS changed, (SELECT count(*) FROM gone) AS removed`);
  await tx.query(`
    DELETE FROM advisory_affected a USING (SELECT * FROM gone UNION ALL SELECT * FROM replaced) o
      WHERE a.feed = o.feed AND a.advisory_id = o.id;
    DELETE FROM advisory_vulnerability v USING (SELECT * FROM gone UNION ALL SELECT * FROM replaced) o
      WHERE v.feed = o.feed AND v.advisory_id = o.id;
    DELETE FROM advisory a USING gone o WHERE a.feed = o.feed AND a.id = o.id;
    INSERT INTO advisory_affected (ecosystem, name, feed, advisory_id, entries)
      SELECT ecosystem, name, feed, id, entries FROM staged_affected;
    INSERT INTO advisory_vulnerability (type, vulnerability_id, feed, advisory_id)
      SELECT type, vulnerability_id, feed, id FROM staged_vulnerability;
  `);
  await tx.query(
    `INSERT INTO advisory (feed, id, published_at, modified_at, digest, revision, facts)
     SELECT feed, id, published_at, modified_at, digest, $1, facts FROM staged_advisory
     ON CONFLICT (feed, id) DO UPDATE SET
       published_at = excluded.published_at, modified_at = excluded.modified_at, digest = excluded.digest,
       revision = excluded.revision, facts = excluded.facts`,
    [revision],
  );
  return { added: counts?.added ?? 0, changed: counts?.changed ?? 0, removed: counts?.removed ?? 0 };
}

/** Replaces the known-exploited catalogue and the exploit probabilities where the import brings them. Fills `touched_cve`; true where anything changed. */
export async function applyStagedExploitation(tx: Queryable): Promise<boolean> {
  await tx.query(`
    CREATE TEMPORARY TABLE touched_cve ON COMMIT DROP AS
      SELECT coalesce(held.cve, s.cve) AS cve, true AS catalogue
      FROM known_exploited held FULL JOIN staged_known_exploited s USING (cve)
      WHERE EXISTS (SELECT FROM staged_list WHERE feed = 'known-exploited')
        AND (held.cve IS NULL OR s.cve IS NULL)
      UNION ALL
      SELECT coalesce(held.cve, s.cve), false
      FROM exploit_probability held FULL JOIN staged_exploit_probability s USING (cve)
      WHERE EXISTS (SELECT FROM staged_list WHERE feed = 'epss')
        AND held.probability IS DISTINCT FROM s.probability;
    DELETE FROM known_exploited held
      WHERE EXISTS (SELECT FROM staged_list WHERE feed = 'known-exploited')
        AND NOT EXISTS (SELECT FROM staged_known_exploited s WHERE s.cve = held.cve);
    INSERT INTO known_exploited (cve, name, added_at) SELECT cve, name, added_at FROM staged_known_exploited
      ON CONFLICT (cve) DO UPDATE SET name = excluded.name, added_at = excluded.added_at
      WHERE (known_exploited.name, known_exploited.added_at) IS DISTINCT FROM (excluded.name, excluded.added_at);
    DELETE FROM exploit_probability held
      WHERE EXISTS (SELECT FROM staged_list WHERE feed = 'epss')
        AND NOT EXISTS (SELECT FROM staged_exploit_probability s WHERE s.cve = held.cve);
    INSERT INTO exploit_probability (cve, probability) SELECT cve, probability FROM staged_exploit_probability
      ON CONFLICT (cve) DO UPDATE SET probability = excluded.probability
      WHERE exploit_probability.probability IS DISTINCT FROM excluded.probability;
    INSERT INTO touched_vulnerability (type, id)
      SELECT 'urgent_vul', 'URGENT-' || cve FROM touched_cve JOIN known_exploited USING (cve) WHERE catalogue;
  `);
  const [touched] = await tx.query<{ any: boolean }>(`SELECT EXISTS (SELECT FROM touched_cve) AS any`);
  return touched?.any ?? false;
}
