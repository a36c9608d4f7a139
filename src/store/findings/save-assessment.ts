import type { Assessment, FindingEvent } from '../../findings/assess.ts';
import { FINDING_STATUSES } from '../../findings/finding.ts';
import type { ChangedColumns, FindingColumns } from '../../findings/finding-columns.ts';
import type { DatesToWrite } from '../../findings/finding-dates.ts';
import type { ServerSummary } from '../../findings/summary.ts';
import type { Queryable, SqlValue } from '../database.ts';
import { KEPT_PLAN_LIST_MAX, prepared } from '../prepared-sql.ts';
import { arrayText } from '../sql-array.ts';
import { internChangedSets, internFindingSets } from './finding-sets.ts';
import type { LockedServers } from './load-assessable.ts';

/** What an assessment says of a group of servers. */
export interface AssessedGroup extends Omit<Assessment, 'findings'>, LockedServers {
  /** All findings, or what changes of those that are stored. */
  readonly columns: FindingColumns | ChangedColumns;
  readonly dates: DatesToWrite;
  readonly summary: ServerSummary;
}

/** What the history tells of an assessment. */
type AssessedHistory = Pick<AssessedGroup, 'serverIds' | 'events' | 'endedDecisions'>;

export interface AssessmentNote {
  readonly projectId: string;
  /** Who caused it, for the history: a user, `report`, `advisories` or `clock`. */
  readonly actor: string;
  readonly remark: string;
  readonly now: number;
}

/** Writes the findings of all servers of the groups, their summary and history, and removes decisions that came to their end. */
export async function saveAssessments(
  tx: Queryable,
  note: AssessmentNote,
  assessed: readonly AssessedGroup[],
): Promise<void> {
  if (assessed.length === 0) return;
  const { projectId, now } = note;
  const sets = await internSets(tx, { projectId, now }, assessed);
  await updateServers(tx, { ...note, sets }, assessed);
  await removeDecisions(tx, projectId, assessed);
}

/** Writes what became of the findings, and removes the decisions that came to their end: all but the servers' rows. */
export async function saveHistory(
  tx: Queryable,
  note: AssessmentNote,
  assessed: readonly AssessedHistory[],
): Promise<void> {
  await insertEvents(tx, note, assessed);
  await removeDecisions(tx, note.projectId, assessed);
}

/** Numbers of the sets, in the order of `assessed`. */
async function internSets(
  tx: Queryable,
  { projectId, now }: Pick<AssessmentNote, 'projectId' | 'now'>,
  assessed: readonly AssessedGroup[],
): Promise<readonly number[]> {
  const whole = assessed.flatMap(({ columns }) => ('base' in columns ? [] : [columns]));
  const changed = assessed.flatMap(({ columns }) => ('base' in columns ? [columns] : []));
  const numbers = {
    whole: (await internFindingSets(tx, projectId, { sets: whole, now })).values(),
    changed: (await internChangedSets(tx, projectId, { sets: changed, now })).values(),
  };
  return assessed.map(({ columns }) => numbers['base' in columns ? 'changed' : 'whole'].next().value ?? 0);
}

/** SQL that writes the events of $1 to $9 on the servers of `members`, a query of `id` and `of_group`. */
const insertEventsSql = (members: string): string =>
  `INSERT INTO finding_event (project_id, server_id, vulnerability, kind, status_before, status_after, actor, remark, at)
   SELECT $1, m.id, v.number, e.kind, e.status_before, e.status_after, $2, $3, $4
   FROM (${members}) m
   JOIN unnest($5::integer[], $6::text[], $7::text[], $8::smallint[], $9::smallint[])
     AS e (of_group, vulnerabilities, kind, status_before, status_after) USING (of_group)
   CROSS JOIN LATERAL unnest(e.vulnerabilities::integer[]) AS v (number)`;

function eventParameters(
  { projectId, actor, remark, now }: AssessmentNote,
  assessed: readonly Pick<AssessedGroup, 'events'>[],
): readonly SqlValue[] {
  const events = assessed.flatMap((group, index) =>
    eventsAlike(group.events).map((alike) => ({ ...alike, group: index + 1 })),
  );
  return [
    projectId,
    actor,
    remark,
    now,
    events.map((event) => event.group),
    events.map((event) => arrayText(event.vulnerabilities)),
    events.map((event) => event.kind),
    events.map((event) => (event.statusBefore === undefined ? null : FINDING_STATUSES[event.statusBefore])),
    events.map((event) => (event.statusAfter === undefined ? null : FINDING_STATUSES[event.statusAfter])),
  ];
}

/** The rows and their events in one statement, so that ids need not be sent for the events. */
const UPDATE_SERVERS = `WITH updated AS (
     UPDATE server s SET
       finding_set = g.finding_set, finding_since = coalesce(g.since, s.finding_since),
       finding_dates = CASE WHEN g.since IS NULL THEN s.finding_dates || g.dates::bigint[] ELSE g.dates::bigint[] END,
       open_count = g.open, critical_count = g.critical, high_count = g.high, medium_count = g.medium, low_count = g.low,
       score = g.score, level = g.level, status_bits = g.status_bits, due_at = g.due_at
     FROM unnest($10::tid[], $11::integer[]) AS m (row, of_group)
     JOIN unnest($12::bigint[], $13::bigint[], $14::text[], $15::integer[], $16::integer[], $17::integer[], $18::integer[],
         $19::integer[], $20::smallint[], $21::text[], $22::smallint[], $23::bigint[]) WITH ORDINALITY
       AS g (finding_set, since, dates, open, critical, high, medium, low, score, level, status_bits, due_at, at)
       ON g.at = m.of_group
     WHERE s.project_id = $1 AND s.ctid = m.row
     RETURNING s.id, m.of_group)
   ${insertEventsSql('SELECT id, of_group FROM updated')}`;

async function updateServers(
  tx: Queryable,
  { sets, ...note }: AssessmentNote & { readonly sets: readonly number[] },
  assessed: readonly AssessedGroup[],
): Promise<void> {
  await tx.execute(UPDATE_SERVERS, [
    ...eventParameters(note, assessed),
    assessed.flatMap(({ rows }) => [...rows]),
    groupsOf(assessed),
    sets,
    assessed.map(({ dates }) => dates.since ?? null),
    assessed.map(({ dates }) => arrayText(dates.dates)),
    assessed.map(({ summary }) => summary.openCount),
    assessed.map(({ summary }) => summary.counts.Critical),
    assessed.map(({ summary }) => summary.counts.High),
    assessed.map(({ summary }) => summary.counts.Medium),
    assessed.map(({ summary }) => summary.counts.Low),
    assessed.map(({ summary }) => summary.score),
    assessed.map(({ summary }) => summary.level),
    assessed.map(({ summary }) => summary.statusBits),
    assessed.map(({ dueAt }) => dueAt ?? null),
  ]);
}

/** Of each server the number of its group, from 1. */
function groupsOf(assessed: readonly Pick<AssessedGroup, 'serverIds'>[]): number[] {
  return assessed.flatMap(({ serverIds }, index) => serverIds.map(() => index + 1));
}

const INSERT_EVENTS = insertEventsSql(
  'SELECT * FROM unnest($10::text[], $11::integer[]) AS m (id, of_group)',
);
const INSERT_EVENTS_OF_FEW = prepared(INSERT_EVENTS);

async function insertEvents(
  tx: Queryable,
  note: AssessmentNote,
  assessed: readonly AssessedHistory[],
): Promise<void> {
  const changed = assessed.filter((group) => group.events.length > 0);
  if (changed.length === 0) return;
  const ids = changed.flatMap(({ serverIds }) => [...serverIds]);
  await tx.execute(ids.length <= KEPT_PLAN_LIST_MAX ? INSERT_EVENTS_OF_FEW : INSERT_EVENTS, [
    ...eventParameters(note, changed),
    ids,
    groupsOf(changed),
  ]);
}

interface EventsAlike extends Omit<FindingEvent, 'vulnerability'> {
  readonly vulnerabilities: readonly number[];
}

/** Events that say the same of different vulnerabilities as one: a first report brings hundreds that do. */
function eventsAlike(events: readonly FindingEvent[]): readonly EventsAlike[] {
  const alike: (EventsAlike & { readonly vulnerabilities: number[] })[] = [];
  for (const event of events) {
    const held = alike.find(
      (one) =>
        one.kind === event.kind &&
        one.statusBefore === event.statusBefore &&
        one.statusAfter === event.statusAfter,
    );
    if (held !== undefined) {
      held.vulnerabilities.push(event.vulnerability);
      continue;
    }
    const { vulnerability, ...same } = event;
    alike.push({ ...same, vulnerabilities: [vulnerability] });
  }
  return alike;
}

async function removeDecisions(
  tx: Queryable,
  projectId: string,
  assessed: readonly AssessedHistory[],
): Promise<void> {
  const ended = assessed.flatMap(({ serverIds, endedDecisions }) =>
    serverIds.flatMap((serverId) => endedDecisions.map((vulnerability) => ({ serverId, vulnerability }))),
  );
  if (ended.length === 0) return;
  await tx.execute(
    `DELETE FROM decision d USING unnest($2::text[], $3::integer[]) AS e (server_id, vulnerability)
     WHERE d.project_id = $1 AND d.server_id = e.server_id AND d.vulnerability = e.vulnerability`,
    [projectId, ended.map((one) => one.serverId), ended.map((one) => one.vulnerability)],
  );
}
