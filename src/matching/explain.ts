import type { RecordNotice } from '../advisories/filed-candidate.ts';
import type { Package } from '../inventory/package.ts';
import { JUST_PAST } from '../versions/wordpress.ts';
import type { Candidate, VulnerabilityRef } from './candidate.ts';
import { CandidateGroup } from './candidate-group.ts';
import { explainUpdates, type UpdateRule } from './explain-windows.ts';
import { comparedVersionOf, type Judgement, judge, overrulingRecord, type Rule } from './judge.ts';
import { kernelPackageOf } from './kernel.ts';
import { matchPackage, type PackageMatch } from './match.ts';

/** Why a package has a vulnerability, or why not: every record that was looked at, the rule, the comparison, both versions. */

export interface Verdict {
  readonly package: {
    readonly ecosystem: string;
    readonly name: string;
    readonly version: string;
    readonly arch: string;
    readonly source: string;
    readonly source_version: string;
    readonly module: string;
    /** Where it was found; none for packages of the system. */
    readonly paths: readonly string[];
  };
  /** What was asked about: a vulnerability's id, a record's id or a CVE; empty: everything. */
  readonly about: string;
  readonly decision: 'affected' | 'not-affected' | 'unknown';
  readonly fixed_version: string | null;
  /** One sentence. */
  readonly reason: string;
  readonly records: readonly RecordVerdict[];
}

export interface RecordVerdict {
  readonly feed: string;
  readonly advisory_id: string;
  readonly vulnerabilities: readonly VulnerabilityRef[];
  readonly cves: readonly string[];
  readonly decision: 'affected' | 'not-affected' | 'not-applicable' | 'folded';
  readonly rule: Rule | UpdateRule | 'folded';
  /** The comparison made, e.g. `5.10.46-4 < 5.10.162-1 (deb)`; empty where none was made. */
  readonly comparison: string;
  readonly installed_version: string;
  readonly fixed_version: string | null;
  readonly compared: 'source' | 'binary';
  /** Copyright notice and licence that a copy of the record has to keep, and its address; null where none is asked for. */
  readonly notice: RecordNotice | null;
  /** One sentence. */
  readonly reason: string;
}

/** A package as an explanation names it, with where it lies. */
export function shownPackage(pkg: Package, paths: readonly string[]): Verdict['package'] {
  return {
    ecosystem: pkg.ecosystem,
    name: pkg.name,
    version: pkg.version,
    arch: pkg.arch,
    source: pkg.source,
    source_version: pkg.sourceVersion,
    module: pkg.module,
    paths,
  };
}

/**
 * Explains one package. `about` narrows the records to those that bear that vulnerability id, record id or CVE (as such or
 * behind a prefix: `URGENT-CVE-…`). `candidates` are all those filed under the package's names.
 */
export function explainPackage(
  pkg: Package & { readonly paths?: readonly string[] },
  candidates: readonly Candidate[],
  about = '',
): Verdict {
  const records =
    pkg.updates === undefined
      ? explainRecords(pkg, candidates, about)
      : explainUpdates(pkg, candidates, { id: about, cve: bareCveOf(about) });
  const affected = records.filter((record) => record.decision === 'affected');
  const decision = affected.length > 0 ? 'affected' : records.length > 0 ? 'not-affected' : 'unknown';
  return {
    package: shownPackage(pkg, pkg.paths ?? []),
    about,
    decision,
    fixed_version: affected.find((record) => record.fixed_version !== null)?.fixed_version ?? null,
    reason: `${reasonOf(pkg, about, records, affected)}${placesOf(pkg.paths ?? [])}`,
    records,
  };
}

function explainRecords(
  pkg: Package,
  candidates: readonly Candidate[],
  about: string,
): readonly RecordVerdict[] {
  const matches = matchPackage(pkg, candidates);
  const group = new CandidateGroup(candidates);
  return candidates
    .filter((candidate) => about === '' || bears(candidate, about))
    .map((candidate) => recordVerdict(pkg, candidate, group, matches));
}

/** Where a package was found, as a sentence after others. */
function placesOf(paths: readonly string[]): string {
  const [first, second] = paths;
  if (first === undefined) return '';
  if (second === undefined) return ` Found at ${first}.`;
  const more = paths.length === 2 ? second : `${paths.length - 1} other places`;
  return ` Found at ${first} and ${more}.`;
}

/** The CVE that an id is, or stands for behind a prefix of ours (`URGENT-CVE-…`); empty: none. */
export function bareCveOf(id: string): string {
  return /^(?:URGENT-|HCVD-APP-|HCVD-WEBCMS-)?(CVE-\d{4}-\d{4,19})$/.exec(id)?.[1] ?? '';
}

function bears(candidate: Candidate, about: string): boolean {
  const cve = bareCveOf(about);
  const wanted = cve === '' ? about : cve;
  return (
    candidate.advisoryId === about ||
    candidate.cves.includes(wanted) ||
    candidate.vulnerabilities.some(({ id }) => id === about || id === wanted)
  );
}

function recordVerdict(
  pkg: Package,
  candidate: Candidate,
  group: CandidateGroup,
  matches: readonly PackageMatch[],
): RecordVerdict {
  const compared = comparedVersionOf(pkg, candidate.affected);
  const judgement = { ...judge(pkg, candidate, group), installedVersion: compared.version, on: compared.on };
  const overruling = judgement.affected ? overrulingRecord(pkg, candidate, judgement, group) : undefined;
  const isCounted = candidate.vulnerabilities.some((ref) =>
    matches.some(
      ({ vulnerabilities }) => vulnerabilities[0]?.type === ref.type && vulnerabilities[0].id === ref.id,
    ),
  );
  const outcome = outcomeOf(judgement, overruling?.rule, isCounted);
  const fixed = judgement.fixedVersion ?? boundOf(candidate, judgement);
  return {
    feed: candidate.feed,
    advisory_id: candidate.advisoryId,
    vulnerabilities: candidate.vulnerabilities,
    cves: candidate.cves,
    decision: outcome.decision,
    rule: outcome.rule,
    comparison: comparisonOf(candidate, judgement, fixed),
    installed_version: judgement.installedVersion,
    fixed_version: fixed ?? null,
    compared: judgement.on,
    notice: candidate.notice ?? null,
    reason: sentenceOf(pkg, candidate, judgement, outcome.rule, fixed, overruling?.candidate, matches),
  };
}

function outcomeOf(
  judgement: Judgement,
  overruling: Rule | undefined,
  isCounted: boolean,
): { readonly decision: RecordVerdict['decision']; readonly rule: RecordVerdict['rule'] } {
  if (overruling !== undefined) return { decision: 'not-affected', rule: overruling };
  if (judgement.affected) {
    return isCounted
      ? { decision: 'affected', rule: judgement.rule }
      : { decision: 'folded', rule: 'folded' };
  }
  const isCompared = judgement.rule === 'version-range' || judgement.rule === 'version-list';
  return { decision: isCompared ? 'not-affected' : 'not-applicable', rule: judgement.rule };
}

/** The bound that a record sets, where the judgement names no fix: the highest fixed version. */
function boundOf(candidate: Candidate, judgement: Judgement): string | undefined {
  if (judgement.affected) return undefined;
  return candidate.affected.ranges.findLast((range) => range.fixed !== '')?.fixed;
}

function comparisonOf(candidate: Candidate, judgement: Judgement, fixed: string | undefined): string {
  const { scheme } = candidate.affected;
  const upTo = fixed?.startsWith(JUST_PAST) ? fixed.slice(1) : undefined;
  if (judgement.rule === 'version-list') {
    return `${judgement.installedVersion} ${judgement.affected ? 'is' : 'is not'} among the listed versions (${scheme})`;
  }
  if (judgement.rule !== 'version-range') return '';
  if (fixed === undefined) {
    const last = candidate.affected.ranges.findLast((range) => range.lastAffected !== '')?.lastAffected;
    if (last !== undefined)
      return `${judgement.installedVersion} ${judgement.affected ? '<=' : '>'} ${last} (${scheme})`;
    return judgement.affected ? `${judgement.installedVersion}, no upper bound (${scheme})` : '';
  }
  if (judgement.affected) {
    const bound = upTo === undefined ? `< ${fixed}` : `<= ${upTo}`;
    return `${judgement.installedVersion} ${bound} (${scheme})`;
  }
  const introduced = candidate.affected.ranges
    .map((range) => range.introduced)
    .filter((version) => version !== '');
  const from = introduced.length === 0 ? '' : ` from ${introduced.join(', ')}`;
  const to = upTo === undefined ? `to before ${fixed}` : `up to ${upTo}`;
  return `${judgement.installedVersion} outside the range${from} ${to} (${scheme})`;
}

function sentenceOf(
  pkg: Package,
  candidate: Candidate,
  judgement: Judgement,
  rule: RecordVerdict['rule'],
  fixed: string | undefined,
  overruling: Candidate | undefined,
  matches: readonly PackageMatch[],
): string {
  const { affected, advisoryId } = candidate;
  const installed = `${pkg.name} ${pkg.version}`;
  switch (rule) {
    case 'package-name':
      return `${advisoryId} is about the ${affected.matchOn} package ${affected.name}, which ${installed} is not.`;
    case 'origin':
      return `${installed} is of another builder (${pkg.origin === '' ? 'its version says so' : pkg.origin}) than the system's vendor, whose packages ${advisoryId} is about.`;
    case 'architecture':
      return `${advisoryId} concerns only ${affected.architectures.join(', ')}; this is ${pkg.arch}.`;
    case 'module-stream':
      return `${advisoryId} concerns module stream ${affected.module}; the package is of ${pkg.module === '' ? 'another, or of no module' : pkg.module}.`;
    case 'module-build':
      return `${advisoryId} and ${installed} are not both module builds, so their versions cannot be ordered.`;
    case 'pocket':
      return `${advisoryId} fixes ${fixed ?? 'it'} in another line of builds (such as FIPS), which ${installed} is not from.`;
    case 'no-version':
      return `${pkg.name} has no version, so nothing can be compared.`;
    case 'same-fix-rebuilt':
      return `${installed} is at or past another rebuild of the same fix in ${overruling?.advisoryId ?? advisoryId}.`;
    case 'own-pocket':
      return `${overruling?.advisoryId ?? advisoryId} also has a fix in the package's own pocket, and that one decides.`;
    case 'folded': {
      const into = matches.find((match) => match.cves.some((cve) => candidate.cves.includes(cve)));
      return `${advisoryId} is one problem with ${into?.vulnerabilities[0]?.id ?? 'another record'} and is listed under that.`;
    }
    default:
      return versionSentence(installed, candidate, judgement, fixed);
  }
}

function versionSentence(
  installed: string,
  candidate: Candidate,
  judgement: Judgement,
  fixed: string | undefined,
): string {
  const { advisoryId } = candidate;
  const compared = judgement.on === 'source' ? ` (source ${judgement.installedVersion})` : '';
  if (!judgement.affected) {
    if (fixed === undefined)
      return `${installed}${compared} is not among the versions that ${advisoryId} names.`;
    return `${installed}${compared} is outside the versions of ${advisoryId}, which ${fixOf(fixed)} fixes.`;
  }
  if (fixed === undefined)
    return `${installed}${compared} is affected by ${advisoryId}; no fixed version is known.`;
  if (fixed.startsWith(JUST_PAST)) {
    return `${installed}${compared} is not later than ${fixed.slice(1)}, the last version that ${advisoryId} names.`;
  }
  return `${installed}${compared} is older than ${fixed}, which fixes ${advisoryId}.`;
}

function fixOf(fixed: string): string {
  return fixed.startsWith(JUST_PAST) ? `any version after ${fixed.slice(1)}` : fixed;
}

function reasonOf(
  pkg: Package,
  about: string,
  records: readonly RecordVerdict[],
  affected: readonly RecordVerdict[],
): string {
  const isOfUpdates = pkg.updates !== undefined;
  const kernel = isOfUpdates ? undefined : kernelPackageOf(pkg);
  const note = kernel === undefined ? '' : ' Of kernel packages only the running image raises findings.';
  const [first] = affected;
  if (first !== undefined) {
    const more =
      affected.length > 1 ? ` ${affected.length - 1} more of the records say the same kind of thing.` : '';
    return `${first.reason}${more}${note}`;
  }
  const subject = about === '' ? 'No record' : `No record of ${about}`;
  if (records.length === 0)
    return `${subject} names ${pkg.name} (or its source ${pkg.source}) in ${pkg.ecosystem}.`;
  if (records.length === 1 || isOfUpdates) return records[0]?.reason ?? '';
  return `None of ${records.length} records concerns ${pkg.name} ${pkg.version}.`;
}
