import type { Advisory, AffectedPackage } from '../../advisories/advisory.ts';
import type { Transaction } from '../database.ts';

/** Advisories asked for at a time; a kernel's is some 20 kB. */
const ADVISORIES_PER_BATCH = 1_000;

/**
 * Every advisory in force with everything it says, streamed: what the compiled advisory file is made of. One row a record,
 * with all its lists as one text: half the time of a row a package, which repeats the record's facts.
 */
export async function* streamAdvisories(
  tx: Transaction,
): AsyncGenerator<{ readonly feed: string; readonly advisory: Advisory }> {
  const batches = tx.stream<{ feed: string; facts: string; lists: string }>(
    `SELECT a.feed, a.facts, af.lists
     FROM advisory a JOIN (
       SELECT advisory, '[' || string_agg(entries, ',' ORDER BY ecosystem, name) || ']' AS lists
       FROM advisory_affected GROUP BY advisory
     ) af ON af.advisory = a.number ORDER BY a.number`,
    [],
    ADVISORIES_PER_BATCH,
  );
  for await (const batch of batches) {
    for (const { feed, facts, lists } of batch) {
      // Both texts were written by stageAdvisories from an Advisory, so these are their forms.
      const affected = (JSON.parse(lists) as readonly (readonly AffectedPackage[])[]).flat();
      yield { feed, advisory: { ...(JSON.parse(facts) as Omit<Advisory, 'affected'>), affected } };
    }
  }
}

/** CVEs of the known-exploited catalogue. */
export async function loadKnownExploited(tx: Transaction): Promise<ReadonlySet<string>> {
  const rows = await tx.query<{ cve: string }>('SELECT cve FROM known_exploited');
  return new Set(rows.map((row) => row.cve));
}

/** EPSS by CVE, of those with at least `least` (0..1). */
export async function loadProbabilities(
  tx: Transaction,
  least: number,
): Promise<ReadonlyMap<string, number>> {
  const rows = await tx.query<{ cve: string; probability: number }>(
    'SELECT cve, probability FROM exploit_probability WHERE probability >= $1',
    [least],
  );
  return new Map(rows.map((row) => [row.cve, row.probability]));
}

/** Highest CVSS by CVE of the vulnerabilities that are that CVE alone (see refresh-vulnerabilities.ts). */
export async function loadWorth(tx: Transaction): Promise<ReadonlyMap<string, number>> {
  const rows = await tx.query<{ cve: string; cvss: number }>(
    `SELECT cves[1] AS cve, max(own_cvss) AS cvss FROM vulnerability
     WHERE cardinality(cves) = 1 AND own_cvss IS NOT NULL GROUP BY cves[1]`,
  );
  return new Map(rows.map((row) => [row.cve, row.cvss]));
}
