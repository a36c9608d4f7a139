/** Reads what changed in the server view since a mark: one statement where little did, a stream where much did. */

import type { FindingsRecord, ShownVulnerabilities, ViewRecord } from '../../server-view/view-record.ts';
import type { Queryable, Transaction } from '../database.ts';
import { prepared } from '../prepared-sql.ts';
import { copiedChanges, copiedFindings } from './copied-view-records.ts';
import { type SnapshotMark, snapshotMark } from './snapshot-mark.ts';
import {
  FINDINGS_COLUMNS,
  findingSetOf,
  includesUnfixedOf,
  type StoredFindings,
  type StoredViewServer,
  shownNumbers,
  storedViewRecord,
  VIEW_COLUMNS,
  VIEW_FINDINGS_COLUMNS,
  VIEW_SERVER_COLUMNS,
  VIEW_SERVER_TABLES,
  VIEW_TABLES,
} from './stored-view-record.ts';
import type { ServerChanges, ServerKey, ViewSink } from './view-sink.ts';

/** Changes that one statement reads, each with what it lists; more are streamed. */
export const CHANGES_AT_ONCE_MAX = 250;
/** Servers that are applied in one go, and about so many more: nothing else is answered meanwhile. */
const STREAMED_AT_ONCE = 1_000;

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

/**
 * `changes` undefined: there are too many, or other than servers by themselves changed; read them by `streamChanges` and
 * `streamFindings`.
 */
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
const rowOfChange = (condition: string): string => `LEFT JOIN LATERAL (
    SELECT ${VIEW_COLUMNS} FROM ${VIEW_TABLES} WHERE s.project_id = c.project_id AND s.id = c.id AND ${condition}
    OFFSET 0
  ) r ON true`;

const READ_CHANGES = prepared(
  `WITH noted AS MATERIALIZED (${UNSEEN('LIMIT $3')}), changed AS (SELECT DISTINCT project_id, kind, id FROM noted)
   SELECT ${MOMENT}, (SELECT count(*) FROM noted) AS noted, c.kind AS changed_kind, c.project_id AS changed_project, c.id AS changed_id, r.*
   FROM server_view_horizon h
   LEFT JOIN changed c ON true
   ${rowOfChange(`c.kind = 'server' AND (SELECT count(*) FROM noted) < $3`)}`,
);

interface MomentRow {
  readonly snapshot: string;
  readonly pruned_below: string;
  readonly started_at: string;
  readonly timeline: string;
}

interface ChangeRow {
  readonly changed_kind: 'server' | 'group' | 'project' | 'package_set' | null;
  readonly changed_project: string;
  readonly changed_id: string;
}

type NoRow<Row> = { readonly [Column in keyof Row]: null };
type MaybeViewRow = (StoredViewServer & StoredFindings) | NoRow<StoredViewServer & StoredFindings>;

/** The present moment, without changes. */
export async function readMoment(tx: Queryable): Promise<ViewMoment> {
  const [row] = await tx.query<MomentRow>(`SELECT ${MOMENT} FROM server_view_horizon h`);
  return momentOf(row);
}

/** Everything that `mark` had not seen and that is committed now, and the moment of this "now". One round trip. */
export async function readChanges(tx: Queryable, mark: SnapshotMark): Promise<ReadChanges> {
  const rows = await tx.query<MomentRow & { readonly noted: number } & ChangeRow & MaybeViewRow>(
    READ_CHANGES,
    [...parametersOf(mark), CHANGES_AT_ONCE_MAX],
  );
  const moment = momentOf(rows[0]);
  const changed = rows.filter((row) => row.changed_kind !== null);
  const isMuch =
    (rows[0]?.noted ?? 0) >= CHANGES_AT_ONCE_MAX || changed.some((row) => row.changed_kind !== 'server');
  return { moment, changes: isMuch ? undefined : changesOf(changed) };
}

/** What `streamChanges` takes and gives lists of vulnerabilities through. */
export interface ShownLists extends Pick<ViewSink, 'knows'> {
  readonly learn: (shown: readonly ShownVulnerabilities[]) => Promise<void>;
  /** Not the transaction, which is busy copying: sets of findings never change, so any moment will do. */
  readonly database: Queryable;
}

/**
 * The same for any number of changes, in batches. `tx` is to be `repeatable read`: all batches are of its snapshot. Of many
 * changes most lead to the same lists, so a list is read once, before the batch that needs it and where it is not known.
 */
export async function* streamChanges(
  tx: Transaction,
  mark: SnapshotMark,
  lists: ShownLists,
): AsyncGenerator<ServerChanges> {
  const rows = tx.copyOut(
    `${changedKeys(mark)} SELECT c.project_id, c.id, r.* FROM keys c
     LEFT JOIN LATERAL (${serverOfKey(VIEW_SERVER_COLUMNS)}) r ON true`,
  );
  let upserts: ViewRecord[] = [];
  let removals: ServerKey[] = [];
  for await (const batch of copiedChanges(rows)) {
    for (const { key, record } of batch) {
      if (record === undefined) removals.push(key);
      else upserts.push(record);
    }
    if (upserts.length + removals.length < STREAMED_AT_ONCE) continue;
    await learnUnknown(upserts, lists);
    yield { upserts, removals };
    upserts = [];
    removals = [];
  }
  await learnUnknown(upserts, lists);
  yield { upserts, removals };
}

/**
 * What following advisories changed, which notes sets of packages: of the servers that have them no more than their findings
 * is read. To be applied after what `streamChanges` gives, in the same transaction.
 */
export async function* streamFindings(
  tx: Transaction,
  mark: SnapshotMark,
  lists: ShownLists,
): AsyncGenerator<readonly FindingsRecord[]> {
  const rows = tx.copyOut(
    `WITH changed AS MATERIALIZED (${unseen(mark)}),
       sets AS (SELECT DISTINCT project_id, id::bigint AS package_set FROM changed WHERE kind = 'package_set')
     SELECT r.* FROM sets c CROSS JOIN LATERAL (
       SELECT ${VIEW_FINDINGS_COLUMNS} FROM server s LEFT JOIN project_setting ps ON ps.project_id = s.project_id
       WHERE s.project_id = c.project_id AND s.package_set = c.package_set OFFSET 0) r`,
  );
  let records: FindingsRecord[] = [];
  for await (const batch of copiedFindings(rows)) {
    records.push(...batch);
    if (records.length < STREAMED_AT_ONCE) continue;
    await learnUnknown(records, lists);
    yield records;
    records = [];
  }
  await learnUnknown(records, lists);
  yield records;
}

/** Reads what records list whose keys are not known. */
async function learnUnknown(records: readonly FindingsRecord[], lists: ShownLists): Promise<void> {
  const unknown = new Map<string, { readonly projectId: string; readonly shownKey: number }>();
  for (const { projectId, shownKey } of records)
    if (!lists.knows(projectId, shownKey)) unknown.set(`${projectId} ${shownKey}`, { projectId, shownKey });
  if (unknown.size > 0) await lists.learn(await readShown(lists.database, [...unknown.values()]));
}

/** Servers whose rows transactions wrote that the mark did not see, and those whose group or project changed, as `keys`. */
function changedKeys(mark: SnapshotMark): string {
  // Without EXISTS every round would look through all servers.
  return `WITH changed AS MATERIALIZED (${unseen(mark)}),
    keys AS (
      SELECT project_id, id FROM changed WHERE kind = 'server'
      UNION SELECT s.project_id, s.id FROM server s
        WHERE EXISTS (SELECT FROM changed WHERE kind IN ('group', 'project')) AND (
          s.project_id IN (SELECT project_id FROM changed WHERE kind = 'project')
          OR (s.project_id, s.group_id) IN (SELECT project_id, id FROM changed WHERE kind = 'group'))
    )`;
}

/** `UNSEEN` without parameters, which COPY does not take; a mark is made of numbers alone. */
function unseen(mark: SnapshotMark): string {
  return UNSEEN('')
    .replace('$1', `'${mark.xmax}'`)
    .replace('$2', `'{${mark.inProgress.join(',')}}'`);
}

/** The server of the key `c`: one look into the key's index, whatever the planner believes about the number of changes. */
function serverOfKey(columns: string): string {
  return `SELECT ${columns} FROM ${VIEW_SERVER_TABLES} WHERE s.project_id = c.project_id AND s.id = c.id OFFSET 0`;
}

/** What servers list that come with these keys. */
async function readShown(
  database: Queryable,
  keys: readonly Pick<ShownVulnerabilities, 'projectId' | 'shownKey'>[],
): Promise<readonly ShownVulnerabilities[]> {
  const rows = await database.query<
    StoredFindings & { readonly project_id: string; readonly shown_key: number }
  >(
    `SELECT w.project_id, w.shown_key, ${FINDINGS_COLUMNS}
     FROM unnest($1::text[], $2::bigint[], $3::bigint[]) AS w (project_id, shown_key, finding_set)
     LEFT JOIN finding_set f ON f.project_id = w.project_id AND f.id = w.finding_set`,
    [
      keys.map((key) => key.projectId),
      keys.map((key) => key.shownKey),
      keys.map((key) => findingSetOf(key.shownKey)),
    ],
  );
  return rows.map((row) => ({
    projectId: row.project_id,
    shownKey: row.shown_key,
    numbers: shownNumbers(row, includesUnfixedOf(row.shown_key)),
  }));
}

/** The present rows of the given servers. */
export async function readServers(tx: Queryable, keys: readonly ServerKey[]): Promise<ServerChanges> {
  const rows = await tx.query<ChangeRow & MaybeViewRow>(
    `SELECT 'server' AS changed_kind, c.project_id AS changed_project, c.id AS changed_id, r.*
     FROM unnest($1::text[], $2::text[]) AS c (project_id, id) ${rowOfChange('true')}`,
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

function changesOf(rows: readonly (ChangeRow & MaybeViewRow)[]): ServerChanges {
  const upserts: ViewRecord[] = [];
  const removals: ServerKey[] = [];
  for (const row of rows) {
    if (row.id === null) removals.push({ projectId: row.changed_project, id: row.changed_id });
    else upserts.push(storedViewRecord(row, row));
  }
  return { upserts, removals };
}
