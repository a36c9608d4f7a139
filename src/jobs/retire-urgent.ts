/** Retires what operators asked into the publisher's record, as part of the import that brings it. */
import { vulnerabilityIdsOf } from '../advisories/vulnerability-id.ts';
import { isAskedAbout } from '../matching/urgent-question.ts';
import { holdAdvisorySet } from '../store/advisories/lock-advisory-set.ts';
import type { Queryable } from '../store/database.ts';
import { type NewRecord, newRecordsNaming, openQuestions } from '../store/urgent/answered-questions.ts';
import { packagesHaving, rematchPackages } from '../store/urgent/packages-asked-about.ts';
import { closeUrgentItem, type UrgentItem } from '../store/urgent/urgent-items.ts';

/**
 * Closes the open questions about a package of which a record of this import (numbered above `numberBefore`) bears an alias.
 * Questions by CVE or KB live on records, so they stay until someone removes them. Holds the advisory set alone from here
 * on, so that none is asked meanwhile that these records answer.
 */
export async function retireAnswered(
  tx: Queryable,
  { numberBefore, now }: { readonly numberBefore: number; readonly now: number },
): Promise<void> {
  await holdAdvisorySet(tx);
  const open = await openQuestions(tx);
  if (open.length === 0) return;
  const records = await newRecordsNaming(
    tx,
    open.map(({ item }) => item.name),
    numberBefore,
  );
  for (const { projectId, item } of open) {
    const answering = records.filter((record) => answers(record, item));
    const [first] = answering;
    if (first === undefined) continue;
    const into = answering.flatMap((record) =>
      vulnerabilityIdsOf(record.advisory, record).map(({ id }) => id),
    );
    const reason = `${first.advisory.id} of ${first.feed} names it`;
    const closed = { id: item.id, state: 'retired', retiredInto: [...new Set(into)].sort() } as const;
    await closeUrgentItem(tx, closed, { projectId, actor: 'advisories', reason, now });
    await rematchPackages(tx, projectId, await packagesHaving(tx, projectId, [item.vulnerability]));
  }
}

function answers({ advisory, ecosystem, name }: NewRecord, item: UrgentItem): boolean {
  const ids = [advisory.id, ...advisory.cves, ...advisory.aliases];
  return item.aliases.some((alias) => ids.includes(alias)) && isAskedAbout(item, { ecosystem, name });
}
