/** What following advisories needs of servers: of their findings only those of the vulnerabilities that were touched. */
import { FINDING_STATUSES, FIXING_PRIORITIES, type FixingPriority } from '../../findings/finding.ts';
import { type UndatedFinding, undatedFindings } from '../../findings/finding-columns.ts';
import { DATES_LENGTH_MAX } from '../../findings/finding-dates.ts';
import type { PriorityCounts } from '../../findings/summary.ts';
import type { AssetValue } from '../../matching/priority.ts';
import type { Queryable } from '../database.ts';
import { type LockedServers, lockServers, type ServerChoice } from './load-assessable.ts';

const UNFIX = FINDING_STATUSES.vul_status_unfix;

/** Servers with the same packages, findings and worth to their owner. */
export interface TouchedGroup extends LockedServers {
  readonly assetValue: AssetValue;
  readonly packageSet: number | undefined;
  readonly findingSet: number | undefined;
  /** Whether the servers have no finding at all. */
  readonly hasNone: boolean;
  /** Those of the touched vulnerabilities, ascending. */
  readonly findings: readonly UndatedFinding[];
  /** Whether all of its findings are `vul_status_unfix`. */
  readonly allUnfix: boolean;
  /**
   * Of the findings that the project lists as it is set now: what the row says may be of the setting before, while servers are
   * summarised anew.
   */
  readonly counts: PriorityCounts;
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
  readonly all_unfix: boolean;
  /** By the numbers of `FIXING_PRIORITIES`. */
  readonly counts: readonly number[];
  readonly due_at: number | null;
  readonly is_dated: boolean;
}

/** Reads servers and locks their rows until the transaction ends, as `loadAssessableServers` does; `touched` ascending; whether the project lists findings without a fix. */
export async function loadTouchedGroups(
  tx: Queryable,
  projectId: string,
  choice: ServerChoice,
  { touched, includeUnfixed }: { readonly touched: readonly number[]; readonly includeUnfixed: boolean },
): Promise<readonly TouchedGroup[]> {
  const locked = await lockServers(tx, projectId, choice);
  const rows = await tx.query<GroupRow>(
    `WITH keyed AS (
       SELECT s.id, s.ctid AS row, s.asset_value, s.package_set, s.finding_set, s.due_at,
         (cardinality(s.finding_dates) >= $4 OR coalesce(f.has_fixed, false)
           OR EXISTS (SELECT FROM decision d WHERE d.project_id = $1 AND d.server_id = s.id)) AS is_dated
       FROM server s LEFT JOIN finding_set f ON f.project_id = $1 AND f.id = s.finding_set
       WHERE s.project_id = $1 AND s.ctid = ANY ($2::tid[])),
     grouped AS (
       SELECT array_agg(id ORDER BY id) AS server_ids, array_agg(row::text ORDER BY id) AS rows, asset_value, package_set, finding_set,
         due_at, is_dated
       FROM keyed
       GROUP BY asset_value, package_set, finding_set, due_at, is_dated)
     SELECT g.*, coalesce(cardinality(f.vulnerability), 0) = 0 AS has_none, coalesce(${UNFIX} = ALL (f.status), true) AS all_unfix,
       coalesce(listed.counts, '{0,0,0,0}') AS counts, held.*
     FROM grouped g LEFT JOIN finding_set f ON f.project_id = $1 AND f.id = g.finding_set
     CROSS JOIN LATERAL (
       -- Without a loop over them where all are listed, which is the rule.
       SELECT CASE WHEN $5 OR true = ALL (f.fixable)
         THEN ARRAY(SELECT coalesce(cardinality(array_positions(f.priority, p::smallint)), 0) FROM generate_series(0, 3) p ORDER BY p)
         ELSE ARRAY(SELECT (SELECT count(*)::integer FROM unnest(f.priority, f.fixable) AS o (priority, fixable)
                            WHERE o.priority = p AND o.fixable) FROM generate_series(0, 3) p ORDER BY p) END AS counts) listed
     CROSS JOIN LATERAL (
       SELECT coalesce(array_agg(number ORDER BY number), '{}') AS vulnerability,
         coalesce(array_agg(f.status[at] ORDER BY number), '{}') AS status,
         coalesce(array_agg(f.priority[at] ORDER BY number), '{}') AS priority,
         coalesce(array_agg(f.fixable[at] ORDER BY number), '{}') AS fixable
       FROM (SELECT number, width_bucket(number, f.vulnerability) AS at FROM unnest($3::integer[]) AS t (number)) p
       WHERE f.vulnerability[at] = number) held`,
    [projectId, locked, touched, DATES_LENGTH_MAX, includeUnfixed],
  );
  return rows.map((row) => ({
    serverIds: row.server_ids,
    rows: row.rows,
    assetValue: row.asset_value,
    packageSet: row.package_set ?? undefined,
    findingSet: row.finding_set ?? undefined,
    hasNone: row.has_none,
    findings: undatedFindings(row),
    allUnfix: row.all_unfix,
    counts: countsOf(row.counts),
    dueAt: row.due_at ?? undefined,
    isDated: row.is_dated,
  }));
}

function countsOf(byNumber: readonly number[]): PriorityCounts {
  const count = (priority: FixingPriority): number => byNumber[FIXING_PRIORITIES[priority]] ?? 0;
  return { Critical: count('Critical'), High: count('High'), Medium: count('Medium'), Low: count('Low') };
}
