/** What following advisories needs of servers: of their findings only those of the vulnerabilities that were touched. */
import { type UndatedFinding, undatedFindings } from '../../findings/finding-columns.ts';
import { DATES_LENGTH_MAX } from '../../findings/finding-dates.ts';
import type { PriorityCounts } from '../../findings/summary.ts';
import type { AssetValue } from '../../matching/priority.ts';
import type { Queryable } from '../database.ts';
import { type LockedServers, lockServers, type ServerChoice } from './load-assessable.ts';

/** Servers with the same packages, findings and worth to their owner. */
export interface TouchedGroup extends LockedServers {
  readonly assetValue: AssetValue;
  readonly packageSet: number | undefined;
  readonly findingSet: number | undefined;
  /** Whether the servers have no finding at all. */
  readonly hasNone: boolean;
  /** Those of the touched vulnerabilities, ascending. */
  readonly findings: readonly UndatedFinding[];
  readonly openCount: number;
  readonly counts: PriorityCounts;
  /** Bit `n` is set where a listed finding has the status numbered `n`. */
  readonly statusBits: number;
  readonly dueAt: number | undefined;
  /** Something was decided on it, something is fixed, or its moments have to be read: it is to be assessed whole. */
  readonly isDated: boolean;
}

interface GroupRow {
  readonly server_ids: readonly string[];
  readonly rows: readonly string[];
  readonly asset_value: AssetValue;
  readonly package_set: number | null;
  readonly finding_set: number | null;
  readonly has_none: boolean;
  readonly vulnerability: readonly number[];
  readonly status: readonly number[];
  readonly priority: readonly number[];
  readonly fixable: readonly boolean[];
  readonly open: number;
  readonly critical: number;
  readonly high: number;
  readonly medium: number;
  readonly low: number;
  readonly status_bits: number;
  readonly due_at: number | null;
  readonly is_dated: boolean;
}

/** Reads servers and locks their rows until the transaction ends, as `loadAssessableServers` does; `touched` ascending. */
export async function loadTouchedGroups(
  tx: Queryable,
  projectId: string,
  choice: ServerChoice,
  touched: readonly number[],
): Promise<readonly TouchedGroup[]> {
  const locked = await lockServers(tx, projectId, choice);
  const rows = await tx.query<GroupRow>(
    `WITH keyed AS (
       SELECT s.id, s.ctid AS row, s.asset_value, s.package_set, s.finding_set, s.due_at, s.open_count AS open, s.critical_count AS critical,
         s.high_count AS high, s.medium_count AS medium, s.low_count AS low, s.status_bits,
         (cardinality(s.finding_dates) >= $4 OR coalesce(f.has_fixed, false)
           OR EXISTS (SELECT FROM decision d WHERE d.project_id = $1 AND d.server_id = s.id)) AS is_dated
       FROM server s LEFT JOIN finding_set f ON f.project_id = $1 AND f.id = s.finding_set
       WHERE s.ctid = ANY ($2::tid[])),
     grouped AS (
       SELECT array_agg(id ORDER BY id) AS server_ids, array_agg(row::text ORDER BY id) AS rows, asset_value, package_set, finding_set, due_at, open, critical, high, medium,
         low, status_bits, is_dated
       FROM keyed
       GROUP BY asset_value, package_set, finding_set, due_at, open, critical, high, medium, low, status_bits, is_dated)
     SELECT g.*, coalesce(cardinality(f.vulnerability), 0) = 0 AS has_none, held.*
     FROM grouped g LEFT JOIN finding_set f ON f.project_id = $1 AND f.id = g.finding_set
     CROSS JOIN LATERAL (
       SELECT coalesce(array_agg(number ORDER BY number), '{}') AS vulnerability,
         coalesce(array_agg(f.status[at] ORDER BY number), '{}') AS status,
         coalesce(array_agg(f.priority[at] ORDER BY number), '{}') AS priority,
         coalesce(array_agg(f.fixable[at] ORDER BY number), '{}') AS fixable
       FROM (SELECT number, width_bucket(number, f.vulnerability) AS at FROM unnest($3::integer[]) AS t (number)) p
       WHERE f.vulnerability[at] = number) held`,
    [projectId, locked, touched, DATES_LENGTH_MAX],
  );
  return rows.map((row) => ({
    serverIds: row.server_ids,
    rows: row.rows,
    assetValue: row.asset_value,
    packageSet: row.package_set ?? undefined,
    findingSet: row.finding_set ?? undefined,
    hasNone: row.has_none,
    findings: undatedFindings(row),
    openCount: row.open,
    counts: { Critical: row.critical, High: row.high, Medium: row.medium, Low: row.low },
    statusBits: row.status_bits,
    dueAt: row.due_at ?? undefined,
    isDated: row.is_dated,
  }));
}
