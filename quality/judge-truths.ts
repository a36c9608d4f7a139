import type { FiledCandidate } from '../src/advisories/filed-candidate.ts';
import { CandidateGroup } from '../src/matching/candidate-group.ts';
import { explainPackage } from '../src/matching/explain.ts';
import { judge } from '../src/matching/judge.ts';
import { matchPackage, type PackageMatch } from '../src/matching/match.ts';
import type { AdvisoryLibrary } from './library.ts';
import type { JudgedCase, Truth } from './truth.ts';

/** Whether the record is about one of these ids. */
function bears(record: FiledCandidate, ids: ReadonlySet<string>): boolean {
  return (
    ids.has(record.advisoryId) ||
    record.cves.some((cve) => ids.has(cve)) ||
    record.vulnerabilities.some(({ id }) => ids.has(id))
  );
}

function isOneOf(match: PackageMatch, ids: ReadonlySet<string>): boolean {
  return (
    ids.has(match.advisoryId) ||
    match.cves.some((cve) => ids.has(cve)) ||
    match.vulnerabilities.some(({ id }) => ids.has(id))
  );
}

/**
 * What matching says of a truth; undefined where no record names the problem for the package, so that the facts are not
 * there to judge by.
 */
export function judgeTruth(truth: Truth, library: AdvisoryLibrary): JudgedCase | undefined {
  const candidates = library.candidatesOf(truth.pkg);
  const ids = new Set(truth.about.flatMap((id) => library.namesOf(id)));
  const group = new CandidateGroup(candidates);
  const isNamed = candidates.some(
    (record) => bears(record, ids) && judge(truth.pkg, record, group).rule !== 'package-name',
  );
  if (!isNamed) return undefined;
  const isFound = matchPackage(truth.pkg, candidates).some((match) => isOneOf(match, ids));
  // Explaining takes far longer than matching, and is read only where the two differ.
  const reason = isFound === truth.isAffected ? '' : reasonOf(truth, candidates, ids);
  return { ...truth, isFound, reason };
}

function reasonOf(truth: Truth, candidates: readonly FiledCandidate[], ids: ReadonlySet<string>): string {
  for (const id of ids) {
    const verdict = explainPackage(truth.pkg, candidates, id);
    if (verdict.records.length === 0) continue;
    const sentences = new Set(verdict.records.map((record) => record.reason));
    return [...sentences].slice(0, 3).join(' ');
  }
  return '';
}
