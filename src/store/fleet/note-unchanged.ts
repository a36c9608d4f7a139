import type { Queryable } from '../database.ts';
import { prepared } from '../prepared-sql.ts';

/** A report that says that its server has what it had. */
export interface UnchangedReport {
  readonly projectId: string;
  readonly serverId: string;
  /** As it is kept with the inventory. */
  readonly digest: string;
  /** Empty where the machine tells none. */
  readonly machineId: string;
  /** Milliseconds since 1970. */
  readonly now: number;
}

/** The systems that a feed covers, as of an advisory set. */
export interface CoverageInForce {
  readonly revision: number;
  readonly systems: readonly string[];
}

// Rows that somebody holds are passed over, so that no report waits for another one's server, and no order of locks has to be
// kept.
const NOTE = prepared(
  `WITH told AS MATERIALIZED (
     SELECT s.project_id, s.id, r.now, r.at
     FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::bigint[]) WITH ORDINALITY
       AS r (project_id, id, digest, machine_id, now, at)
     JOIN server s ON s.project_id = r.project_id AND s.id = r.id
     WHERE s.inventory_digest = r.digest AND s.scan_time IS NOT NULL
       AND (r.machine_id = '' OR s.machine_id IN ('', r.machine_id))
       AND (NOT s.is_unknown
         OR s.system <> ALL ($6::text[]) AND $7 = (SELECT coalesce(max(revision), 0) FROM advisory_set))
       AND EXISTS (SELECT FROM agent_credential c WHERE c.project_id = s.project_id AND c.server_id = s.id)
       AND NOT EXISTS (
         SELECT FROM decision d WHERE d.project_id = s.project_id AND d.server_id = s.id AND d.kind = 'claimed_fixed')
     FOR NO KEY UPDATE OF s SKIP LOCKED),
   noted AS (
     UPDATE server s SET scan_time = greatest(s.scan_time, latest.now)
     FROM (SELECT project_id, id, max(now) AS now FROM told GROUP BY project_id, id) latest
     WHERE s.project_id = latest.project_id AND s.id = latest.id)
   SELECT at FROM told`,
);

/**
 * Notes, in one statement, those reports after which nothing but the time of the report changes, and says of each whether it
 * was one. The others change nothing here: another inventory is held, the machine is another one, the server is gone or held
 * by somebody, a person claimed to have fixed something, or a system that is covered was silent.
 */
export async function noteUnchangedServers(
  tx: Queryable,
  reports: readonly UnchangedReport[],
  covered: CoverageInForce,
): Promise<readonly boolean[]> {
  const rows = await tx.query<{ at: number }>(NOTE, [
    reports.map((report) => report.projectId),
    reports.map((report) => report.serverId),
    reports.map((report) => report.digest),
    reports.map((report) => report.machineId),
    reports.map((report) => report.now),
    covered.systems,
    covered.revision,
  ]);
  // By report and not by server: a clone may speak in the same moment as the machine that it was made from.
  const noted = new Set(rows.map((row) => row.at));
  return reports.map((_report, index) => noted.has(index + 1));
}
