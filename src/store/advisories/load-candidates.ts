import type { Advisory, AffectedPackage } from '../../advisories/advisory.ts';
import { noticeOf } from '../../advisories/record-facts.ts';
import { vulnerabilityIdsOf } from '../../advisories/vulnerability-id.ts';
import type { Candidate } from '../../matching/candidate.ts';
import type { Queryable } from '../database.ts';

/** A package name as records are filed under it. */
export interface FiledName {
  readonly ecosystem: string;
  readonly name: string;
}

/** Key of a filed name in the map that `loadCandidates` returns. */
export function candidateKey({ ecosystem, name }: FiledName): string {
  return `${ecosystem}\n${name}`;
}

/** Everything the advisories in force say of the packages filed under `names`, by `candidateKey`. */
export async function loadCandidates(
  tx: Queryable,
  names: readonly FiledName[],
): Promise<ReadonlyMap<string, readonly Candidate[]>> {
  const rows = await tx.query<{
    ecosystem: string;
    name: string;
    feed: string;
    facts: string;
    entries: string;
  }>(
    `SELECT af.ecosystem, af.name, a.feed, a.facts, af.entries
     FROM unnest($1::text[], $2::text[]) AS wanted (ecosystem, name)
     JOIN advisory_affected af USING (ecosystem, name)
     JOIN advisory a ON a.number = af.advisory`,
    [names.map((name) => name.ecosystem), names.map((name) => name.name)],
  );
  const candidates = new Map<string, Candidate[]>();
  for (const row of rows) {
    // Both texts were written by stageAdvisories from an Advisory, so these are their forms.
    const advisory = { ...(JSON.parse(row.facts) as Omit<Advisory, 'affected'>), affected: [] };
    for (const affected of JSON.parse(row.entries) as readonly AffectedPackage[]) {
      const candidate: Candidate = {
        feed: row.feed,
        advisoryId: advisory.id,
        cves: advisory.cves,
        vulnerabilities: vulnerabilityIdsOf(advisory, affected),
        affected,
        ...noticeOf(advisory),
      };
      const key = candidateKey(row);
      const group = candidates.get(key);
      if (group === undefined) candidates.set(key, [candidate]);
      else group.push(candidate);
    }
  }
  return candidates;
}
