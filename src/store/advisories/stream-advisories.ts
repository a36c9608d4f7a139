import type { Advisory, AffectedPackage } from '../../advisories/advisory.ts';
import type { Transaction } from '../database.ts';

/** Every advisory in force with everything it says, streamed: what the compiled advisory file is made of. */
export async function* streamAdvisories(
  tx: Transaction,
): AsyncGenerator<{ readonly feed: string; readonly advisory: Advisory }> {
  const batches = tx.stream<{ number: number; feed: string; facts: string; entries: string }>(
    `SELECT a.number, a.feed, a.facts, af.entries
     FROM advisory a JOIN advisory_affected af ON af.advisory = a.number ORDER BY a.number, af.ecosystem, af.name`,
  );
  let number: number | undefined;
  let record: { feed: string; facts: string; affected: AffectedPackage[] } | undefined;
  for await (const batch of batches) {
    for (const row of batch) {
      if (row.number !== number) {
        if (record !== undefined) yield advisoryOf(record);
        number = row.number;
        record = { feed: row.feed, facts: row.facts, affected: [] };
      }
      // Written by stageAdvisories from an Advisory, as are the facts.
      record?.affected.push(...(JSON.parse(row.entries) as readonly AffectedPackage[]));
    }
  }
  if (record !== undefined) yield advisoryOf(record);
}

function advisoryOf(record: {
  readonly feed: string;
  readonly facts: string;
  readonly affected: AffectedPackage[];
}) {
  const facts = JSON.parse(record.facts) as Omit<Advisory, 'affected'>;
  return { feed: record.feed, advisory: { ...facts, affected: record.affected } };
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
