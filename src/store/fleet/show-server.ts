import type { Finding } from '../../findings/finding.ts';
import type { VulnerabilityType } from '../../matching/candidate.ts';
import type { VulnerabilityRow } from '../advisories/find-records-about.ts';
import type { Queryable } from '../database.ts';
import { FINDING_SET_COLUMNS, type FindingsRow, findingsOf } from '../findings/load-assessable.ts';
import type { FleetScope } from './server-ids-in-scope.ts';

/** Everything that is known of one server, but for its packages. */
export interface ServerDetail {
  readonly id: string;
  readonly identity: string;
  readonly agentId: string;
  readonly machineId: string;
  readonly enterpriseProjectId: string;
  readonly name: string;
  readonly region: string;
  readonly publicIp: string;
  readonly privateIp: string;
  readonly groupId: string | undefined;
  readonly groupName: string | undefined;
  readonly osType: 'Linux' | 'Windows';
  readonly system: string;
  readonly osName: string;
  readonly assetValue: string;
  readonly clusterId: string;
  readonly nodeType: string;
  readonly edition: string;
  readonly createdAt: number;
  readonly scanTime: number | undefined;
  readonly kernelRelease: string;
  /** What the machine itself says takes effect with a restart. */
  readonly restartPackages: readonly string[];
  readonly packages: number;
  readonly inventoryProblems: readonly string[];
  readonly severityLevel: string;
  readonly score: number;
  readonly isUnknown: boolean;
  readonly findings: readonly NamedFinding[];
}

export interface NamedFinding extends Omit<Finding, 'vulnerability'> {
  readonly type: VulnerabilityType;
  readonly id: string;
  readonly title: string;
  readonly cves: readonly string[];
  /** The vendor's date, and when its first record was imported; null: not known. It was matched at `firstSeenAt`. */
  readonly publishedAt: number | null;
  readonly fetchedAt: number | null;
}

interface DetailRow extends FindingsRow {
  readonly id: string;
  readonly identity: string;
  readonly agent_id: string;
  readonly machine_id: string;
  readonly enterprise_project_id: string;
  readonly name: string;
  readonly region: string;
  readonly public_ip: string;
  readonly private_ip: string;
  readonly group_id: string | null;
  readonly group_name: string | null;
  readonly os_type: 'Linux' | 'Windows';
  readonly system: string;
  readonly os_name: string;
  readonly asset_value: string;
  readonly cluster_id: string;
  readonly node_type: string;
  readonly edition: string;
  readonly created_at: number;
  readonly scan_time: number | null;
  readonly kernel_release: string;
  readonly restart_packages: readonly string[];
  readonly packages: number;
  readonly inventory_problems: readonly string[];
  readonly severity_level: string;
  readonly score: number;
  readonly is_unknown: boolean;
}

/** Reads one server in scope with its findings, those without a fix included; undefined where there is none. */
export async function showServer(
  tx: Queryable,
  scope: FleetScope,
  id: string,
): Promise<ServerDetail | undefined> {
  const [row] = await tx.query<DetailRow>(
    `SELECT s.id, s.identity, s.agent_id, s.machine_id, s.enterprise_project_id, s.name, s.region, s.public_ip, s.private_ip,
       s.group_id, g.name AS group_name, s.os_type, s.system, s.os_name, s.asset_value, s.cluster_id, s.node_type,
       s.edition, s.created_at, s.scan_time, s.kernel_release, s.restart_packages, coalesce(cardinality(i.package_ids), 0) AS packages,
       s.inventory_problems, s.severity_level, s.score, s.is_unknown, s.finding_since AS since, s.finding_dates AS dates,
       ${FINDING_SET_COLUMNS}
     FROM server s
     LEFT JOIN server_group g ON g.project_id = s.project_id AND g.id = s.group_id
     LEFT JOIN package_set i ON i.project_id = s.project_id AND i.id = s.package_set
     LEFT JOIN finding_set f ON f.project_id = s.project_id AND f.id = s.finding_set
     WHERE s.project_id = $1 AND ($2::text[] IS NULL OR s.enterprise_project_id = ANY ($2)) AND s.id = $3`,
    [scope.projectId, scope.enterpriseProjects === 'all' ? null : scope.enterpriseProjects, id],
  );
  return row === undefined ? undefined : detailOf(row, await nameFindings(tx, findingsOf(row)));
}

async function nameFindings(tx: Queryable, findings: readonly Finding[]): Promise<readonly NamedFinding[]> {
  const rows = await tx.query<Omit<NamedFinding, keyof Finding> & Pick<VulnerabilityRow, 'number'>>(
    `SELECT number, type, id, title, cves, published_at AS "publishedAt", fetched_at AS "fetchedAt"
     FROM vulnerability WHERE number = ANY ($1::integer[])`,
    [findings.map((finding) => finding.vulnerability)],
  );
  const names = new Map(rows.map(({ number, ...name }) => [number, name]));
  return findings
    .flatMap(({ vulnerability, ...finding }) => {
      const name = names.get(vulnerability);
      return name === undefined ? [] : [{ ...name, ...finding }];
    })
    .sort((a, b) => (a.type === b.type ? (a.id < b.id ? -1 : 1) : a.type < b.type ? -1 : 1));
}

function detailOf(row: DetailRow, findings: readonly NamedFinding[]): ServerDetail {
  return {
    id: row.id,
    identity: row.identity,
    agentId: row.agent_id,
    machineId: row.machine_id,
    enterpriseProjectId: row.enterprise_project_id,
    name: row.name,
    region: row.region,
    publicIp: row.public_ip,
    privateIp: row.private_ip,
    groupId: row.group_id ?? undefined,
    groupName: row.group_name ?? undefined,
    osType: row.os_type,
    system: row.system,
    osName: row.os_name,
    assetValue: row.asset_value,
    clusterId: row.cluster_id,
    nodeType: row.node_type,
    edition: row.edition,
    createdAt: row.created_at,
    scanTime: row.scan_time ?? undefined,
    kernelRelease: row.kernel_release,
    restartPackages: row.restart_packages,
    packages: row.packages,
    inventoryProblems: row.inventory_problems,
    severityLevel: row.severity_level,
    score: row.score,
    isUnknown: row.is_unknown,
    findings,
  };
}
