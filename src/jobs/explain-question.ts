/** What an operator's question about a package says of a server's packages, in the form in which records are explained. */
import { shownPackage } from '../matching/explain.ts';
import { judgeQuestion, URGENT_FEED, type UrgentQuestion } from '../matching/urgent-question.ts';
import type { Queryable } from '../store/database.ts';
import { loadPackages, type StoredPackage } from '../store/fleet/load-packages.ts';
import type { UrgentItem } from '../store/urgent/urgent-items.ts';
import { silentPackages } from './assess-servers.ts';
import type { ExplainedPackage, PackagesTask } from './explain-finding.ts';
import { questionOf } from './urgent-set.ts';

/** The packages that an open question is about; none where there is no such item, or it is no question about a package. */
export async function explainQuestion(
  tx: Queryable,
  { projectId, server }: PackagesTask,
  item: UrgentItem | undefined,
): Promise<readonly ExplainedPackage[]> {
  const question = item?.state === 'open' ? questionOf(item) : undefined;
  if (question === undefined) return [];
  const installed = [...(await loadPackages(tx, projectId, server.packageIds)).values()];
  const silent = silentPackages(server, installed);
  return installed.flatMap((stored) => {
    const paths = server.packagePaths.get(String(stored.id)) ?? [];
    return explainStored(question, stored, { isSilent: silent.has(stored.id), paths }) ?? [];
  });
}

function explainStored(
  question: UrgentQuestion,
  stored: StoredPackage,
  { isSilent, paths }: { readonly isSilent: boolean; readonly paths: readonly string[] },
): ExplainedPackage | undefined {
  const pkg = stored.package;
  const verdict = judgeQuestion(question, pkg);
  if (verdict === undefined) return undefined;
  const { installedVersion, compared, comparison, fixedVersion = null } = verdict;
  const decision = verdict.decision === 'affected' ? 'affected' : 'not-affected';
  const asked = `${question.name} ${question.rangeText}`;
  const reason =
    verdict.decision === 'uncompared'
      ? `${pkg.name} was not compared with ${asked}: ${comparison}.`
      : `${pkg.name} ${installedVersion} ${decision === 'affected' ? 'is' : 'is not'} what ${question.id} asks for: ${asked}.`;
  return {
    package: shownPackage(pkg, paths),
    decision: verdict.decision === 'uncompared' ? 'unknown' : decision,
    fixed_version: fixedVersion,
    reason,
    raises_finding: decision === 'affected' && !isSilent,
    matched_revision: stored.matchedRevision ?? null,
    records: [
      {
        feed: URGENT_FEED,
        advisory_id: question.id,
        vulnerabilities: [{ type: 'urgent_vul', id: question.id }],
        cves: [],
        decision: verdict.decision === 'uncompared' ? 'not-applicable' : decision,
        rule: verdict.decision === 'uncompared' ? 'no-version' : 'version-range',
        comparison,
        installed_version: installedVersion,
        fixed_version: fixedVersion,
        compared,
        notice: null,
        reason,
        revision: null,
        publishedAt: null,
        modifiedAt: null,
      },
    ],
  };
}
