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
  await settleStage(tx);
  const [counts] = await tx.query<SwitchResult>(`
    SELECT (SELECT count(*) FROM staged_advisory) - (SELECT count(*) FROM outdated WHERE is_replaced) AS added,
           (SELECT count(*) FROM outdated WHERE is_replaced) AS changed,
           (SELECT count(*) FROM outdated WHERE NOT is_replaced) AS removed`);
  await tx.query(`
    DELETE FROM advisory_affected a USING outdated o WHERE a.advisory = o.number;
    DELETE FROM advisory_vulnerability v USING outdated o WHERE v.advisory = o.number;
    DELETE FROM advisory a USING outdated o WHERE a.number = o.number AND NOT o.is_replaced`);
  await tx.query(
    `INSERT INTO advisory (feed, id, published_at, modified_at, digest, revision, facts)
     SELECT feed, id, published_at, modified_at, digest, $1, facts FROM staged_advisory ORDER BY seq
     ON CONFLICT (feed, id) DO UPDATE SET
       published_at = excluded.published_at, modified_at = excluded.modified_at, digest = excluded.digest,
       revision = excluded.revision, facts = excluded.facts`,
    [revision],
  );
  await tx.query(`
    CREATE TEMPORARY TABLE staged_number ON COMMIT DROP AS
      SELECT s.seq, a.number FROM staged_advisory s JOIN advisory a USING (feed, id);
    ANALYZE staged_number;
    INSERT INTO advisory_affected (ecosystem, name, advisory, entries)
      SELECT ecosystem, name, number, entries FROM staged_affected JOIN staged_number USING (seq)
      ORDER BY ecosystem, name;
    INSERT INTO advisory_vulnerability (type, vulnerability_id, advisory)
      SELECT type, vulnerability_id, number FROM staged_vulnerability JOIN staged_number USING (seq)`);
  return counts ?? { added: 0, changed: 0, removed: 0 };
}

/**
 * Leaves of several records with one id in one import the latest modified, of equals the last read; drops what the import
 * itself withdraws; and notes which advisories in force are outdated, and what all that touches.
 */
async function settleStage(tx: Queryable): Promise<void> {
  await tx.query(`
    ANALYZE staged_advisory; ANALYZE staged_affected; ANALYZE staged_vulnerability; ANALYZE staged_key;
    DELETE FROM staged_advisory s USING (
      SELECT seq, row_number() OVER (PARTITION BY feed, id ORDER BY coalesce(modified_at, 0) DESC, seq DESC) AS place
      FROM staged_advisory) d
      WHERE d.seq = s.seq AND d.place > 1;
    DELETE FROM staged_advisory s USING staged_withdrawn w
      WHERE s.feed = w.feed AND s.id = w.id AND coalesce(w.modified_at, s.modified_at, 0) >= coalesce(s.modified_at, 0);
    CREATE TEMPORARY TABLE outdated ON COMMIT DROP AS
      SELECT held.number, true AS is_replaced FROM advisory held JOIN staged_advisory USING (feed, id)
      UNION ALL
      SELECT held.number, false FROM advisory held
      WHERE NOT EXISTS (SELECT FROM staged_advisory s WHERE s.feed = held.feed AND s.id = held.id)
        AND (held.feed IN (SELECT feed FROM staged_feed WHERE is_list)
              AND NOT EXISTS (SELECT FROM staged_key k WHERE k.feed = held.feed AND k.id = held.id)
            OR EXISTS (SELECT FROM staged_withdrawn w WHERE w.feed = held.feed AND w.id = held.id
              AND (w.modified_at IS NULL OR held.modified_at IS NULL OR w.modified_at >= held.modified_at)));
    ANALYZE outdated;
    CREATE TEMPORARY TABLE touched_package ON COMMIT DROP AS
      SELECT a.ecosystem, a.name FROM advisory_affected a JOIN outdated o ON a.advisory = o.number
      UNION SELECT ecosystem, name FROM staged_affected JOIN staged_advisory USING (seq);
    CREATE TEMPORARY TABLE touched_vulnerability ON COMMIT DROP AS
      SELECT v.type, v.vulnerability_id AS id FROM advisory_vulnerability v JOIN outdated o ON v.advisory = o.number
      UNION SELECT type, vulnerability_id FROM staged_vulnerability JOIN staged_advisory USING (seq)`);
}

/** Replaces the known-exploited catalogue and the exploit probabilities where the import brings them. Fills `touched_cve`; true where anything changed. */
export async function applyStagedExploitation(tx: Queryable): Promise<boolean> {
  await tx.query(`
    CREATE TEMPORARY TABLE touched_cve ON COMMIT DROP AS
      SELECT coalesce(held.cve, s.cve) AS cve, true AS catalogue
      FROM known_exploited held FULL JOIN staged_known_exploited s USING (cve)
      WHERE EXISTS (SELECT FROM staged_feed WHERE is_list AND feed = 'known-exploited')
        AND (held.cve IS NULL OR s.cve IS NULL)
      UNION ALL
      SELECT coalesce(held.cve, s.cve), false
      FROM exploit_probability held FULL JOIN staged_exploit_probability s USING (cve)
      WHERE EXISTS (SELECT FROM staged_feed WHERE is_list AND feed = 'epss')
        AND held.probability IS DISTINCT FROM s.probability;
    DELETE FROM known_exploited held
      WHERE EXISTS (SELECT FROM staged_feed WHERE is_list AND feed = 'known-exploited')
        AND NOT EXISTS (SELECT FROM staged_known_exploited s WHERE s.cve = held.cve);
    INSERT INTO known_exploited (cve, name, added_at) SELECT cve, name, added_at FROM staged_known_exploited
      ON CONFLICT (cve) DO UPDATE SET name = excluded.name, added_at = excluded.added_at
      WHERE (known_exploited.name, known_exploited.added_at) IS DISTINCT FROM (excluded.name, excluded.added_at);
    DELETE FROM exploit_probability held
      WHERE EXISTS (SELECT FROM staged_feed WHERE is_list AND feed = 'epss')
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
