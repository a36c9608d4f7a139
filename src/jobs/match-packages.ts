/**
 * Matches stored packages with the advisories in force and stores the result: once for each distinct package, for all
 * servers that have it. Joins the store and `matching/`; knows nothing of servers.
 */
import { lookupNames } from '../matching/candidate.ts';
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
}

/** Matches `packages` (all of `projectId`) with the advisory set `revision` and saves the result in the same transaction. */
export async function matchStoredPackages(
  tx: Queryable,
  target: { readonly projectId: string; readonly revision: number },
  packages: readonly StoredPackage[],
): Promise<MatchedPackages> {
  if (packages.length === 0) return { matches: new Map(), changed: [] };
  const found = await findMatches(tx, target.projectId, packages);
  const numbers = await numbersOf(tx, [...found.values()].flat());
  const matches = new Map<number, readonly StoredMatch[]>();
  for (const stored of packages) matches.set(stored.id, storedMatches(found.get(stored.id) ?? [], numbers));
  await saveMatches(tx, target, matches);
  const changed = packages.filter((stored) => !isSame(stored.matches, matches.get(stored.id) ?? []));
  return { matches, changed: changed.map((stored) => stored.id) };
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
  const refs = new Map(matches.flatMap((match) => match.vulnerabilities).map((ref) => [refKey(ref), ref]));
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
  for (const match of matches) {
    for (const ref of match.vulnerabilities) {
      const number = numbers.get(refKey(ref));
      if (number === undefined) throw new Error(`vulnerability ${ref.type} ${ref.id} has no row`);
      fixes.set(number, fixes.get(number) ?? match.fixedVersion);
    }
  }
  return [...fixes.entries()]
    .sort(([a], [b]) => a - b)
    .map(([vulnerability, fixedVersion]) => ({ vulnerability, fixedVersion }));
}

function isSame(a: readonly StoredMatch[], b: readonly StoredMatch[]): boolean {
  return (
    a.length === b.length &&
    a.every((match, index) => {
      const other = b[index];
      return match.vulnerability === other?.vulnerability && match.fixedVersion === other.fixedVersion;
    })
  );
}
