import type { Advisory, AffectedPackage } from '../../advisories/advisory.ts';
import type { Transaction } from '../database.ts';

const ADVISORIES_PER_BATCH = 500;

/** Every advisory in force with everything it says, streamed: what the compiled advisory file is made of. */
export async function* streamAdvisories(
  tx: Transaction,
): AsyncGenerator<{ readonly feed: string; readonly advisory: Advisory }> {
  const batches = tx.stream<{ feed: string; facts: string; entries: readonly string[] }>(
    `SELECT a.feed, a.facts, ARRAY(
       SELECT af.entries FROM advisory_affected af
       WHERE af.feed = a.feed AND af.advisory_id = a.id ORDER BY af.ecosystem, af.name) AS entries
     FROM advisory a`,
    [],
    ADVISORIES_PER_BATCH,
  );
  for await (const batch of batches) {
    for (const { feed, facts, entries } of batch) {
      // Written by stageAdvisories from an Advisory, so these are its forms.
      const affected = entries.flatMap((text) => JSON.parse(text) as readonly AffectedPackage[]);
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
