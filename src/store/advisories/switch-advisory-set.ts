import type { Queryable } from '../database.ts';
import type { ImportStage } from './stage-import.ts';

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

/** Puts the staged advisories in their places and removes what is gone. Fills `touched_package` and `touched_vulnerability`. */
export async function applyStagedAdvisories(
  tx: Queryable,
  stage: ImportStage,
  revision: number,
): Promise<SwitchResult> {
  await settleStage(tx, stage);
  const [counts] = await tx.query<SwitchResult>(`
    SELECT (SELECT count(*) FROM staged_advisory) - (SELECT count(*) FROM outdated WHERE is_replaced) AS added,
           (SELECT count(*) FROM outdated WHERE is_replaced) AS changed,
           (SELECT count(*) FROM outdated WHERE NOT is_replaced) AS removed`);
  await tx.query(`
    DELETE FROM advisory_affected a USING outdated o WHERE a.advisory = o.number;
    DELETE FROM advisory_vulnerability v USING outdated o WHERE v.advisory = o.number;
    DELETE FROM advisory a USING outdated o WHERE a.number = o.number`);
  await tx.query(
    `INSERT INTO advisory (number, feed, id, published_at, modified_at, digest, revision, facts)
     SELECT number, feed, id, published_at, modified_at, digest, $1, facts FROM staged_advisory`,
    [revision],
  );
  return counts ?? { added: 0, changed: 0, removed: 0 };
}

/**
 * Leaves of several records with one id in one import the latest modified, of equals the last read; drops what the import
 * itself withdraws; and notes which advisories in force are outdated, and what all that touches.
 */
async function settleStage(tx: Queryable, { numberBefore }: ImportStage): Promise<void> {
  await tx.query(`
    ANALYZE staged_advisory; ANALYZE staged_key;
    CREATE TEMPORARY TABLE surplus ON COMMIT DROP AS
      SELECT number FROM (
        SELECT number, row_number() OVER (PARTITION BY feed, id ORDER BY coalesce(modified_at, 0) DESC, number DESC) AS place
        FROM staged_advisory) d WHERE place > 1
      UNION
      SELECT s.number FROM staged_advisory s JOIN staged_withdrawn w USING (feed, id)
        WHERE coalesce(w.modified_at, s.modified_at, 0) >= coalesce(s.modified_at, 0);
    DELETE FROM staged_advisory s USING surplus u WHERE s.number = u.number;
    DELETE FROM advisory_affected a USING surplus u WHERE a.advisory = u.number;
    DELETE FROM advisory_vulnerability v USING surplus u WHERE v.advisory = u.number;
    CREATE TEMPORARY TABLE outdated ON COMMIT DROP AS
      SELECT held.number, true AS is_replaced FROM advisory held JOIN staged_advisory USING (feed, id)
      UNION ALL
      SELECT held.number, false FROM advisory held
      WHERE NOT EXISTS (SELECT FROM staged_advisory s WHERE s.feed = held.feed AND s.id = held.id)
        AND (held.feed IN (SELECT feed FROM staged_feed WHERE is_list)
              AND NOT EXISTS (SELECT FROM staged_key k WHERE k.feed = held.feed AND k.id = held.id)
            OR EXISTS (SELECT FROM staged_withdrawn w WHERE w.feed = held.feed AND w.id = held.id
              AND (w.modified_at IS NULL OR held.modified_at IS NULL OR w.modified_at >= held.modified_at)));
    ANALYZE outdated`);
  for (const [table, source, columns] of [
    ['touched_package', 'advisory_affected', 'ecosystem, name'],
    ['touched_vulnerability', 'advisory_vulnerability', 'type, vulnerability_id AS id'],
  ] as const) {
    await tx.query(`
      CREATE TEMPORARY TABLE ${table} ON COMMIT DROP AS
        SELECT ${columns} FROM ${source} WHERE advisory > ${Math.trunc(numberBefore)}
        UNION SELECT ${columns} FROM ${source} JOIN outdated ON number = advisory`);
  }
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
