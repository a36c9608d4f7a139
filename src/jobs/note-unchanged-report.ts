/**
 * The usual report: nothing has changed. It costs one small request and one small write, and counts as a report all the
 * same (design.md section 4, "Report"): the server is not silent, and what a person claimed to have fixed is settled.
 */
import type { Database } from '../store/database.ts';
import { assessServers } from './assess-servers.ts';
import { type CoverageClock, refreshUnknown } from './refresh-unknown.ts';

/** Raised whenever the same report would be read differently: then every agent is asked for its whole report again. */
const REPORT_READING = 1;

/** How the digest of an agent's report is kept with its inventory. */
export function keptDigest(reportDigest: string): string {
  return `${reportDigest} read ${REPORT_READING}`;
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
