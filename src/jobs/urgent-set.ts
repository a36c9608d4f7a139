/** The open urgent items of a project as matching takes them. */
import type { UrgentQuestion, UrgentSet } from '../matching/urgent-question.ts';
import { parseVersionRange } from '../matching/version-range.ts';
import type { Queryable } from '../store/database.ts';
import { loadOpenUrgentItems, type UrgentItem } from '../store/urgent/urgent-items.ts';

export async function loadUrgentSet(tx: Queryable, projectId: string): Promise<UrgentSet> {
  const items = await loadOpenUrgentItems(tx, projectId);
  const named = (kind: UrgentItem['kind']): ReadonlySet<string> =>
    new Set(items.filter((item) => item.kind === kind).map((item) => item.name));
  return {
    cves: named('cve'),
    kbs: named('kb'),
    questions: items.flatMap((item) => questionOf(item) ?? []),
  };
}

/** The question of an item about a package; undefined for another. Its range was read before it was stored. */
export function questionOf(
  item: Pick<UrgentItem, 'id' | 'kind' | 'name' | 'ecosystem' | 'range'>,
): UrgentQuestion | undefined {
  if (item.kind !== 'package') return undefined;
  const parsed = parseVersionRange(item.range);
  if (!parsed.ok) throw new Error(`the range of ${item.id} ${parsed.problem}`);
  return {
    id: item.id,
    name: item.name,
    ecosystem: item.ecosystem,
    range: parsed.range,
    rangeText: item.range,
  };
}
