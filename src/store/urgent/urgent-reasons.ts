import type { Queryable } from '../database.ts';
import { findUrgentItem } from './urgent-items.ts';

/** Why something is urgent: the catalogue of known-exploited vulnerabilities, or an operator's item. */
export type UrgentReason =
  | { readonly source: 'catalogue'; readonly name: string; readonly addedAt: number }
  | {
      readonly source: 'operator';
      readonly askedBy: string;
      readonly askedAt: number;
      readonly reason: string;
      /** Of a question about a package. */
      readonly range: string;
    };

/** What the catalogue of known-exploited vulnerabilities says of the CVE of an `URGENT-CVE-…`; undefined: nothing. */
export async function catalogueEntry(
  tx: Queryable,
  id: string,
): Promise<{ readonly name: string; readonly addedAt: number } | undefined> {
  const [entry] = await tx.query<{ name: string; addedAt: number }>(
    `SELECT name, added_at AS "addedAt" FROM known_exploited WHERE 'URGENT-' || cve = $1`,
    [id],
  );
  return entry;
}

/** The reasons in force for an urgent vulnerability in a project. */
export async function urgentReasons(
  tx: Queryable,
  projectId: string,
  { id }: { readonly id: string },
): Promise<readonly UrgentReason[]> {
  const catalogue = await catalogueEntry(tx, id);
  const item = await findUrgentItem(tx, projectId, id);
  return [
    ...(catalogue === undefined ? [] : [{ source: 'catalogue' as const, ...catalogue }]),
    ...(item?.state === 'open'
      ? [
          {
            source: 'operator' as const,
            askedBy: item.askedBy,
            askedAt: item.askedAt,
            reason: item.reason,
            range: item.range,
          },
        ]
      : []),
  ];
}
