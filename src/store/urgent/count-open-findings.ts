import { FINDING_STATUSES } from '../../findings/finding.ts';
import type { Queryable } from '../database.ts';
import type { FleetScope } from '../fleet/server-ids-in-scope.ts';

/** Of whom a handled finding is: it is counted nowhere as open (contract 6.4). */
const HANDLED = [FINDING_STATUSES.vul_status_ignored, FINDING_STATUSES.vul_status_fixed];

/**
 * How many listed servers in scope have an open finding of each of the vulnerabilities, all in one statement: by way of the
 * sets of findings that servers share. Those that none has are absent.
 */
export async function countOpenFindings(
  tx: Queryable,
  { projectId, enterpriseProjects }: FleetScope,
  vulnerabilities: readonly number[],
): Promise<ReadonlyMap<number, number>> {
  if (vulnerabilities.length === 0) return new Map();
  const rows = await tx.query<{ number: number; servers: number }>(
    `WITH open AS MATERIALIZED (
       SELECT f.id, listed.number FROM finding_set f
         CROSS JOIN LATERAL unnest(f.vulnerability, f.status) AS listed (number, status)
       WHERE f.project_id = $1 AND f.vulnerability && $3::integer[]
         AND listed.number = ANY ($3::integer[]) AND listed.status <> ALL ($4::smallint[])),
     sized AS MATERIALIZED (
       SELECT s.finding_set AS id, count(*) AS servers FROM server s
       WHERE s.project_id = $1 AND ($2::text[] IS NULL OR s.enterprise_project_id = ANY ($2))
         AND s.scan_time IS NOT NULL AND s.edition <> 'hss.version.null' AND s.finding_set IN (SELECT id FROM open)
       GROUP BY s.finding_set)
     SELECT open.number, sum(sized.servers)::bigint AS servers FROM open JOIN sized USING (id) GROUP BY open.number`,
    [projectId, enterpriseProjects === 'all' ? null : enterpriseProjects, vulnerabilities, HANDLED],
  );
  return new Map(rows.map(({ number, servers }) => [number, servers]));
}
