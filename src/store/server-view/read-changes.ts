/** Reads what changed in the server view since a mark: one statement where little did, a stream where much did. */

import type { ViewRecord } from '../../server-view/view-record.ts';
import type { Queryable, Transaction } from '../database.ts';
import { type SnapshotMark, snapshotMark } from './snapshot-mark.ts';
import {
  FINDINGS_COLUMNS,
  type StoredFindings,
  type StoredViewServer,
  shownKeyOf,
  storedViewRecord,
  VIEW_COLUMNS,
  VIEW_SERVER_COLUMNS,
  VIEW_SERVER_TABLES,
  VIEW_TABLES,
} from './stored-view-record.ts';
import type { ServerChanges, ServerKey, ViewSink } from './view-sink.ts';

/** Changes that one statement reads; more are streamed. */
export const CHANGES_AT_ONCE_MAX = 1_000;

/** Where the database stands: told with every reading of changes. */
export interface ViewMoment {
  readonly mark: SnapshotMark;
  /** Changes of transactions before this one may be gone. */
  readonly prunedBelow: bigint;
  /** When this PostgreSQL was started: another moment is another server, or the same one after a fall. */
  readonly startedAt: string;
  /**
   * Which history of the database this is: PostgreSQL begins another timeline when a replica is promoted or a backup is
   * restored to an earlier moment. Empty on a replica.
   */
  readonly timeline: string;
}

/** `changes` undefined: there are too many, or a group or a whole project changed; read them by `streamChanges`. */
export interface ReadChanges {
  readonly moment: ViewMoment;
  readonly changes: ServerChanges | undefined;
}

const MOMENT = `pg_current_snapshot()::text AS snapshot, h.pruned_below::text AS pruned_below,
  pg_postmaster_start_time()::text AS started_at,
  CASE WHEN pg_is_in_recovery() THEN '' ELSE left(pg_walfile_name(pg_current_wal_lsn()), 8) END AS timeline`;

/** What transactions wrote that the mark ($1: its xmax, $2: those in progress then) did not see. */
const UNSEEN = (limit: string): string => `
  (SELECT project_id, kind, id FROM server_view_change WHERE changed_xid >= $1::xid8 ORDER BY changed_xid ${limit})
  UNION ALL
  (SELECT project_id, kind, id FROM server_view_change WHERE changed_xid = ANY ($2::xid8[]) ORDER BY changed_xid ${limit})`;

/**
 * The rows of the servers in `c`; without one where it is gone. One look into the key's index for each,
 * whatever the planner believes about the number of changes.
 */
const rowOfChange = (columns: string, tables: string): string => `LEFT JOIN LATERAL (
    SELECT ${columns} FROM ${tables} WHERE s.project_id = c.project_id AND s.id = c.id
    OFFSET 0
  ) r ON true`;
const ROW_OF_CHANGE = rowOfChange(VIEW_COLUMNS, VIEW_TABLES);

interface MomentRow {
  readonly snapshot: string;
  readonly pruned_below: string;
  readonly started_at: string;
  readonly timeline: string;
}

interface ChangeRow {
  readonly changed_kind: 'server' | 'group' | 'project' | null;
  readonly changed_project: string;
  readonly changed_id: string;
}

type NoRow<Row> = { readonly [Column in keyof Row]: null };
type MaybeServer = StoredViewServer | NoRow<StoredViewServer>;
type MaybeChanged = (StoredViewServer & Partial<StoredFindings>) | NoRow<StoredViewServer>;
type MaybeViewRow = (StoredViewServer & StoredFindings) | NoRow<StoredViewServer & StoredFindings>;

/** The present moment, without changes. */
export async function readMoment(tx: Queryable): Promise<ViewMoment> {
  const [row] = await tx.query<MomentRow>(`SELECT ${MOMENT} FROM server_view_horizon h`);
  return momentOf(row);
}

/** Everything that `mark` had not seen and that is committed now, and the moment of this "now". One round trip. */
export async function readChanges(tx: Queryable, mark: SnapshotMark): Promise<ReadChanges> {
  const rows = await tx.query<MomentRow & { readonly noted: number } & ChangeRow & MaybeViewRow>(
    `WITH noted AS MATERIALIZED (${UNSEEN('LIMIT $3')}), changed AS (SELECT DISTINCT project_id, kind, id FROM noted)
     SELECT ${MOMENT}, (SELECT count(*) FROM noted) AS noted, c.kind AS changed_kind, c.project_id AS changed_project, c.id AS changed_id, r.*
     FROM server_view_horizon h
     LEFT JOIN changed c ON true
     ${ROW_OF_CHANGE.replace('ON true', `ON c.kind = 'server'`)}`,
    [...parametersOf(mark), CHANGES_AT_ONCE_MAX],
  );
  const moment = momentOf(rows[0]);
  const changed = rows.filter((row) => row.changed_kind !== null);
  const isMuch =
    (rows[0]?.noted ?? 0) >= CHANGES_AT_ONCE_MAX || changed.some((row) => row.changed_kind !== 'server');
  return { moment, changes: isMuch ? undefined : changesOf(changed) };
}

/**
 * The same for any number of changes, in batches. `tx` is to be `repeatable read`: all batches are of its snapshot. What a
 * server lists is read only where `sink` does not know it: of many changes most lead to the same lists.
 */
export async function* streamChanges(
  tx: Transaction,
  mark: SnapshotMark,
  sink: Pick<ViewSink, 'knows'>,
): AsyncGenerator<ServerChanges> {
  const parameters = parametersOf(mark);
  const batches = tx.stream<ChangeRow & MaybeServer>(
    `WITH changed AS MATERIALIZED (${UNSEEN('')}),
     keys AS (
       SELECT project_id, id FROM changed WHERE kind = 'server'
       UNION SELECT s.project_id, s.id FROM server s
         WHERE s.project_id IN (SELECT project_id FROM changed WHERE kind = 'project')
           OR (s.project_id, s.group_id) IN (SELECT project_id, id FROM changed WHERE kind = 'group')
     )
     SELECT 'server' AS changed_kind, c.project_id AS changed_project, c.id AS changed_id, r.*
     FROM keys c ${rowOfChange(VIEW_SERVER_COLUMNS, VIEW_SERVER_TABLES)}`,
    parameters,
    CHANGES_AT_ONCE_MAX,
  );
  for await (const batch of batches) {
    const unknown = await unknownFindings(tx, batch, sink);
    yield changesOf(batch, unknown);
  }
}

/** What the sets of findings hold that servers of `batch` have and `sink` does not know, by their number. */
async function unknownFindings(
  tx: Queryable,
  batch: readonly MaybeServer[],
  sink: Pick<ViewSink, 'knows'>,
): Promise<ReadonlyMap<number, StoredFindings>> {
  const wanted = new Map<number, string>();
  let lacksNone = false;
  for (const row of batch) {
    if (row.id === null || sink.knows(row.project_id, shownKeyOf(row.finding_set, row.include_unfixed)))
      continue;
    if (row.finding_set === 0) lacksNone = true;
    else wanted.set(row.finding_set, row.project_id);
  }
  const rows =
    wanted.size === 0
      ? []
      : await tx.query<StoredFindings & { readonly id: number }>(
          `SELECT f.id, ${FINDINGS_COLUMNS} FROM unnest($1::text[], $2::bigint[]) AS w (project_id, id)
           JOIN finding_set f USING (project_id, id)`,
          [[...wanted.values()], [...wanted.keys()]],
        );
  const found = new Map<number, StoredFindings>(rows.map(({ id, ...findings }) => [id, findings]));
  if (lacksNone) found.set(0, { finding_vulnerability: [], finding_status: null, finding_fixable: null });
  return found;
}

/** The present rows of the given servers. */
export async function readServers(tx: Queryable, keys: readonly ServerKey[]): Promise<ServerChanges> {
  const rows = await tx.query<ChangeRow & MaybeViewRow>(
    `SELECT 'server' AS changed_kind, c.project_id AS changed_project, c.id AS changed_id, r.*
     FROM unnest($1::text[], $2::text[]) AS c (project_id, id) ${ROW_OF_CHANGE}`,
    [keys.map((key) => key.projectId), keys.map((key) => key.id)],
  );
  return changesOf(rows);
}

function parametersOf(mark: SnapshotMark): readonly [string, readonly string[]] {
  return [String(mark.xmax), mark.inProgress.map(String)];
}

function momentOf(row: MomentRow | undefined): ViewMoment {
  if (row === undefined) throw new Error('table server_view_horizon has lost its row');
  return {
    mark: snapshotMark(row.snapshot),
    prunedBelow: BigInt(row.pruned_below),
    startedAt: row.started_at,
    timeline: row.timeline,
  };
}

/** Rows came with their findings, or these are in `unknown` where the sink does not know them. */
function changesOf(
  rows: readonly (ChangeRow & MaybeChanged)[],
  unknown?: ReadonlyMap<number, StoredFindings>,
): ServerChanges {
  const upserts: ViewRecord[] = [];
  const removals: ServerKey[] = [];
  for (const row of rows) {
    if (row.id === null) removals.push({ projectId: row.changed_project, id: row.changed_id });
    else upserts.push(storedViewRecord(row, hasFindings(row) ? row : unknown?.get(row.finding_set)));
  }
  return { upserts, removals };
}

function hasFindings(row: Partial<StoredFindings>): row is StoredFindings {
  return row.finding_vulnerability !== undefined;
}
