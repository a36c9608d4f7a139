/**
 * The usual report: nothing has changed. It costs one small request and one small write, and counts as a report all the
 * same (design.md section 4, "Report"): the server is not silent, and what a person claimed to have fixed is settled.
 */
import { isAppError } from '../errors.ts';
import { revisionInForce } from '../store/advisories/lock-advisory-set.ts';
import type { Database, Queryable } from '../store/database.ts';
import {
  type CoverageInForce,
  noteUnchangedServers,
  type UnchangedReport,
} from '../store/fleet/note-unchanged.ts';
import { type BatchFailed, gather } from '../store/gather.ts';
import { assessServers } from './assess-servers.ts';
import { type CoverageClock, coveredSystems, refreshUnknown } from './refresh-unknown.ts';

/** Raised whenever the same report would be read differently: then every agent is asked for its whole report again. */
const REPORT_READING = 1;
/** Unchanged reports that are noted in one statement. */
const UNCHANGED_BATCH_MAX = 500;
/** Many that come one after the other wait so long for each other. */
const UNCHANGED_INTERVAL_MS = 20;

/** How the digest of an agent's report is kept with its inventory. */
export function keptDigest(reportDigest: string): string {
  return `${reportDigest} read ${REPORT_READING}`;
}

/**
 * What notes unchanged reports that arrive at the same time in one statement and one commit. It answers whether the report was
 * one of those after which nothing else is to be done, which nearly all are; the others are for `noteUnchangedReport`.
 */
export function unchangedReports(
  database: Database,
  clock: () => CoverageClock,
  onFailure?: BatchFailed,
): (report: Omit<UnchangedReport, 'now'>) => Promise<boolean> {
  let covered: CoverageInForce | undefined;
  const noteAll = async (reports: readonly UnchangedReport[]): Promise<readonly boolean[]> => {
    covered ??= await coverageInForce(database, clock());
    const noted = await noteUnchangedServers(database, reports, covered);
    // Of a system that grew stale since, a server is asked about once more; what has become covered came with a revision.
    if (noted.includes(false)) covered = undefined;
    return noted;
  };
  const note = gather(noteAll, UNCHANGED_BATCH_MAX, { onFailure, intervalMs: UNCHANGED_INTERVAL_MS });
  return async (report) => {
    try {
      return await note({ ...report, digest: keptDigest(report.digest), now: clock().now });
    } catch (error) {
      if (isAppError(error) && error.code === 'agent-reports-busy') throw error;
      // What one report of a batch failed by is not the others' fault: each is then noted by itself, and fails by itself.
      return false;
    }
  };
}

async function coverageInForce(tx: Queryable, clock: CoverageClock): Promise<CoverageInForce> {
  const revision = await revisionInForce(tx);
  return { revision, systems: await coveredSystems(tx, clock) };
}

/**
 * Notes that the inventory of the server still has this digest. False: it has another one, was read by an earlier
 * version, or the server is gone or never reported; then nothing is changed and the whole report is wanted.
 */
export async function noteUnchangedReport(
  database: Database,
  report: { readonly projectId: string; readonly serverId: string; readonly digest: string },
  clock: CoverageClock,
): Promise<boolean> {
  const { projectId, serverId } = report;
  const { now } = clock;
  return await database.transaction(async (tx) => {
    const [server] = await tx.query<{ is_unknown: boolean; has_claims: boolean }>(
      `UPDATE server SET scan_time = greatest(scan_time, $4)
       WHERE project_id = $1 AND id = $2 AND inventory_digest = $3 AND scan_time IS NOT NULL
       RETURNING is_unknown, EXISTS (
         SELECT FROM decision d WHERE d.project_id = $1 AND d.server_id = $2 AND d.kind = 'claimed_fixed'
       ) AS has_claims`,
      [projectId, serverId, keptDigest(report.digest), now],
    );
    if (server === undefined) return false;
    // A report can only end a silence; that feeds grow stale is seen by the clock's own job.
    if (server.is_unknown) await refreshUnknown(tx, clock, { projectId, serverId });
    if (server.has_claims) {
      const assessment = {
        projectId,
        servers: { serverIds: [serverId] },
        actor: 'report',
        remark: '',
        now,
      } as const;
      // What newer advisories withdrew must not count as fixed by this report.
      await assessServers(tx, { ...assessment, cause: 'advisories' });
      await assessServers(tx, { ...assessment, cause: 'report' });
    }
    return true;
  });
}
