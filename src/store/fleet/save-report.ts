import type { RunningKernel } from '../../inventory/inventory.ts';
import type { Queryable } from '../database.ts';
import type { AssessedGroup } from '../findings/save-assessment.ts';
import { prepared } from '../prepared-sql.ts';
import { arrayText } from '../sql-array.ts';
import { storableJson, storableText } from '../storable-text.ts';
import { REPORTED_COLUMNS, type ReportedServer, reportedValues } from './save-server.ts';

/** What a report changes in its server's row. */
export interface ReportToSave {
  readonly serverId: string;
  readonly reported: Omit<ReportedServer, 'newId' | 'settings'>;
  readonly digest: string;
  readonly runningKernel: RunningKernel | undefined;
  readonly packageSet: number;
  /** Paths of application packages by package number. */
  readonly packagePaths: Readonly<Record<string, readonly string[]>>;
  readonly problems: readonly string[];
  readonly assessed: Pick<AssessedGroup, 'dates' | 'summary' | 'dueAt'>;
  /** Number of the set of findings; undefined: the one it has. */
  readonly findingSet: number | undefined;
  /** Whether a feed that is not stale covers its system. */
  readonly isCovered: boolean;
}

const SAVE = prepared(
  `UPDATE server SET ${REPORTED_COLUMNS('r')},
     scan_time = $10, inventory_digest = $11, kernel_release = $12, kernel_version = $13, restart_packages = $14,
     package_set = $15, package_paths = $16, inventory_problems = $17,
     finding_set = coalesce($18, finding_set), finding_since = coalesce($19, finding_since),
     finding_dates = CASE WHEN $19::bigint IS NULL THEN finding_dates || $20::text::bigint[] ELSE $20::text::bigint[] END,
     open_count = $21, critical_count = $22, high_count = $23, medium_count = $24, low_count = $25, score = $26, level = $27,
     status_bits = $28, due_at = $29,
     -- Covered counts only when every server has followed what covers it.
     is_unknown = NOT $30::boolean
       OR is_unknown AND (EXISTS (SELECT FROM rematch_package) OR EXISTS (SELECT FROM reassess))
   FROM (SELECT $3::text AS agent_id, $4::text AS machine_id, $5::text AS name, $6::text AS name_folded, $7::text AS public_ip,
     $8::text AS private_ip, ($9::text[])[1] AS os_type, ($9::text[])[2] AS system, ($9::text[])[3] AS os_name) r
   WHERE project_id = $1 AND id = $2`,
);

/** Writes all that a report changes in its server's row, once: the row is wide and in several indexes. */
export async function saveReport(tx: Queryable, report: ReportToSave): Promise<void> {
  const { reported, runningKernel, assessed } = report;
  const { summary, dates } = assessed;
  const values = reportedValues(reported);
  await tx.execute(SAVE, [
    reported.projectId,
    report.serverId,
    values.agentId,
    values.machineId,
    values.name,
    values.nameFolded,
    values.publicIp,
    values.privateIp,
    [values.osType, values.system, values.osName],
    reported.now,
    report.digest,
    storableText(runningKernel?.release ?? ''),
    storableText(runningKernel?.version ?? ''),
    runningKernel?.waiting ?? [],
    report.packageSet,
    storableJson(report.packagePaths),
    report.problems.map(storableText),
    report.findingSet ?? null,
    dates.since ?? null,
    arrayText(dates.dates),
    summary.openCount,
    summary.counts.Critical,
    summary.counts.High,
    summary.counts.Medium,
    summary.counts.Low,
    summary.score,
    summary.level,
    summary.statusBits,
    assessed.dueAt ?? null,
    report.isCovered,
  ]);
}
