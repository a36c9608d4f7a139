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

/** The reasons in force for an urgent vulnerability in a project. */
export async function urgentReasons(
  tx: Queryable,
  projectId: string,
  { id }: { readonly id: string },
): Promise<readonly UrgentReason[]> {
  const catalogue = await tx.query<{ name: string; addedAt: number }>(
    `SELECT name, added_at AS "addedAt" FROM known_exploited WHERE 'URGENT-' || cve = $1`,
    [id],
  );
  const item = await findUrgentItem(tx, projectId, id);
  return [
    ...catalogue.map((entry) => ({ source: 'catalogue' as const, ...entry })),
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
