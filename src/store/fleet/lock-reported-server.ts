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

/** The server of a report that was taken in together with others. */
export interface LockedAgentServer extends LockedServer {
  /** Which of the reports, from 0. */
  readonly at: number;
  readonly identity: string;
  readonly name: string;
}

const COLUMNS = `s.id, s.asset_value, s.finding_set, s.finding_since, s.finding_dates, s.due_at`;
const HAS_CREDENTIAL = `EXISTS (SELECT FROM agent_credential c WHERE c.project_id = s.project_id AND c.server_id = s.id)`;

const LOCK = prepared(
  `SELECT ${COLUMNS}, ${HAS_CREDENTIAL} AS is_enrolled
   FROM server s WHERE project_id = $1 AND identity = $2 FOR UPDATE OF s`,
);

// Rows that somebody holds are passed over, so that no report waits for another one's server.
const LOCK_FREE = prepared(
  `SELECT ${COLUMNS}, true AS is_enrolled, r.at - 1 AS at, s.identity, s.name
   FROM unnest($1::text[], $2::text[], $3::text[]) WITH ORDINALITY AS r (project_id, id, machine_id, at)
   JOIN server s ON s.project_id = r.project_id AND s.id = r.id
   WHERE (r.machine_id = '' OR s.machine_id IN ('', r.machine_id)) AND ${HAS_CREDENTIAL}
   ORDER BY s.project_id, s.id FOR UPDATE OF s SKIP LOCKED`,
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
  const [row] = await tx.query<LockedRow>(LOCK, [projectId, identity]);
  return row === undefined ? undefined : lockedServerOf(row);
}

/**
 * The same for servers whose agents report, without waiting: those that are there and that nobody holds, whose agent has a
 * credential, and whose machine is the one that reports. Of each server one report at most.
 */
export async function lockFreeServers(
  tx: Queryable,
  reports: readonly {
    readonly projectId: string;
    readonly serverId: string;
    /** Empty where the machine tells none. */
    readonly machineId: string;
  }[],
): Promise<readonly LockedAgentServer[]> {
  const rows = await tx.query<LockedRow & Pick<LockedAgentServer, 'at' | 'identity' | 'name'>>(LOCK_FREE, [
    reports.map(({ projectId }) => projectId),
    reports.map(({ serverId }) => serverId),
    reports.map(({ machineId }) => machineId),
  ]);
  return rows.map((row) => ({ ...lockedServerOf(row), at: row.at, identity: row.identity, name: row.name }));
}

interface LockedRow {
  readonly id: string;
  readonly asset_value: AssetValue;
  readonly finding_set: number | null;
  readonly finding_since: number;
  readonly finding_dates: readonly number[];
  readonly due_at: number | null;
  readonly is_enrolled: boolean;
}

function lockedServerOf(row: LockedRow): LockedServer {
  return {
    id: row.id,
    isEnrolled: row.is_enrolled,
    assetValue: row.asset_value,
    findingSet: row.finding_set ?? undefined,
    dates: { since: row.finding_since, dates: row.finding_dates },
    dueAt: row.due_at ?? undefined,
  };
}
