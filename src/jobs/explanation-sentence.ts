/** What an explanation comes to, in one word and in a sentence or two. Pure. */
import { counted } from '../counted.ts';
import type {
  ExplainedFinding,
  ExplainedPackage,
  ExplainedVerdict,
  FindingExplanation,
} from './explain-finding.ts';

type Known = Omit<FindingExplanation, 'verdict' | 'sentence'>;

/** The word for it: of several findings the open one decides, then the ignored one, then the fixed one. */
export function verdictOf({ findings, packages, coverage, server }: Known): ExplainedVerdict {
  const statuses = new Set(findings.flatMap(({ finding }) => (finding === null ? [] : [finding.status])));
  if ([...statuses].some((status) => status !== 'vul_status_ignored' && status !== 'vul_status_fixed'))
    return 'open';
  if (statuses.has('vul_status_ignored')) return 'ignored';
  if (statuses.has('vul_status_fixed')) return 'fixed';
  if (packages.some((pkg) => pkg.raises_finding)) return 'following';
  if (packages.length > 0) return 'not-affected';
  return coverage.status === 'covered' && server.scanTime !== null && findings.length > 0
    ? 'not-affected'
    : 'unknown';
}

/** The answer for people. */
export function explanationSentence(known: Known, verdict: ExplainedVerdict): string {
  const { about, server, packages } = known;
  if (server.scanTime === null) return `${server.name} has never reported, so nothing is known of it.`;
  const because = reasonOf(about, packages);
  switch (verdict) {
    case 'open':
      return [openSentence(known), because].join(' ');
    case 'ignored':
      return [ignoredSentence(known), because].join(' ');
    case 'fixed':
      return [fixedSentence(known), because].join(' ');
    case 'following':
      return `The advisories in force say that ${server.name} has ${about}; its findings have not followed them yet. ${because}`;
    case 'not-affected':
      return [`${server.name} does not have ${about}.`, because, coverageNote(known)].join(' ').trimEnd();
    case 'unknown':
      return [
        `Nothing is known of ${about} on ${server.name}: no record in force that bears it names a package of its inventory.`,
        coverageNote(known),
      ]
        .join(' ')
        .trimEnd();
  }
}

function openSentence({ about, server, findings }: Known): string {
  const open = findings.find(({ finding }) => finding !== null && isOpen(finding.status));
  if (open === undefined || open.finding === null) return '';
  const { finding, priority } = open;
  const restart =
    finding.status === 'vul_status_reboot' ? ' The fix is installed and waits for a restart.' : '';
  const terms = priority.terms.map(({ term, points }) => `${term} (${points})`).join(', ');
  return `${server.name} has ${nameOf(open, about)} since ${day(finding.firstSeenAt)}; ${priority.word}, ${priority.points} points: ${terms}${replacedNote(priority)}.${restart}`;
}

/** What else counts in the priority of a Windows update; empty of everything else. */
export function replacedNote({ replacedUpdates }: ExplainedFinding['priority']): string {
  if (replacedUpdates === 0) return '';
  return `, the worst of it and of ${counted(replacedUpdates, 'missing update')} that it replaces`;
}

function ignoredSentence({ about, server, findings }: Known): string {
  const ignored = findings.find(({ finding }) => finding?.status === 'vul_status_ignored');
  if (ignored === undefined) return '';
  const { decision } = ignored;
  if (decision === null) return `${server.name} has ${nameOf(ignored, about)}, which is ignored.`;
  const why = decision.remark === '' ? 'without a reason' : `with the reason "${decision.remark}"`;
  const until = decision.until === null ? 'until undone' : `until ${day(decision.until)}`;
  return `${server.name} has ${nameOf(ignored, about)}; ${decision.decidedBy} ignored it on ${day(decision.decidedAt)} ${why}, ${until}.`;
}

function fixedSentence({ about, server, findings }: Known): string {
  const fixed = findings.find(({ finding }) => finding?.status === 'vul_status_fixed');
  if (fixed === undefined || fixed.finding === null) return '';
  const { decision, finding } = fixed;
  if (decision?.kind === 'claimed_fixed') {
    return `${decision.decidedBy} says that ${nameOf(fixed, about)} is fixed on ${server.name}; its next report will tell.`;
  }
  return `${nameOf(fixed, about)} was seen fixed on ${server.name} on ${day(finding.statusSince)}.`;
}

function nameOf({ id }: ExplainedFinding, about: string): string {
  return id === about ? id : `${about} (as ${id})`;
}

function isOpen(status: string): boolean {
  return status !== 'vul_status_ignored' && status !== 'vul_status_fixed';
}

/** Of what raises the finding; else of what matches without raising one; else of what was looked at. */
function reasonOf(about: string, packages: readonly ExplainedPackage[]): string {
  const raising = packages.find((pkg) => pkg.raises_finding);
  if (raising !== undefined) return raising.reason;
  const silent = packages.find((pkg) => pkg.decision === 'affected');
  if (silent !== undefined && about.startsWith('URGENT-'))
    return `${silent.reason} But neither the catalogue of known-exploited vulnerabilities nor an open item calls it urgent.`;
  if (silent !== undefined)
    return `${silent.reason} It raises no finding: it is not the kernel that runs, nor what runs after a restart.`;
  const [first, ...others] = packages;
  if (first === undefined) return '';
  return others.length === 0
    ? first.reason
    : `${first.reason} So it is with ${counted(others.length, 'more package')}.`;
}

function coverageNote({ coverage }: Known): string {
  return coverage.status === 'covered' ? '' : `Besides, this is not known to be safe: ${coverage.reason}`;
}

function day(moment: number): string {
  return new Date(moment).toISOString().slice(0, 10);
}
