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
     scan_time = $2, inventory_digest = r.digest, kernel_release = r.kernel_release, kernel_version = r.kernel_version,
     restart_packages = ARRAY(SELECT json_array_elements_text(r.restart_packages)), package_set = r.package_set,
     package_paths = r.package_paths, inventory_problems = ARRAY(SELECT json_array_elements_text(r.problems)),
     finding_set = coalesce(r.finding_set, server.finding_set), finding_since = coalesce(r.since, server.finding_since),
     finding_dates = CASE WHEN r.since IS NULL THEN server.finding_dates || r.dates::bigint[] ELSE r.dates::bigint[] END,
     open_count = r.counts[1], critical_count = r.counts[2], high_count = r.counts[3], medium_count = r.counts[4],
     low_count = r.counts[5], score = r.counts[6], status_bits = r.counts[7], level = r.level, due_at = r.due_at,
     -- Covered counts only when every server has followed what covers it.
     is_unknown = NOT r.is_covered
       OR server.is_unknown AND (EXISTS (SELECT FROM rematch_package) OR EXISTS (SELECT FROM reassess))
   FROM (
     SELECT u.*, u.summary::integer[] AS counts
     FROM unnest($3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[], $10::text[], $11::text[],
       $12::text[], $13::text[], $14::text[], $15::text[], $16::json[], $17::bigint[], $18::text[], $19::json[], $20::bigint[],
       $21::bigint[], $22::text[], $23::text[], $24::text[], $25::bigint[], $26::boolean[])
     AS u (id, agent_id, machine_id, name, name_folded, public_ip, private_ip, os_type, system, os_name, digest, kernel_release,
       kernel_version, restart_packages, package_set, package_paths, problems, finding_set, since, dates, summary, level, due_at,
       is_covered)) r
   WHERE server.project_id = $1 AND server.id = r.id`,
);

/**
 * Writes all that reports change in their servers' rows, once: a row is wide and in several indexes. All of one project, of each
 * server one at most, taken in at `now`.
 */
export async function saveReports(
  tx: Queryable,
  { projectId, now }: { readonly projectId: string; readonly now: number },
  reports: readonly ReportToSave[],
): Promise<void> {
  const values = reports.map(({ reported }) => reportedValues(reported));
  const summaries = reports.map(({ assessed }) => assessed.summary);
  await tx.execute(SAVE, [
    projectId,
    now,
    reports.map(({ serverId }) => serverId),
    values.map((own) => own.agentId),
    values.map((own) => own.machineId),
    values.map((own) => own.name),
    values.map((own) => own.nameFolded),
    values.map((own) => own.publicIp),
    values.map((own) => own.privateIp),
    values.map((own) => own.osType),
    values.map((own) => own.system),
    values.map((own) => own.osName),
    reports.map(({ digest }) => digest),
    reports.map(({ runningKernel }) => storableText(runningKernel?.release ?? '')),
    reports.map(({ runningKernel }) => storableText(runningKernel?.version ?? '')),
    reports.map(({ runningKernel }) => storableJson(runningKernel?.waiting ?? [])),
    reports.map(({ packageSet }) => packageSet),
    reports.map(({ packagePaths }) => storableJson(packagePaths)),
    reports.map(({ problems }) => storableJson(problems)),
    reports.map(({ findingSet }) => findingSet ?? null),
    reports.map(({ assessed }) => assessed.dates.since ?? null),
    reports.map(({ assessed }) => arrayText(assessed.dates.dates)),
    summaries.map(({ openCount, counts: { Critical, High, Medium, Low }, score, statusBits }) =>
      arrayText([openCount, Critical, High, Medium, Low, score, statusBits]),
    ),
    summaries.map(({ level }) => level),
    reports.map(({ assessed }) => assessed.dueAt ?? null),
    reports.map(({ isCovered }) => isCovered),
  ]);
}
