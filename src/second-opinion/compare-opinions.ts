import type { FiledCandidate } from '../advisories/filed-candidate.ts';
import type { Inventory } from '../inventory/inventory.ts';
import {
  fileByName,
  loadCandidates,
  type ScanFinding,
  type ScanResult,
  type ScanSource,
} from '../matching/scan.ts';
import { silentPackages } from '../matching/silent-packages.ts';
import type { OtherFinding, OtherReport } from './other-report.ts';
import { type NotFound, PackageOpinions, type WhyNot } from './package-opinions.ts';

/** Two opinions of one server, side by side, vulnerability by vulnerability. */
export interface Comparison {
  readonly scanner: string;
  /** The scanner's own word for the system; null where it does not say. */
  readonly scanner_system: string | null;
  readonly server: ScanResult['server'];
  readonly coverage: ScanResult['coverage'];
  /** Vulnerabilities that both name. */
  readonly agree: readonly AgreedVulnerability[];
  readonly only_them: readonly TheirVulnerability[];
  readonly only_us: readonly OurVulnerability[];
  /** How many of `only_them` there are for each reason. */
  readonly why_not: Readonly<Partial<Record<WhyNot, number>>>;
}

export interface OurVulnerability {
  /** A CVE; the id of the advisory where it names none. */
  readonly id: string;
  readonly ours: readonly OurFinding[];
}

export interface TheirVulnerability extends NotFound {
  readonly id: string;
  readonly theirs: readonly TheirFinding[];
}

export interface AgreedVulnerability extends OurVulnerability {
  readonly theirs: readonly TheirFinding[];
}

export interface OurFinding {
  readonly vul_id: string;
  readonly package: string;
  readonly version: string;
  readonly fixed_version: string | null;
  readonly repair_priority: ScanFinding['repair_priority'];
  readonly status: ScanFinding['status'];
  /** One sentence: why it is there. */
  readonly verdict: string;
}

export interface TheirFinding {
  readonly id: string;
  readonly package: string;
  readonly version: string;
  readonly fixed_version: string;
}

/**
 * Compares a report with what `scan` found in `inventory`. Both are folded to CVEs: an advisory stands for the CVEs that it
 * names, one without for itself. The emergency vulnerability of a CVE is that CVE. Pure but for what `source` reads.
 */
export function compareOpinions(
  report: OtherReport,
  inventory: Inventory,
  source: ScanSource,
  scan: ScanResult,
): Comparison {
  const candidates = loadCandidates(inventory.packages, source);
  const filed = fileByName(candidates, ({ filedName }) => filedName);
  const opinions = new PackageOpinions({
    packages: inventory.packages,
    filed,
    silent: silentPackages(inventory, filed),
    answered: new Set(source.coverage.filter(({ records }) => records > 0).map(({ ecosystem }) => ecosystem)),
  });
  const ours = groupBy(
    scan.findings.filter(({ type }) => type !== 'urgent_vul'),
    ({ cves, vul_id }) => (cves.length > 0 ? cves : [vul_id]),
  );
  const cvesOfAdvisory = advisoryCves(candidates);
  const theirs = groupBy(report.findings, (finding) => idsOf(finding, cvesOfAdvisory, ours));
  const agree: AgreedVulnerability[] = [];
  const onlyThem: TheirVulnerability[] = [];
  const onlyUs: OurVulnerability[] = [];
  const whyNot: Partial<Record<WhyNot, number>> = {};
  for (const [id, found] of theirs) {
    const own = ours.get(id);
    const shown = found.map(theirFinding);
    if (own !== undefined)
      agree.push({ id, ours: own.map((one) => ourFinding(one, opinions)), theirs: shown });
    else {
      const why = opinions.whyNot(id, found);
      whyNot[why.why_not] = (whyNot[why.why_not] ?? 0) + 1;
      onlyThem.push({ id, ...why, theirs: shown });
    }
  }
  for (const [id, found] of ours) {
    if (!theirs.has(id)) onlyUs.push({ id, ours: found.map((one) => ourFinding(one, opinions)) });
  }
  return {
    scanner: report.scanner,
    scanner_system: report.system?.key ?? null,
    server: scan.server,
    coverage: scan.coverage,
    agree: agree.sort(byId),
    only_them: onlyThem.sort(byId),
    only_us: onlyUs.sort(byId),
    why_not: whyNot,
  };
}

/** A finding's CVEs as the report or our records give them; its own id where neither does, or where we call it so too. */
function idsOf(
  { id, cves }: OtherFinding,
  cvesOfAdvisory: ReadonlyMap<string, readonly string[]>,
  ours: ReadonlyMap<string, unknown>,
): readonly string[] {
  if (cves.length > 0) return cves;
  const known = cvesOfAdvisory.get(id) ?? [];
  return known.length > 0 && !ours.has(id) ? known : [id];
}

function advisoryCves(candidates: readonly FiledCandidate[]): ReadonlyMap<string, readonly string[]> {
  const cves = new Map<string, readonly string[]>();
  for (const candidate of candidates) {
    cves.set(candidate.advisoryId, candidate.cves);
    for (const { id } of candidate.vulnerabilities) {
      if (!cves.has(id)) cves.set(id, candidate.cves);
    }
  }
  return cves;
}

function groupBy<T>(items: readonly T[], idsOfItem: (item: T) => readonly string[]): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    for (const id of idsOfItem(item)) {
      const held = groups.get(id);
      if (held === undefined) groups.set(id, [item]);
      else held.push(item);
    }
  }
  return groups;
}

function ourFinding(finding: ScanFinding, opinions: PackageOpinions): OurFinding {
  return {
    vul_id: finding.vul_id,
    package: finding.package.name,
    version: finding.package.version,
    fixed_version: finding.fixed_version,
    repair_priority: finding.repair_priority,
    status: finding.status,
    verdict: opinions.whyFound(finding),
  };
}

function theirFinding({ id, package: name, version, fixedVersion }: OtherFinding): TheirFinding {
  return { id, package: name, version, fixed_version: fixedVersion };
}

/** CVEs by year and number, the rest by their text. */
function byId(a: { readonly id: string }, b: { readonly id: string }): number {
  return a.id.localeCompare(b.id, 'en', { numeric: true });
}
