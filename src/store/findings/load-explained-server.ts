import { FINDING_STATUS_WORDS, type FindingStatus } from '../../findings/finding.ts';
import type { AssetValue } from '../../matching/priority.ts';
import type { Queryable } from '../database.ts';
import type { AssessableServer } from './load-assessable.ts';
import { FINDING_SET_COLUMNS, type FindingsRow, findingsOf } from './load-assessable.ts';

/** Events of a finding that are told, the latest first. */
export const EXPLAINED_EVENTS_MAX = 50;

/** A server as an explanation needs it. */
export interface ExplainedServer extends Omit<AssessableServer, 'dueAt' | 'packageSet'> {
  readonly packagePaths: ReadonlyMap<string, readonly string[]>;
}

/** Reads a server of the project as an assessment would, without locking it, and where its packages lie. */
export async function loadExplainedServer(
  tx: Queryable,
  { projectId, serverId }: { readonly projectId: string; readonly serverId: string },
): Promise<ExplainedServer | undefined> {
  const [row] = await tx.query<ExplainedRow>(
    `SELECT s.id, s.asset_value, s.kernel_release, s.kernel_version, s.restart_packages, s.package_paths,
       coalesce(i.package_ids, '{}') AS package_ids, s.finding_since AS since, s.finding_dates AS dates, ${FINDING_SET_COLUMNS}
     FROM server s
     LEFT JOIN package_set i ON i.project_id = s.project_id AND i.id = s.package_set
     LEFT JOIN finding_set f ON f.project_id = s.project_id AND f.id = s.finding_set
     WHERE s.project_id = $1 AND s.id = $2`,
    [projectId, serverId],
  );
  if (row === undefined) return undefined;
  return {
    id: row.id,
    assetValue: row.asset_value,
    kernelRelease: row.kernel_release,
    kernelVersion: row.kernel_version,
    restartPackages: row.restart_packages,
    packageIds: row.package_ids,
    findings: findingsOf(row),
    // Written by saveReport from package numbers to lists of paths.
    packagePaths: new Map(Object.entries(JSON.parse(row.package_paths) as Record<string, readonly string[]>)),
  };
}

interface ExplainedRow extends FindingsRow {
  readonly id: string;
  readonly asset_value: AssetValue;
  readonly kernel_release: string;
  readonly kernel_version: string;
  readonly restart_packages: readonly string[];
  readonly package_paths: string;
  readonly package_ids: readonly number[];
}

/** What a person decided about a finding, with who and why. */
export interface ExplainedDecision {
  readonly kind: 'ignored' | 'claimed_fixed';
  readonly decidedBy: string;
  readonly decidedAt: number;
  readonly remark: string;
  /** Null: until undone. */
  readonly until: number | null;
}

interface FindingKey {
  readonly projectId: string;
  readonly serverId: string;
  readonly vulnerability: number;
}

export async function loadExplainedDecision(
  tx: Queryable,
  { projectId, serverId, vulnerability }: FindingKey,
): Promise<ExplainedDecision | undefined> {
  const [row] = await tx.query<ExplainedDecision>(
    `SELECT kind, decided_by AS "decidedBy", decided_at AS "decidedAt", remark, until FROM decision
     WHERE project_id = $1 AND server_id = $2 AND vulnerability = $3`,
    [projectId, serverId, vulnerability],
  );
  return row;
}

export interface ExplainedEvent {
  readonly kind: string;
  readonly statusBefore: FindingStatus | null;
  readonly statusAfter: FindingStatus | null;
  readonly actor: string;
  readonly remark: string;
  readonly at: number;
}

/** The history of a finding, the latest first, `EXPLAINED_EVENTS_MAX` at most. */
export async function loadExplainedEvents(
  tx: Queryable,
  { projectId, serverId, vulnerability }: FindingKey,
): Promise<readonly ExplainedEvent[]> {
  const rows = await tx.query<{
    kind: string;
    status_before: number | null;
    status_after: number | null;
    actor: string;
    remark: string;
    at: number;
  }>(
    `SELECT kind, status_before, status_after, actor, remark, at FROM finding_event
     WHERE project_id = $1 AND server_id = $2 AND vulnerability = $3 ORDER BY at DESC, id DESC LIMIT $4`,
    [projectId, serverId, vulnerability, EXPLAINED_EVENTS_MAX],
  );
  return rows.map(({ status_before, status_after, ...event }) => ({
    ...event,
    statusBefore: wordOf(status_before),
    statusAfter: wordOf(status_after),
  }));
}

function wordOf(status: number | null): FindingStatus | null {
  return status === null ? null : (FINDING_STATUS_WORDS[status] ?? null);
}
