/**
 * Why a server has a vulnerability, or why not. What matches packages, what lets kernels speak and what rates a finding is
 * called here as it is called when servers are assessed, so the explanation cannot tell another story.
 */
import { appError } from '../errors.ts';
import type { Finding } from '../findings/finding.ts';
import type { InstalledPackage } from '../inventory/package.ts';
import { systemOfKey } from '../inventory/system.ts';
import { lookupNames, type VulnerabilityType } from '../matching/candidate.ts';
import { type Coverage, coverageOf } from '../matching/coverage.ts';
import { bareCveOf, explainPackage, type RecordVerdict, type Verdict } from '../matching/explain.ts';
import { explainPriority, type PriorityTerm, worstFacts } from '../matching/priority.ts';
import {
  type AskedAbout,
  findUpdates,
  findVulnerabilitiesAbout,
  loadRecordRevisions,
  packagesNamedAbout,
  type RecordRevision,
  type VulnerabilityRow,
} from '../store/advisories/find-records-about.ts';
import { candidateKey, loadCandidates } from '../store/advisories/load-candidates.ts';
import { revisionInForce } from '../store/advisories/lock-advisory-set.ts';
import type { Database, Queryable } from '../store/database.ts';
import { loadPriorityFacts } from '../store/findings/load-assessable.ts';
import {
  type ExplainedDecision,
  type ExplainedEvent,
  type ExplainedServer,
  loadExplainedDecision,
  loadExplainedEvents,
  loadExplainedServer,
} from '../store/findings/load-explained-server.ts';
import { loadPackages, type StoredPackage } from '../store/fleet/load-packages.ts';
import type { FleetScope } from '../store/fleet/server-ids-in-scope.ts';
import { type ServerDetail, showServer } from '../store/fleet/show-server.ts';
import { findUrgentItem } from '../store/urgent/urgent-items.ts';
import { type UrgentReason, urgentReasons } from '../store/urgent/urgent-reasons.ts';
import { addRated, presentVulnerabilities, silentPackages } from './assess-servers.ts';
import { explainQuestion } from './explain-question.ts';
import { explanationSentence, verdictOf } from './explanation-sentence.ts';
import { feedsInForce } from './feeds-in-force.ts';
import { isFollowing } from './follow-advisories.ts';
import type { CoverageClock } from './refresh-unknown.ts';

/** Longest id that may be asked about, in characters: ids are up to 64, records' own up to twice that. */
export const ABOUT_LENGTH_MAX_CHARS = 128;
/** Of vulnerabilities that name one CVE, so many are told of one server. */
export const EXPLAINED_VULNERABILITIES_MAX = 50;
/** Of packages that records name, so many are told of one server: a kernel has some 60. */
export const EXPLAINED_PACKAGES_MAX = 500;

export interface FindingExplanation {
  /** What was asked: a vulnerability's id, a record's id or a CVE. */
  readonly about: string;
  readonly verdict: ExplainedVerdict;
  /** One or two sentences: the answer for people. */
  readonly sentence: string;
  readonly server: Pick<
    ServerDetail,
    'id' | 'name' | 'system' | 'osName' | 'kernelRelease' | 'assetValue'
  > & {
    /** Null: it has never reported. */
    readonly scanTime: number | null;
  };
  /** The vulnerabilities asked about that the server has, had, or that a record about its packages bears. */
  readonly findings: readonly ExplainedFinding[];
  readonly packages: readonly ExplainedPackage[];
  readonly coverage: Coverage;
  readonly advisorySet: { readonly revision: number; readonly matchingInProgress: boolean };
}

/** `following`: the records in force say so, and the server has not been assessed with them yet. */
export type ExplainedVerdict = 'open' | 'ignored' | 'fixed' | 'following' | 'not-affected' | 'unknown';

export interface ExplainedFinding {
  readonly type: VulnerabilityType;
  readonly id: string;
  readonly title: string;
  readonly cves: readonly string[];
  /**
   * In ms since 1970: the vendor's date, when its first record was imported, and when it was matched on the server; null: not
   * known, or no finding. When it became visible is each process's own: docs/metrics.md.
   */
  readonly clocks: {
    readonly publishedAt: number | null;
    readonly fetchedAt: number | null;
    readonly matchedAt: number | null;
  };
  /** Null: the server has no such finding. */
  readonly finding: Omit<Finding, 'vulnerability' | 'priority'> | null;
  readonly priority: {
    readonly word: string;
    readonly points: number;
    readonly terms: readonly PriorityTerm[];
    /** Of a Windows update: how many missing ones that it replaces count in it too. */
    readonly replacedUpdates: number;
  };
  readonly decision: ExplainedDecision | null;
  /** Why it is urgent; empty for the ordinary ones, and for one that no longer is. */
  readonly urgent: readonly UrgentReason[];
  /** The latest first. */
  readonly history: readonly ExplainedEvent[];
}

export interface ExplainedPackage extends Omit<Verdict, 'about' | 'records'> {
  /** Whether it raises a finding: not where a kernel package matches that is not the running image. */
  readonly raises_finding: boolean;
  /** Revision of the advisories with which the stored result was worked out; null: not yet. */
  readonly matched_revision: number | null;
  readonly records: readonly (RecordVerdict &
    Pick<RecordRevision, 'publishedAt' | 'modifiedAt'> & {
      /** The revision of the advisories that brought the record as it is. */
      readonly revision: number | null;
    })[];
}

export interface ExplanationRequest {
  readonly scope: FleetScope;
  readonly serverId: string;
  readonly about: string;
}

/** Explains one server and one vulnerability. Throws `server-unknown` where there is no such server in scope. */
export async function explainFinding(
  database: Database,
  request: ExplanationRequest,
  clock: CoverageClock,
): Promise<FindingExplanation> {
  // One moment of the database: an import that commits meanwhile must not be in half of the answer.
  return await database.transaction((tx) => explain(tx, request, clock), {
    isolation: 'repeatable read',
    readOnly: true,
  });
}

async function explain(
  tx: Queryable,
  { scope, serverId, about }: ExplanationRequest,
  clock: CoverageClock,
): Promise<FindingExplanation> {
  checkAbout(about);
  const { projectId } = scope;
  const detail = await showServer(tx, scope, serverId);
  const server = await loadExplainedServer(tx, { projectId, serverId });
  if (detail === undefined || server === undefined) throw appError('server-unknown', { serverId });
  const asked: AskedAbout = { id: about, cve: bareCveOf(about) };
  const installed = await loadPackages(tx, projectId, server.packageIds);
  const byRecords = await explainPackages(tx, { projectId, server, asked, installed });
  const asItem = await findUrgentItem(tx, projectId, about);
  const packages = [...byRecords, ...(await explainQuestion(tx, { projectId, server, asked }, asItem))];
  const { now } = clock;
  const findings = await explainFindings(tx, { projectId, server, asked, installed, packages, now });
  const isUrgent = !about.startsWith('URGENT-') || findings.some(({ urgent }) => urgent.length > 0);
  const inForce = await feedsInForce(tx, clock);
  const known: Omit<FindingExplanation, 'verdict' | 'sentence'> = {
    about,
    server: {
      id: detail.id,
      name: detail.name,
      system: detail.system,
      osName: detail.osName,
      kernelRelease: detail.kernelRelease,
      assetValue: detail.assetValue,
      scanTime: detail.scanTime ?? null,
    },
    findings,
    // What records say of a CVE makes nothing urgent that nobody calls so.
    packages: isUrgent ? packages : packages.map((pkg) => ({ ...pkg, raises_finding: false })),
    coverage: coverageOf(systemOfKey(detail.system), inForce.feeds, inForce.by),
    advisorySet: { revision: await revisionInForce(tx), matchingInProgress: await isFollowing(tx) },
  };
  const verdict = verdictOf(known);
  return { ...known, verdict, sentence: explanationSentence(known, verdict) };
}

function checkAbout(about: string): void {
  if (about.length >= 1 && about.length <= ABOUT_LENGTH_MAX_CHARS) return;
  const problem = `must have 1 to ${ABOUT_LENGTH_MAX_CHARS} characters: an id as listed, a record's id or a CVE`;
  throw appError('parameter-invalid', { name: 'vul_id', problem });
}

export interface PackagesTask {
  readonly projectId: string;
  readonly server: ExplainedServer;
  readonly asked: AskedAbout;
}

interface InstalledTask extends PackagesTask {
  readonly installed: ReadonlyMap<number, StoredPackage>;
}

async function explainPackages(
  tx: Queryable,
  { projectId, server, asked, installed: all }: InstalledTask,
): Promise<readonly ExplainedPackage[]> {
  const named = await packagesNamedAbout(tx, asked, { projectId, packageIds: server.packageIds });
  const installed = [...all.values()];
  const silent = silentPackages(server, installed);
  const concerned = installed
    .filter(({ id }) => named.has(id))
    .slice(0, EXPLAINED_PACKAGES_MAX)
    .map((stored) => ({ stored, isSilent: silent.has(stored.id) }));
  const candidates = await loadCandidates(
    tx,
    concerned.flatMap(({ stored }) => filedNames(stored)),
  );
  const explained = concerned.map(({ stored, isSilent }) => {
    const own = filedNames(stored).flatMap((name) => candidates.get(candidateKey(name)) ?? []);
    const pkg: InstalledPackage = {
      ...stored.package,
      paths: server.packagePaths.get(String(stored.id)) ?? [],
    };
    return { stored, isSilent, verdict: explainPackage(pkg, own, asked.id) };
  });
  const revisions = await revisionsOf(
    tx,
    explained.flatMap(({ verdict }) => verdict.records),
  );
  return explained
    .filter(({ verdict }) => verdict.records.length > 0)
    .map(({ stored, isSilent, verdict: { about: _about, records, ...verdict } }) => ({
      ...verdict,
      raises_finding: verdict.decision === 'affected' && !isSilent,
      matched_revision: stored.matchedRevision ?? null,
      records: records.map((record) => ({ ...record, ...revisions(record) })),
    }))
    .sort(byWeight);
}

/** What raises the finding first, then what is affected, then by name and version: not by numbers, which differ by database. */
function byWeight(a: ExplainedPackage, b: ExplainedPackage): number {
  const weight = (pkg: ExplainedPackage): number =>
    (pkg.raises_finding ? 0 : 2) + (pkg.decision === 'affected' ? 0 : 1);
  const name = (pkg: ExplainedPackage): string =>
    [pkg.package.ecosystem, pkg.package.name, pkg.package.version, pkg.package.arch].join('\n');
  return weight(a) - weight(b) || (name(a) < name(b) ? -1 : 1);
}

function filedNames({ package: pkg }: StoredPackage) {
  return lookupNames(pkg).map((name) => ({ ecosystem: pkg.ecosystem, name }));
}

async function revisionsOf(tx: Queryable, records: readonly RecordVerdict[]) {
  const wanted = new Map(
    records.map(({ feed, advisory_id }) => [`${feed}\n${advisory_id}`, { feed, id: advisory_id }]),
  );
  const rows = await loadRecordRevisions(tx, [...wanted.values()]);
  const held = new Map(rows.map((row) => [`${row.feed}\n${row.id}`, row]));
  return ({ feed, advisory_id }: RecordVerdict) => {
    const row = held.get(`${feed}\n${advisory_id}`);
    return {
      revision: row?.revision ?? null,
      publishedAt: row?.publishedAt ?? null,
      modifiedAt: row?.modifiedAt ?? null,
    };
  };
}

async function explainFindings(
  tx: Queryable,
  {
    projectId,
    server,
    asked,
    installed,
    packages,
    now,
  }: InstalledTask & { readonly packages: readonly ExplainedPackage[]; readonly now: number },
): Promise<readonly ExplainedFinding[]> {
  const held = new Map(server.findings.map((finding) => [finding.vulnerability, finding]));
  const borne = new Set(
    packages.flatMap((pkg) => pkg.records.flatMap((record) => record.vulnerabilities.map(({ id }) => id))),
  );
  const named = await findVulnerabilitiesAbout(tx, asked);
  const namedIds = new Set(named.map(({ id }) => id));
  // A missing update is listed under the one that replaces it, which need not name the CVE itself.
  const listing = packages.flatMap((pkg) =>
    pkg.records.flatMap(({ decision, rule, vulnerabilities }) =>
      decision === 'affected' && rule === 'update-missing' ? vulnerabilities.map(({ id }) => id) : [],
    ),
  );
  const updates = await findUpdates(tx, [...new Set(listing.filter((id) => !namedIds.has(id)))]);
  const about = [...named, ...updates]
    .filter(({ number, id }) => id === asked.id || held.has(number) || borne.has(id))
    .slice(0, EXPLAINED_VULNERABILITIES_MAX);
  const numbers = new Set(about.map(({ number }) => number));
  const present = presentVulnerabilities(server, installed).filter((item) => numbers.has(item.vulnerability));
  const replacedBy = new Map(present.map((item) => [item.vulnerability, item.replaced ?? []]));
  addRated(present, numbers);
  const facts = await loadPriorityFacts(tx, numbers);
  const explained: ExplainedFinding[] = [];
  for (const row of about) {
    const own = facts.get(row.number);
    if (own === undefined) continue;
    const replaced = (replacedBy.get(row.number) ?? []).flatMap((number) => facts.get(number) ?? []);
    const rated = explainPriority(worstFacts(own, replaced), server.assetValue, now);
    const key = { projectId, serverId: server.id, vulnerability: row.number };
    explained.push({
      ...nameOf(row),
      clocks: {
        publishedAt: row.publishedAt,
        fetchedAt: row.fetchedAt,
        matchedAt: held.get(row.number)?.firstSeenAt ?? null,
      },
      finding: findingOf(held.get(row.number)),
      priority: {
        word: rated.priority,
        points: rated.points,
        terms: rated.terms,
        replacedUpdates: replaced.length,
      },
      decision: (await loadExplainedDecision(tx, key)) ?? null,
      urgent: row.type === 'urgent_vul' ? await urgentReasons(tx, projectId, row) : [],
      history: await loadExplainedEvents(tx, key),
    });
  }
  return explained;
}

function nameOf({ type, id, title, cves }: VulnerabilityRow) {
  return { type, id, title, cves };
}

function findingOf(finding: Finding | undefined): ExplainedFinding['finding'] {
  if (finding === undefined) return null;
  const { status, fixable, firstSeenAt, statusSince } = finding;
  return { status, fixable, firstSeenAt, statusSince };
}
