/**
 * Matches stored packages with the advisories in force and stores the result: once for each distinct package, for all
 * servers that have it. Joins the store and `matching/`; knows nothing of servers.
 */
import { lookupNames, type VulnerabilityRef } from '../matching/candidate.ts';
import { matchPackage, type PackageMatch } from '../matching/match.ts';
import { urgentMatches } from '../matching/urgent-question.ts';
import { candidateKey, type FiledName, loadCandidates } from '../store/advisories/load-candidates.ts';
import type { Queryable } from '../store/database.ts';
import type { StoredMatch, StoredPackage } from '../store/fleet/load-packages.ts';
import { saveMatches } from '../store/fleet/save-matches.ts';
import { loadUrgentSet } from './urgent-set.ts';

export interface MatchedPackages {
  /** What each package is affected by now. */
  readonly matches: ReadonlyMap<number, readonly StoredMatch[]>;
  /** The packages whose result is not what was stored. */
  readonly changed: readonly number[];
  /** The vulnerabilities that those have come to be affected by, or no longer are, or of which the fix is another one. */
  readonly touched: readonly number[];
}

/** Matches `packages` (all of `projectId`) with the advisory set `revision` and saves the result in the same transaction. */
export async function matchStoredPackages(
  tx: Queryable,
  target: { readonly projectId: string; readonly revision: number },
  packages: readonly StoredPackage[],
): Promise<MatchedPackages> {
  if (packages.length === 0) return { matches: new Map(), changed: [], touched: [] };
  const found = await findMatches(tx, target.projectId, packages);
  const numbers = await numbersOf(tx, [...found.values()].flat());
  const matches = new Map<number, readonly StoredMatch[]>();
  for (const stored of packages) matches.set(stored.id, storedMatches(found.get(stored.id) ?? [], numbers));
  await saveMatches(tx, target, matches);
  const changed: number[] = [];
  const touched = new Set<number>();
  for (const stored of packages) {
    const differing = differingVulnerabilities(stored.matches, matches.get(stored.id) ?? []);
    if (differing.length > 0) changed.push(stored.id);
    for (const vulnerability of differing) touched.add(vulnerability);
  }
  return { matches, changed, touched: [...touched] };
}

async function findMatches(
  tx: Queryable,
  projectId: string,
  packages: readonly StoredPackage[],
): Promise<ReadonlyMap<number, readonly PackageMatch[]>> {
  const names = new Map<string, FiledName>();
  for (const { package: pkg } of packages) {
    for (const name of lookupNames(pkg)) {
      const filed = { ecosystem: pkg.ecosystem, name };
      names.set(candidateKey(filed), filed);
    }
  }
  const candidates = await loadCandidates(tx, [...names.values()]);
  const cves = new Set([...candidates.values()].flat().flatMap((candidate) => candidate.cves));
  const exploited = await tx.query<{ cve: string }>(
    `SELECT cve FROM known_exploited WHERE cve = ANY ($1::text[])`,
    [[...cves]],
  );
  const urgent = await loadUrgentSet(tx, projectId);
  const urgentCves = new Set([...exploited.map((row) => row.cve), ...urgent.cves]);
  const found = new Map<number, readonly PackageMatch[]>();
  for (const { id, package: pkg } of packages) {
    const own = lookupNames(pkg).flatMap(
      (name) => candidates.get(candidateKey({ ecosystem: pkg.ecosystem, name })) ?? [],
    );
    const matches = matchPackage(pkg, own, urgentCves);
    found.set(id, [...matches, ...urgentMatches(pkg, matches, urgent)]);
  }
  return found;
}

/** Numbers of the vulnerabilities that `matches` name. Every one has a row: imports make them before they commit. */
async function numbersOf(
  tx: Queryable,
  matches: readonly PackageMatch[],
): Promise<ReadonlyMap<string, number>> {
  const named = matches.flatMap((match) => [...match.vulnerabilities, ...(match.replaced ?? [])]);
  const refs = new Map(named.map((ref) => [refKey(ref), ref]));
  const wanted = [...refs.values()];
  const rows = await tx.query<{ number: number; type: string; id: string }>(
    `SELECT v.number, v.type, v.id FROM vulnerability v
     JOIN unnest($1::text[], $2::text[]) AS wanted (type, id) USING (type, id)`,
    [wanted.map((ref) => ref.type), wanted.map((ref) => ref.id)],
  );
  return new Map(rows.map((row) => [refKey(row), row.number]));
}

function refKey(ref: { readonly type: string; readonly id: string }): string {
  return `${ref.type}\n${ref.id}`;
}

/** By vulnerability number; of two records of one vulnerability the one with a fix counts. */
function storedMatches(
  matches: readonly PackageMatch[],
  numbers: ReadonlyMap<string, number>,
): readonly StoredMatch[] {
  const fixes = new Map<number, string | undefined>();
  const replacedBy = new Map<number, readonly number[]>();
  const numberOf = (ref: VulnerabilityRef): number => {
    const number = numbers.get(refKey(ref));
    if (number === undefined) throw new Error(`vulnerability ${ref.type} ${ref.id} has no row`);
    return number;
  };
  for (const { vulnerabilities, fixedVersion, replaced } of matches) {
    for (const ref of vulnerabilities) {
      const number = numberOf(ref);
      fixes.set(number, fixes.get(number) ?? fixedVersion);
      if (replaced !== undefined && ref.type === 'windows_vul')
        replacedBy.set(number, replaced.map(numberOf).sort(ascending));
    }
  }
  return [...fixes.entries()]
    .sort(([a], [b]) => a - b)
    .map(([vulnerability, fixedVersion]) => {
      const replaced = replacedBy.get(vulnerability);
      return { vulnerability, fixedVersion, ...(replaced === undefined ? {} : { replaced }) };
    });
}

function ascending(a: number, b: number): number {
  return a - b;
}

/** The vulnerabilities that only one of the lists names, or of which they name another fix or other updates replaced. */
function differingVulnerabilities(
  before: readonly StoredMatch[],
  after: readonly StoredMatch[],
): readonly number[] {
  const fixes = new Map(before.map((match) => [match.vulnerability, match]));
  const differing: number[] = [];
  for (const { vulnerability, fixedVersion, replaced } of after) {
    const held = fixes.get(vulnerability);
    fixes.delete(vulnerability);
    const isSame = held?.fixedVersion === fixedVersion && held?.replaced?.join() === replaced?.join();
    if (held === undefined || !isSame) differing.push(vulnerability);
  }
  return [...differing, ...fixes.keys()];
}
