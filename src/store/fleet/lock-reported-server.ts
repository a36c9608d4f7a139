import type { FindingDates } from '../../findings/finding-dates.ts';
import type { AssetValue } from '../../matching/priority.ts';
import type { Queryable } from '../database.ts';
import { prepared } from '../prepared-sql.ts';

/** What taking a report in needs of its server's row. */
export interface LockedServer {
  readonly id: string;
  /** Whether its agent has a credential. */
  readonly isEnrolled: boolean;
  readonly assetValue: AssetValue;
  /** Number of its set of findings; undefined: it was never assessed. */
  readonly findingSet: number | undefined;
  /** The moments of those findings. */
  readonly dates: FindingDates;
  readonly dueAt: number | undefined;
}

const LOCK = prepared(
  `SELECT id, asset_value, finding_set, finding_since, finding_dates, due_at,
     EXISTS (SELECT FROM agent_credential c WHERE c.project_id = s.project_id AND c.server_id = s.id) AS is_enrolled
   FROM server s WHERE project_id = $1 AND identity = $2 FOR UPDATE OF s`,
);

/**
 * Reads the server that is known by `identity` and locks its row until the transaction ends. A statement of its own: what else
 * is read of the server is to be read when nobody can change it any more.
 */
export async function lockReportedServer(
  tx: Queryable,
  projectId: string,
  identity: string,
): Promise<LockedServer | undefined> {
  const [row] = await tx.query<{
    id: string;
    asset_value: AssetValue;
    finding_set: number | null;
    finding_since: number;
    finding_dates: readonly number[];
    due_at: number | null;
    is_enrolled: boolean;
  }>(LOCK, [projectId, identity]);
  if (row === undefined) return undefined;
  return {
    id: row.id,
    isEnrolled: row.is_enrolled,
    assetValue: row.asset_value,
    findingSet: row.finding_set ?? undefined,
    dates: { since: row.finding_since, dates: row.finding_dates },
    dueAt: row.due_at ?? undefined,
  };
}
