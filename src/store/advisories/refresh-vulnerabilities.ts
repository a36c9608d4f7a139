import type { Advisory } from '../../advisories/advisory.ts';
import type { RecordFacts } from '../../advisories/filed-candidate.ts';
import { recordFactsOf } from '../../advisories/record-facts.ts';
import type { VulnerabilityRef, VulnerabilityType } from '../../matching/candidate.ts';
import { uniteFacts, type VulnerabilityFacts } from '../../matching/vulnerability-facts.ts';
import type { Queryable, Transaction } from '../database.ts';

/** How many vulnerabilities are written at a time. */
const VULNERABILITIES_PER_BATCH = 2_000;
/** How many records are read at a time; a kernel advisory's facts are some 20 kB. */
const RECORDS_PER_BATCH = 2_000;

type AdvisoryFacts = Omit<Advisory, 'affected'>;

/** What is kept of a vulnerability, to tell afterwards what changed. */
const FACTS_BEFORE =
  'v.number, v.own_cvss, v.cves, v.cvss, v.severity_word, v.published_at, v.known_exploited, v.exploit_probability';

/**
 * Works out the facts of every touched vulnerability again from the advisories that carry its id (design.md section 4:
 * records of one id from several sources are one vulnerability), and of the emergency ones from the known-exploited
 * catalogue. Rows are added and changed, never deleted: their numbers stand in arrays. Fills `changed_vulnerability` with
 * the numbers whose change can move a fixing priority.
 */
export async function refreshVulnerabilities(tx: Transaction, revision: number): Promise<void> {
  await tx.query(`
    CREATE TEMPORARY TABLE changed_vulnerability (number integer PRIMARY KEY) ON COMMIT DROP;
    ANALYZE touched_vulnerability; ANALYZE touched_cve;
    CREATE TEMPORARY TABLE vulnerability_before ON COMMIT DROP AS
      SELECT ${FACTS_BEFORE} FROM vulnerability v WHERE v.number IN (
        SELECT number FROM vulnerability JOIN touched_vulnerability USING (type, id)
        UNION ${namingCve('touched_cve')});
  `);
  await uniteTouched(tx, revision);
  await refreshUrgent(tx, revision);
  await refreshScores(tx, revision);
  await refreshExploitation(tx, revision);
  // EPSS moves every day by little; only its steps (priority.ts: 0.1 and 0.5) can move a priority.
  await tx.query(`
    INSERT INTO changed_vulnerability (number)
    SELECT v.number FROM vulnerability v JOIN vulnerability_before b USING (number)
    WHERE (v.cvss, v.severity_word, v.published_at, v.known_exploited,
           width_bucket(coalesce(v.exploit_probability, 0)::float8, ARRAY[0.1, 0.5]::float8[]))
      IS DISTINCT FROM
          (b.cvss, b.severity_word, b.published_at, b.known_exploited,
           width_bucket(coalesce(b.exploit_probability, 0)::float8, ARRAY[0.1, 0.5]::float8[]))`);
}

async function uniteTouched(tx: Transaction, revision: number): Promise<void> {
  let united: VulnerabilityFacts[] = [];
  for await (const { ref, records } of recordsOfTouched(tx)) {
    united.push(uniteFacts(ref, records));
    if (united.length < VULNERABILITIES_PER_BATCH) continue;
    await saveUnited(tx, united, revision);
    united = [];
  }
  if (united.length > 0) await saveUnited(tx, united, revision);
}

/** Every touched vulnerability that records name, with them, ordered by feed and id. */
async function* recordsOfTouched(
  tx: Transaction,
): AsyncGenerator<{ readonly ref: VulnerabilityRef; readonly records: readonly RecordFacts[] }> {
  // A row a record: a list of texts a row would cost the driver more than all the rest.
  const batches = tx.stream<{ type: VulnerabilityType; id: string; facts: string }>(
    `SELECT t.type, t.id, a.facts
     FROM touched_vulnerability t
     JOIN advisory_vulnerability v ON v.type = t.type AND v.vulnerability_id = t.id
     JOIN advisory a ON a.number = v.advisory
     WHERE t.type <> 'urgent_vul'
     ORDER BY t.type, t.id, a.feed, a.id`,
    [],
    RECORDS_PER_BATCH,
  );
  let held: { readonly ref: VulnerabilityRef; readonly records: RecordFacts[] } | undefined;
  for await (const batch of batches) {
    for (const { type, id, facts } of batch) {
      // Written by stageAdvisories from an Advisory, so this is its form.
      const record = recordFactsOf({ ...(JSON.parse(facts) as AdvisoryFacts), affected: [] });
      if (held?.ref.id === id && held.ref.type === type) held.records.push(record);
      else {
        if (held !== undefined) yield held;
        held = { ref: { type, id }, records: [record] };
      }
    }
  }
  if (held !== undefined) yield held;
}

async function saveUnited(
  tx: Queryable,
  united: readonly VulnerabilityFacts[],
  revision: number,
): Promise<void> {
  await tx.query(
    `INSERT INTO vulnerability (type, id, title, cves, own_cvss, severity_word, published_at, known_exploited, revision)
     SELECT type, id, title, ARRAY(SELECT json_array_elements_text(cves)), cvss, word, published_at, false, $1
     FROM unnest($2::text[], $3::text[], $4::text[], $5::json[], $6::real[], $7::text[], $8::bigint[])
       AS u (type, id, title, cves, cvss, word, published_at)
     ON CONFLICT (type, id) DO UPDATE SET
       title = excluded.title, cves = excluded.cves, own_cvss = excluded.own_cvss, severity_word = excluded.severity_word,
       published_at = excluded.published_at, revision = excluded.revision`,
    [
      revision,
      united.map((u) => u.type),
      united.map((u) => u.id),
      united.map((u) => u.title),
      united.map((u) => JSON.stringify(u.cves)),
      united.map((u) => u.cvss ?? null),
      united.map((u) => u.word ?? null),
      united.map((u) => u.publishedAt ?? null),
    ],
  );
}

/**
 * The highest CVSS of a vulnerability's CVEs (design.md section 4), also where its own vendor gives none: a record about one
 * CVE alone says what that CVE is worth, wherever it is listed. Looked at again are the touched vulnerabilities, and those
 * that share a CVE whose worth changed. Leaves all of them in `looked_at`.
 */
async function refreshScores(tx: Queryable, revision: number): Promise<void> {
  await tx.query(`
    -- A vulnerability that no record names any more keeps its row, but is worth nothing.
    UPDATE vulnerability v SET own_cvss = NULL, revision = ${Math.trunc(revision)} FROM touched_vulnerability t
      WHERE v.type = t.type AND v.id = t.id AND v.own_cvss IS NOT NULL
        AND NOT EXISTS (SELECT FROM advisory_vulnerability a WHERE a.type = v.type AND a.vulnerability_id = v.id);
    CREATE TEMPORARY TABLE rescored_cve ON COMMIT DROP AS
      SELECT DISTINCT v.cves[1] AS cve FROM vulnerability v LEFT JOIN vulnerability_before b USING (number)
      WHERE v.revision = ${Math.trunc(revision)} AND cardinality(v.cves) = 1
        AND (v.own_cvss, v.cves) IS DISTINCT FROM (b.own_cvss, b.cves);
    ANALYZE rescored_cve;
    INSERT INTO vulnerability_before
      SELECT ${FACTS_BEFORE} FROM vulnerability v
      WHERE v.revision < ${Math.trunc(revision)} AND v.number IN (${namingCve('rescored_cve')})
        AND NOT EXISTS (SELECT FROM vulnerability_before b WHERE b.number = v.number);
    CREATE TEMPORARY TABLE looked_at ON COMMIT DROP AS
      SELECT number FROM vulnerability_before
      UNION SELECT v.number FROM vulnerability v JOIN touched_vulnerability USING (type, id);
    ANALYZE looked_at`);
  await tx.query(
    `WITH worth AS (
       SELECT cves[1] AS cve, max(own_cvss) AS cvss FROM vulnerability
       WHERE cardinality(cves) = 1 AND own_cvss IS NOT NULL GROUP BY cves[1]
     ), scored AS (
       SELECT v.number, greatest(v.own_cvss, max(w.cvss)) AS cvss
       FROM looked_at JOIN vulnerability v USING (number)
       LEFT JOIN LATERAL unnest(v.cves) AS c (cve) ON true LEFT JOIN worth w ON w.cve = c.cve
       GROUP BY v.number, v.own_cvss
     )
     UPDATE vulnerability v SET cvss = s.cvss, revision = $1
     FROM scored s WHERE v.number = s.number AND v.cvss IS DISTINCT FROM s.cvss`,
    [revision],
  );
}

/** What the catalogue and EPSS say of the CVEs of every vulnerability in `looked_at`. */
async function refreshExploitation(tx: Queryable, revision: number): Promise<void> {
  // A join of all of them: asking both lists for each vulnerability's CVEs took half of a first import.
  await tx.query(
    `UPDATE vulnerability v SET
       known_exploited = n.known_exploited, exploit_probability = n.exploit_probability, revision = $1
     FROM (
       SELECT v.number, bool_or(k.cve IS NOT NULL) AS known_exploited, max(e.probability) AS exploit_probability
       FROM looked_at JOIN vulnerability v USING (number)
       LEFT JOIN LATERAL unnest(v.cves) AS c (cve) ON true
       LEFT JOIN known_exploited k USING (cve) LEFT JOIN exploit_probability e USING (cve)
       GROUP BY v.number
     ) n
     WHERE v.number = n.number
       AND (v.known_exploited, v.exploit_probability) IS DISTINCT FROM (n.known_exploited, n.exploit_probability)`,
    [revision],
  );
}

/** An emergency vulnerability per CVE of the catalogue. Being in it is what ranks it (at least 9), so it needs no CVSS. */
async function refreshUrgent(tx: Queryable, revision: number): Promise<void> {
  await tx.query(
    `INSERT INTO vulnerability (type, id, title, cves, severity_word, published_at, known_exploited, revision)
     SELECT 'urgent_vul', 'URGENT-' || k.cve, k.name, ARRAY[k.cve], NULL, k.added_at, true, $1
     FROM known_exploited k JOIN touched_cve t ON t.cve = k.cve AND t.catalogue
     ON CONFLICT (type, id) DO UPDATE SET title = excluded.title, published_at = excluded.published_at, revision = excluded.revision`,
    [revision],
  );
}

/**
 * The numbers of the vulnerabilities that name a CVE of `table`. CVE by CVE, so that it is a hash join: `cves && (list of
 * them all)` compares each with each (measured for 20,000
 * vulnerabilities and as many CVEs: 6.1 s, so 36 ms), and EPSS names 300,000.
 */
export function namingCve(table: 'touched_cve' | 'rescored_cve'): string {
  return `SELECT v.number FROM vulnerability v CROSS JOIN LATERAL unnest(v.cves) AS c (cve) JOIN ${table} t USING (cve)`;
}
