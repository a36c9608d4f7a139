import type { AffectedPackage } from '../advisories/advisory.ts';
import type { FiledCandidate, RecordNotice } from '../advisories/filed-candidate.ts';
import type { FixingPriority } from '../findings/finding.ts';
import type { Inventory } from '../inventory/inventory.ts';
import { type InstalledPackage, isApplicationEcosystem, type Package } from '../inventory/package.ts';
import { lookupNames, type VulnerabilityType } from './candidate.ts';
import { type Coverage, coverageOf, ecosystemCoverage, type FeedCoverage } from './coverage.ts';
import { matchPackage } from './match.ts';
import { rateVulnerabilities } from './rate-vulnerabilities.ts';
import { withRunningKernel } from './running-kernel.ts';
import { keyOf, type MatchedPackage, type PresentMatch, presentMatches } from './server-findings.ts';

/** One machine's answer without a store: `parapet scan`. */

/** Where the advisories come from: files that were just read, or the compiled advisory file. */
export interface ScanSource {
  readonly coverage: readonly FeedCoverage[];
  /** Everything filed under any of `names` in `ecosystem`. */
  readonly candidates: (ecosystem: string, names: ReadonlySet<string>) => readonly FiledCandidate[];
}

/** The result in the spelling of design.md section 5. */
export interface ScanResult {
  readonly server: {
    readonly name: string;
    readonly uuid: string;
    readonly system: string | null;
    readonly os_name: string;
    readonly kernel: string | null;
    readonly private_ips: readonly string[];
    readonly public_ip: string;
    readonly packages: number;
  };
  readonly coverage: {
    readonly system: string | null;
    readonly status: Coverage['status'];
    readonly reason: string;
    /** ISO date and time; null: unknown. */
    readonly date: string | null;
    readonly feeds: readonly {
      readonly feed: string;
      readonly date: string | null;
      readonly records: number;
    }[];
    /** Application ecosystems of the inventory for which there are advisories, and those for which there are none. */
    readonly applications: { readonly covered: readonly string[]; readonly unknown: readonly string[] };
    /** Each of them with its state, the reason and the date of its newest feed. */
    readonly ecosystems: readonly {
      readonly ecosystem: string;
      readonly status: Coverage['status'];
      readonly reason: string;
      readonly date: string | null;
    }[];
  };
  /** Worst first. One entry for each package that has the vulnerability. */
  readonly findings: readonly ScanFinding[];
  /** Records of the inventory that could not be read, and what was not looked into. */
  readonly problems: readonly string[];
  /** Copyright notices and licences of the records behind the findings, which copies have to keep. */
  readonly notices: readonly string[];
}

export interface ScanFinding {
  readonly vul_id: string;
  readonly type: VulnerabilityType;
  readonly title: string;
  readonly cves: readonly string[];
  readonly package: {
    readonly ecosystem: string;
    readonly name: string;
    readonly version: string;
    readonly source: string;
    /** Where an application package was found; left out for packages of the system. */
    readonly paths?: readonly string[];
  };
  /** Null: no fix is known. */
  readonly fixed_version: string | null;
  readonly repair_priority: FixingPriority;
  readonly severity_level: FixingPriority;
  /** `vul_status_reboot`: the fix is installed and waits for a restart. */
  readonly status: 'vul_status_unfix' | 'vul_status_reboot';
  readonly advisory_id: string;
  readonly feed: string;
  /** The address of a record that has to be named with it; left out elsewhere. */
  readonly url?: string;
}

export interface ScanOptions {
  /** Milliseconds since 1970. */
  readonly now: number;
  readonly staleDays: number;
  /** Leaves out what has no fix yet. */
  readonly fixedOnly: boolean;
}

const WORST_FIRST: Readonly<Record<FixingPriority, number>> = { Critical: 0, High: 1, Medium: 2, Low: 3 };

/** Scans one inventory. Pure but for what `source` reads. Priorities are those of a server of ordinary importance. */
export function scanInventory(inventory: Inventory, source: ScanSource, options: ScanOptions): ScanResult {
  const packages = withRunningKernel(inventory.packages, inventory.runningKernel);
  const all = loadCandidates(packages, source);
  const filed = fileByName(all, (candidate) => candidate.filedName);
  const knownExploited = new Set(all.flatMap((candidate) => candidate.knownExploited));
  const matched: MatchedPackage<InstalledPackage>[] = [];
  for (const pkg of packages) {
    const candidates = candidatesFor(pkg, filed);
    matched.push({
      pkg,
      matches: candidates.length === 0 ? [] : matchPackage(pkg, candidates, knownExploited),
    });
  }
  const present = presentMatches(matched, inventory.runningKernel).filter(
    ({ match }) => !options.fixedOnly || match.fixedVersion !== undefined,
  );
  const noticed = noticesOf(all);
  const findings = findingsOf(present, all, knownExploited, options.now).map((finding) => {
    const notice = noticed.get(`${finding.feed}\n${finding.advisory_id}`);
    return notice === undefined ? finding : { ...finding, url: notice.url };
  });
  return {
    server: serverOf(inventory),
    coverage: coverageFields(inventory, source.coverage, options),
    findings,
    problems: inventory.problems,
    notices: noticesBehind(findings, noticed),
  };
}

/** The notices of the records that have to keep one, by feed and id. */
function noticesOf(candidates: readonly FiledCandidate[]): ReadonlyMap<string, RecordNotice> {
  const notices = new Map<string, RecordNotice>();
  for (const { feed, advisoryId, notice } of candidates) {
    if (notice !== undefined) notices.set(`${feed}\n${advisoryId}`, notice);
  }
  return notices;
}

function noticesBehind(
  findings: readonly ScanFinding[],
  noticed: ReadonlyMap<string, RecordNotice>,
): readonly string[] {
  const texts = new Set<string>();
  for (const { feed, advisory_id } of findings) {
    const text = noticed.get(`${feed}\n${advisory_id}`)?.text;
    if (text !== undefined) texts.add(text);
  }
  return [...texts];
}

/** Candidates by ecosystem, then by the name they are filed under. */
export type FiledCandidates<C> = ReadonlyMap<string, ReadonlyMap<string, readonly C[]>>;

/** Files candidates, each with its name, so that `candidatesFor` finds them. */
export function fileByName<C extends { readonly affected: AffectedPackage }>(
  candidates: Iterable<C>,
  nameOf: (candidate: C) => string,
): FiledCandidates<C> {
  const filed = new Map<string, Map<string, C[]>>();
  for (const candidate of candidates) {
    const { ecosystem } = candidate.affected;
    const name = nameOf(candidate);
    let names = filed.get(ecosystem);
    if (names === undefined) {
      names = new Map();
      filed.set(ecosystem, names);
    }
    const held = names.get(name);
    if (held === undefined) names.set(name, [candidate]);
    else held.push(candidate);
  }
  return filed;
}

/** The candidates of one package. */
export function candidatesFor<C>(pkg: Package, filed: FiledCandidates<C>): readonly C[] {
  const names = filed.get(pkg.ecosystem);
  if (names === undefined) return [];
  let candidates: readonly C[] = [];
  for (const name of lookupNames(pkg)) {
    const found = names.get(name);
    if (found !== undefined) candidates = candidates.length === 0 ? found : [...candidates, ...found];
  }
  return candidates;
}

/** Everything that `source` has for these packages. */
export function loadCandidates(
  packages: readonly InstalledPackage[],
  source: ScanSource,
): readonly FiledCandidate[] {
  const all: FiledCandidate[] = [];
  for (const [ecosystem, names] of wantedNames(packages)) {
    for (const candidate of source.candidates(ecosystem, names)) all.push(candidate);
  }
  return all;
}

/** `wantedNames` of everything that a scan of `inventory` matches: what is installed, and the kernel that runs. */
export function namesToScan(inventory: Inventory): ReadonlyMap<string, ReadonlySet<string>> {
  return wantedNames(withRunningKernel(inventory.packages, inventory.runningKernel));
}

/** By ecosystem, the names under which records about these packages may be filed. */
export function wantedNames(packages: readonly InstalledPackage[]): ReadonlyMap<string, ReadonlySet<string>> {
  const wanted = new Map<string, Set<string>>();
  for (const pkg of packages) {
    let names = wanted.get(pkg.ecosystem);
    if (names === undefined) {
      names = new Set();
      wanted.set(pkg.ecosystem, names);
    }
    for (const name of lookupNames(pkg)) names.add(name);
  }
  return wanted;
}

function findingsOf(
  present: readonly PresentMatch<InstalledPackage>[],
  all: readonly FiledCandidate[],
  knownExploited: ReadonlySet<string>,
  now: number,
): readonly ScanFinding[] {
  const rated = rateVulnerabilities(present, all, knownExploited, now);
  const findings: ScanFinding[] = [];
  for (const { pkg, vulnerability, match, restartPending } of present) {
    const rating = rated.get(keyOf(vulnerability));
    if (rating === undefined) continue;
    findings.push({
      vul_id: vulnerability.id,
      type: vulnerability.type,
      title: rating.facts.title,
      // Of a Windows update those that are open here, also those of the updates it replaces.
      cves: vulnerability.type === 'windows_vul' ? match.cves : rating.facts.cves,
      package: {
        ecosystem: pkg.ecosystem,
        name: pkg.name,
        version: pkg.version,
        source: pkg.source,
        ...(pkg.paths.length === 0 ? {} : { paths: pkg.paths }),
      },
      fixed_version: match.fixedVersion ?? null,
      repair_priority: rating.priority,
      severity_level: rating.severity,
      status: restartPending ? 'vul_status_reboot' : 'vul_status_unfix',
      advisory_id: match.advisoryId,
      feed: match.feed,
    });
  }
  return findings.sort(byWorst);
}

function byWorst(a: ScanFinding, b: ScanFinding): number {
  return (
    WORST_FIRST[a.repair_priority] - WORST_FIRST[b.repair_priority] ||
    compareText(a.vul_id, b.vul_id) ||
    compareText(a.package.name, b.package.name) ||
    compareText(a.package.version, b.package.version)
  );
}

function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

function serverOf(inventory: Inventory): ScanResult['server'] {
  const { system, server, runningKernel, packages } = inventory;
  return {
    name: server.name,
    uuid: server.uuid,
    system: system?.key ?? null,
    os_name: system?.name ?? '',
    kernel: runningKernel?.release ?? null,
    private_ips: server.privateIps,
    public_ip: server.publicIp,
    packages: packages.length,
  };
}

function coverageFields(
  inventory: Inventory,
  rows: readonly FeedCoverage[],
  options: ScanOptions,
): ScanResult['coverage'] {
  const coverage = coverageOf(inventory.system, rows, options);
  const applications = new Set(inventory.packages.map((pkg) => pkg.ecosystem).filter(isApplicationEcosystem));
  const judged = [...applications].sort().map((ecosystem) => ecosystemCoverage(ecosystem, rows, options));
  const those = (isMeant: (status: Coverage['status']) => boolean): readonly string[] =>
    judged.filter(({ status }) => isMeant(status)).map(({ ecosystem }) => ecosystem);
  return {
    system: inventory.system?.key ?? null,
    status: coverage.status,
    reason: coverage.reason,
    date: isoOf(coverage.date),
    feeds: coverage.feeds.map(({ feed, date, records }) => ({ feed, date: isoOf(date), records })),
    applications: {
      covered: those((status) => status !== 'unknown'),
      unknown: those((status) => status === 'unknown'),
    },
    ecosystems: judged.map(({ ecosystem, status, reason, date }) => ({
      ecosystem,
      status,
      reason,
      date: isoOf(date),
    })),
  };
}

function isoOf(time: number | undefined): string | null {
  return time === undefined ? null : new Date(time).toISOString();
}
