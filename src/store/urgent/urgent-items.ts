import type { Queryable } from '../database.ts';
import { storableText } from '../storable-text.ts';

/** Urgent items of a project and their history: one table each, and their statements. */

/** Items of a project that may be open at once: every new package is held against all of them. */
export const URGENT_OPEN_MAX = 1_000;
/** Items listed at once, the latest first. */
export const URGENT_LISTED_MAX = 1_000;
/** Events of an item that are told, the latest first. */
export const URGENT_EVENTS_MAX = 100;

export type UrgentKind = 'cve' | 'kb' | 'package';
export type UrgentState = 'open' | 'retired' | 'removed';

export interface UrgentItem {
  readonly id: string;
  readonly kind: UrgentKind;
  /** The CVE, the KB, or the name of a package. */
  readonly name: string;
  /** Of a package; empty: any. */
  readonly ecosystem: string;
  /** Of a package, as it was written. */
  readonly range: string;
  readonly aliases: readonly string[];
  readonly vulnerability: number;
  readonly askedBy: string;
  readonly askedAt: number;
  readonly reason: string;
  readonly state: UrgentState;
  readonly stateSince: number;
  readonly retiredInto: readonly string[];
  /** Null: nothing has matched yet. */
  readonly firstMatchAt: number | null;
  readonly lastMatchAt: number | null;
}

const COLUMNS = `id, kind, name, ecosystem, range, aliases, vulnerability, asked_by AS "askedBy", asked_at AS "askedAt", reason,
  state, state_since AS "stateSince", retired_into AS "retiredInto", first_match_at AS "firstMatchAt",
  last_match_at AS "lastMatchAt"`;

/** Items that may be matched: all open ones of a project, at most `URGENT_OPEN_MAX`. */
export async function loadOpenUrgentItems(tx: Queryable, projectId: string): Promise<readonly UrgentItem[]> {
  return await tx.query<UrgentItem>(
    `SELECT ${COLUMNS} FROM urgent_item WHERE project_id = $1 AND state = 'open' ORDER BY id`,
    [projectId],
  );
}

/** The latest items, open ones or all. */
export async function listUrgentItems(
  tx: Queryable,
  projectId: string,
  { all }: { readonly all: boolean },
): Promise<readonly UrgentItem[]> {
  return await tx.query<UrgentItem>(
    `SELECT ${COLUMNS} FROM urgent_item WHERE project_id = $1 AND ($2 OR state = 'open')
     ORDER BY asked_at DESC, id LIMIT $3`,
    [projectId, all, URGENT_LISTED_MAX],
  );
}

export async function findUrgentItem(
  tx: Queryable,
  projectId: string,
  id: string,
): Promise<UrgentItem | undefined> {
  const [row] = await tx.query<UrgentItem>(
    `SELECT ${COLUMNS} FROM urgent_item WHERE project_id = $1 AND id = $2`,
    [projectId, id],
  );
  return row;
}

export interface NewUrgentItem
  extends Pick<UrgentItem, 'id' | 'kind' | 'name' | 'ecosystem' | 'range' | 'aliases'> {
  /** One line for people: the title of its vulnerability. */
  readonly title: string;
}

export interface UrgentAct {
  readonly projectId: string;
  readonly actor: string;
  readonly reason: string;
  readonly now: number;
}

/**
 * Opens an item, or opens it again, with its vulnerability and its history. One that is open already stays as it is but for
 * its aliases, and the history tells that it was asked again.
 */
export async function openUrgentItem(tx: Queryable, item: NewUrgentItem, act: UrgentAct): Promise<void> {
  const cves = item.kind === 'cve' ? [item.name] : [];
  await tx.execute(
    `WITH made AS (
       INSERT INTO vulnerability (type, id, title, cves, published_at, known_exploited, revision)
       VALUES ('urgent_vul', $2, $3, $4, $5, false, (SELECT revision FROM advisory_set))
       ON CONFLICT (type, id) DO NOTHING RETURNING number),
     held AS (
       SELECT number FROM made UNION ALL SELECT number FROM vulnerability WHERE type = 'urgent_vul' AND id = $2)
     INSERT INTO urgent_item (project_id, id, kind, name, ecosystem, range, aliases, vulnerability, asked_by, asked_at, reason,
       state_since)
     SELECT $1, $2, $6, $7, $8, $9, $10, number, $11, $5, $12, $5 FROM held LIMIT 1
     ON CONFLICT (project_id, id) DO UPDATE SET
       aliases = ARRAY(SELECT DISTINCT unnest(urgent_item.aliases || excluded.aliases) ORDER BY 1),
       asked_by = CASE urgent_item.state WHEN 'open' THEN urgent_item.asked_by ELSE excluded.asked_by END,
       asked_at = CASE urgent_item.state WHEN 'open' THEN urgent_item.asked_at ELSE excluded.asked_at END,
       reason = CASE urgent_item.state WHEN 'open' THEN urgent_item.reason ELSE excluded.reason END,
       state_since = CASE urgent_item.state WHEN 'open' THEN urgent_item.state_since ELSE excluded.state_since END,
       state = 'open', retired_into = '{}'`,
    [
      act.projectId,
      item.id,
      storableText(item.title),
      cves,
      act.now,
      item.kind,
      storableText(item.name),
      storableText(item.ecosystem),
      storableText(item.range),
      item.aliases.map(storableText),
      act.actor,
      storableText(act.reason),
    ],
  );
  await noteEvent(tx, { id: item.id, kind: 'asked' }, act);
}

/** Closes an open item. False: there is no open one of that id. */
export async function closeUrgentItem(
  tx: Queryable,
  closed: {
    readonly id: string;
    readonly state: 'retired' | 'removed';
    readonly retiredInto: readonly string[];
  },
  act: UrgentAct,
): Promise<boolean> {
  const changed = await tx.execute(
    `UPDATE urgent_item SET state = $3, state_since = $4, retired_into = $5
     WHERE project_id = $1 AND id = $2 AND state = 'open'`,
    [act.projectId, closed.id, closed.state, act.now, closed.retiredInto],
  );
  if (changed > 0) await noteEvent(tx, { id: closed.id, kind: closed.state }, act);
  return changed > 0;
}

async function noteEvent(
  tx: Queryable,
  event: { readonly id: string; readonly kind: 'asked' | 'retired' | 'removed' },
  act: UrgentAct,
): Promise<void> {
  await tx.execute(
    `INSERT INTO urgent_event (project_id, item, kind, actor, reason, at) VALUES ($1, $2, $3, $4, $5, $6)`,
    [act.projectId, event.id, event.kind, act.actor, storableText(act.reason), act.now],
  );
}

export interface UrgentEvent {
  readonly kind: 'asked' | 'retired' | 'removed';
  readonly actor: string;
  readonly reason: string;
  readonly at: number;
}

/** The history of an item, the latest first. */
export async function loadUrgentEvents(
  tx: Queryable,
  projectId: string,
  id: string,
): Promise<readonly UrgentEvent[]> {
  return await tx.query<UrgentEvent>(
    `SELECT kind, actor, reason, at FROM urgent_event WHERE project_id = $1 AND item = $2 ORDER BY id DESC LIMIT $3`,
    [projectId, id, URGENT_EVENTS_MAX],
  );
}
