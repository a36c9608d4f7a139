import type { FiledCandidate, RecordFacts } from '../advisories/filed-candidate.ts';
import type { FixingPriority } from '../findings/finding.ts';
import type { VulnerabilityRef } from './candidate.ts';
import { fixingPriorityOf, type PriorityFacts, severityOf, worstFacts } from './priority.ts';
import { keyOf, type PresentMatch } from './server-findings.ts';
import { uniteFacts, type VulnerabilityFacts } from './vulnerability-facts.ts';

/** A vulnerability of one machine with what it is worth there. */
export interface RatedVulnerability {
  readonly facts: VulnerabilityFacts;
  readonly priority: FixingPriority;
  readonly severity: FixingPriority;
}

/**
 * What is present, by `keyOf`, rated from the records in `all` as an import rates what it stores; on a server of ordinary
 * importance, at `now` (ms since 1970).
 */
export function rateVulnerabilities(
  present: readonly PresentMatch[],
  all: readonly FiledCandidate[],
  knownExploited: ReadonlySet<string>,
  now: number,
): ReadonlyMap<string, RatedVulnerability> {
  const listed = new Map<
    string,
    { readonly vulnerability: VulnerabilityRef; readonly replaced: Set<string> }
  >();
  const wanted = new Map<string, VulnerabilityRef>();
  for (const { vulnerability, match } of present) {
    const key = keyOf(vulnerability);
    const held = listed.get(key) ?? { vulnerability, replaced: new Set() };
    listed.set(key, held);
    wanted.set(key, vulnerability);
    // Of its vulnerabilities the update is the first.
    if (match.vulnerabilities[0] !== vulnerability) continue;
    for (const ref of match.replaced ?? []) {
      wanted.set(keyOf(ref), ref);
      held.replaced.add(keyOf(ref));
    }
  }
  const records = new Map<string, Set<RecordFacts>>();
  const probabilities = new Map<string, number>();
  const worth = new Map<string, number>();
  for (const candidate of all) {
    for (const [cve, score] of Object.entries(candidate.worth))
      worth.set(cve, Math.max(score, worth.get(cve) ?? 0));
    for (const [cve, probability] of Object.entries(candidate.probabilities))
      probabilities.set(cve, probability);
    for (const key of keysBorne(candidate)) {
      if (!wanted.has(key)) continue;
      const held = records.get(key);
      if (held === undefined) records.set(key, new Set([candidate.facts]));
      else held.add(candidate.facts);
    }
  }
  const known = new Map<string, { readonly facts: VulnerabilityFacts; readonly rating: PriorityFacts }>();
  for (const [key, vulnerability] of wanted) {
    const facts = uniteFacts(vulnerability, [...(records.get(key) ?? [])]);
    const { word, publishedAt } = facts;
    const cvssBase = highestOf(facts.cvss, facts.cves, worth);
    const isExploited = facts.cves.some((cve) => knownExploited.has(cve));
    const epss = Math.max(0, ...facts.cves.map((cve) => probabilities.get(cve) ?? 0));
    known.set(key, { facts, rating: { cvssBase, word, publishedAt, knownExploited: isExploited, epss } });
  }
  const rated = new Map<string, RatedVulnerability>();
  for (const [key, { replaced }] of listed) {
    const own = known.get(key);
    if (own === undefined) continue;
    const rating = worstFacts(
      own.rating,
      [...replaced].flatMap((one) => known.get(one)?.rating ?? []),
    );
    const { priority } = fixingPriorityOf(rating, 'common', now);
    rated.set(key, { facts: own.facts, priority, severity: severityOf(rating) });
  }
  return rated;
}

/** The highest CVSS that any record gives one of the CVEs (design.md section 4, "Fixing priority"). */
function highestOf(
  own: number | undefined,
  cves: readonly string[],
  worth: ReadonlyMap<string, number>,
): number | undefined {
  let highest = own;
  for (const cve of cves) {
    const score = worth.get(cve);
    if (score !== undefined && score > (highest ?? -1)) highest = score;
  }
  return highest;
}

function keysBorne(candidate: FiledCandidate): readonly string[] {
  const keys = candidate.vulnerabilities.map(keyOf);
  for (const cve of candidate.knownExploited) keys.push(keyOf({ type: 'urgent_vul', id: `URGENT-${cve}` }));
  return keys;
}
