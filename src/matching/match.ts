import type { Package } from '../inventory/package.ts';
import { comparerOf } from '../versions/compare.ts';
import type { VersionScheme } from '../versions/scheme.ts';
import type { Candidate, VulnerabilityRef } from './candidate.ts';
import { CandidateGroup } from './candidate-group.ts';
import { type Judgement, judge, overrulingRecord } from './judge.ts';
import { matchWindows } from './windows.ts';

/**
 * What one package is affected by: a pure function of the package, the records about it and the known-exploited list.
 * Called once for each distinct package after a change of the advisories, for millions of packages, so it allocates only
 * where something matches.
 */

/** One vulnerability that a package has. Plain data, small, stable for equal input. */
export interface PackageMatch {
  /** The vulnerability first, then the emergency ones that ride on it (`URGENT-CVE-…`). Never empty. */
  readonly vulnerabilities: readonly VulnerabilityRef[];
  /** CVEs of the records that matched, without repeats. */
  readonly cves: readonly string[];
  /** The record that decided: the one whose fix is named. */
  readonly advisoryId: string;
  readonly feed: string;
  /** The lowest version that fixes it, in the pocket of the package; undefined: no fix is known. */
  readonly fixedVersion: string | undefined;
  /** Whether versions of the source package were compared (then `fixedVersion` is one of the source package). */
  readonly on: 'source' | 'binary';
  /**
   * Of a Windows update: the missing ones that it replaces and that fix an open CVE, whose facts count for its rating. Left
   * out where there are none.
   */
  readonly replaced?: readonly VulnerabilityRef[];
}

const NO_CVES: ReadonlySet<string> = new Set();
const NO_MATCHES: readonly PackageMatch[] = [];
const CVE_IN_ID = /CVE-\d{4}-\d{4,}$/;

/**
 * Matches `pkg` with the candidates filed under `lookupNames(pkg)`. Records of one vulnerability are one match: the fixes
 * are united, the lowest above the installed version counts. A record about a CVE alone is folded into an advisory of the
 * vendor's that covers the CVE on this package; where only one of the two has a fix, that one stays (design.md section 4).
 * A CVE in `knownExploited` adds its emergency vulnerability, with or without a fix: it is present either way.
 */
export function matchPackage(
  pkg: Package,
  candidates: readonly Candidate[],
  knownExploited: ReadonlySet<string> = NO_CVES,
): readonly PackageMatch[] {
  if (candidates.length === 0) return NO_MATCHES;
  if (pkg.updates !== undefined) return matchWindows(pkg, candidates, knownExploited);
  const group = new CandidateGroup(candidates);
  let found: Map<string, Found> | undefined;
  for (const candidate of candidates) {
    const judgement = judge(pkg, candidate, group);
    if (!judgement.affected) continue;
    if (overrulingRecord(pkg, candidate, judgement, group) !== undefined) continue;
    found ??= new Map();
    for (const vulnerability of candidate.vulnerabilities) {
      // All candidates are of one ecosystem, so one id cannot be of two types.
      const held = found.get(vulnerability.id);
      if (held === undefined) found.set(vulnerability.id, foundBy(candidate, vulnerability, judgement));
      else unite(held, candidate, judgement);
    }
  }
  if (found === undefined) return NO_MATCHES;
  const matches: PackageMatch[] = [];
  for (const item of fold([...found.values()])) matches.push(matchOf(item, knownExploited));
  return matches;
}

interface Found {
  readonly vulnerability: VulnerabilityRef;
  /** The CVE that the vulnerability is, where it is one CVE by its id. */
  readonly ownCve: string | undefined;
  readonly scheme: VersionScheme;
  cves: readonly string[];
  candidate: Candidate;
  fixedVersion: string | undefined;
  on: 'source' | 'binary';
}

function foundBy(
  candidate: Candidate,
  vulnerability: VulnerabilityRef,
  { fixedVersion, on }: Judgement,
): Found {
  const ownCve = CVE_IN_ID.exec(vulnerability.id)?.[0];
  return {
    vulnerability,
    ownCve,
    scheme: candidate.affected.scheme,
    cves: ownCve === undefined ? candidate.cves : [ownCve],
    candidate,
    fixedVersion,
    on,
  };
}

function unite(held: Found, candidate: Candidate, { fixedVersion, on }: Judgement): void {
  if (held.ownCve === undefined && candidate.cves.some((cve) => !held.cves.includes(cve))) {
    held.cves = [...new Set([...held.cves, ...candidate.cves])];
  }
  if (fixedVersion === undefined) return;
  if (held.fixedVersion !== undefined && comparerOf(held.scheme)(fixedVersion, held.fixedVersion) >= 0)
    return;
  held.fixedVersion = fixedVersion;
  held.candidate = candidate;
  held.on = on;
}

/** Drops what another vulnerability of the same package already says. */
function fold(found: readonly Found[]): readonly Found[] {
  if (!found.some(isCveLevel) || found.every(isCveLevel)) return found;
  const covered = new Map<string, boolean>();
  for (const item of found) {
    if (isCveLevel(item) || item.vulnerability.type !== 'linux_vul') continue;
    for (const cve of item.cves)
      covered.set(cve, item.fixedVersion !== undefined || covered.get(cve) === true);
  }
  const kept = found.filter((item) => {
    if (!isCveLevel(item) || item.ownCve === undefined) return true;
    const isCoveredWithFix = covered.get(item.ownCve);
    return isCoveredWithFix === undefined || (!isCoveredWithFix && item.fixedVersion !== undefined);
  });
  const fixableCves = new Set<string>();
  for (const item of kept)
    if (isCveLevel(item) && item.fixedVersion !== undefined) fixableCves.add(item.ownCve ?? '');
  return kept.filter(
    (item) =>
      isCveLevel(item) ||
      item.fixedVersion !== undefined ||
      item.cves.length === 0 ||
      !item.cves.every((cve) => fixableCves.has(cve)),
  );
}

/** Whether the vulnerability is a CVE listed under its own id because no advisory of the vendor's is known. */
function isCveLevel(item: Found): boolean {
  return (
    item.ownCve !== undefined &&
    item.vulnerability.type === 'linux_vul' &&
    item.ownCve.length === item.vulnerability.id.length
  );
}

function matchOf(item: Found, knownExploited: ReadonlySet<string>): PackageMatch {
  const vulnerabilities: VulnerabilityRef[] = [item.vulnerability];
  if (knownExploited.size > 0) {
    for (const cve of item.cves) {
      if (knownExploited.has(cve)) vulnerabilities.push({ type: 'urgent_vul', id: `URGENT-${cve}` });
    }
  }
  return {
    vulnerabilities,
    cves: item.cves,
    advisoryId: item.candidate.advisoryId,
    feed: item.candidate.feed,
    fixedVersion: item.fixedVersion,
    on: item.on,
  };
}
