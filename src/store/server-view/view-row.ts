/**
 * A server's row as the read model needs it: what the view shows and filters by, its listed vulnerabilities as numbers, and
 * the version of the row in the store. Read in two ways, as the answer to a query and as a line of COPY, into one form.
 */
import { FINDING_STATUS_WORDS, isHandled } from '../../findings/finding.ts';

export interface ViewRow {
  readonly projectId: string;
  readonly id: string;
  /** Another number whenever the row was written again; equal numbers mean the same row as long as the server stays. */
  readonly version: number;
  readonly agentId: string;
  readonly name: string;
  readonly nameFolded: string;
  readonly enterpriseProjectId: string;
  readonly region: string;
  readonly publicIp: string;
  readonly privateIp: string;
  readonly groupId: string | undefined;
  readonly osType: string;
  readonly assetValue: string;
  readonly clusterId: string;
  readonly nodeType: string;
  readonly edition: string;
  /** Milliseconds since 1970. */
  readonly scanTime: number;
  readonly severityLevel: string;
  readonly score: number;
  readonly sortRank: number;
  readonly openCount: number;
  readonly criticalCount: number;
  readonly highCount: number;
  readonly mediumCount: number;
  readonly lowCount: number;
  readonly statusBits: number;
  /** The listed findings: open ones while there are any, else the handled ones. Ascending. */
  readonly vulnerabilities: readonly number[];
}

/** Which servers the view has at all: contract chapter 1, readings. `s` is the server. */
export const IS_LISTED = `s.scan_time IS NOT NULL AND s.edition <> 'hss.version.null'`;

/**
 * The columns of a row, in the order in which `COPY` gives them; `s` is the server, `ps` its project's settings. Status and
 * fixability of the findings are left out where all are open and listed anyway: they are half of what there is to read.
 */
export const VIEW_COLUMNS = `s.project_id, s.id, s.xmin::text::bigint AS version, s.agent_id, s.name, s.name_folded,
  s.enterprise_project_id, s.region, s.public_ip, s.private_ip, s.group_id, s.os_type, s.asset_value, s.cluster_id,
  s.node_type, s.edition, s.scan_time, s.severity_level, s.score, s.sort_rank, s.open_count, s.critical_count, s.high_count,
  s.medium_count, s.low_count, s.status_bits, coalesce(ps.include_unfixed, false) AS include_unfixed,
  s.finding_vulnerability,
  CASE WHEN s.open_count <> cardinality(s.finding_vulnerability) THEN s.finding_status END AS finding_status,
  CASE WHEN s.open_count <> cardinality(s.finding_vulnerability) THEN s.finding_fixable END AS finding_fixable`;

/** What a query of `VIEW_COLUMNS` gives. */
export interface StoredViewRow {
  readonly project_id: string;
  readonly id: string;
  readonly version: number;
  readonly agent_id: string;
  readonly name: string;
  readonly name_folded: string;
  readonly enterprise_project_id: string;
  readonly region: string;
  readonly public_ip: string;
  readonly private_ip: string;
  readonly group_id: string | null;
  readonly os_type: string;
  readonly asset_value: string;
  readonly cluster_id: string;
  readonly node_type: string;
  readonly edition: string;
  readonly scan_time: number;
  readonly severity_level: string;
  readonly score: number;
  readonly sort_rank: number;
  readonly open_count: number;
  readonly critical_count: number;
  readonly high_count: number;
  readonly medium_count: number;
  readonly low_count: number;
  readonly status_bits: number;
  readonly include_unfixed: boolean;
  readonly finding_vulnerability: readonly number[];
  readonly finding_status: readonly number[] | null;
  readonly finding_fixable: readonly boolean[] | null;
}

export function viewRowOf(row: StoredViewRow): ViewRow {
  return {
    projectId: row.project_id,
    id: row.id,
    version: row.version,
    agentId: row.agent_id,
    name: row.name,
    nameFolded: row.name_folded,
    enterpriseProjectId: row.enterprise_project_id,
    region: row.region,
    publicIp: row.public_ip,
    privateIp: row.private_ip,
    groupId: row.group_id ?? undefined,
    osType: row.os_type,
    assetValue: row.asset_value,
    clusterId: row.cluster_id,
    nodeType: row.node_type,
    edition: row.edition,
    scanTime: row.scan_time,
    severityLevel: row.severity_level,
    score: row.score,
    sortRank: row.sort_rank,
    openCount: row.open_count,
    criticalCount: row.critical_count,
    highCount: row.high_count,
    mediumCount: row.medium_count,
    lowCount: row.low_count,
    statusBits: row.status_bits,
    vulnerabilities: listedVulnerabilities({
      vulnerabilities: row.finding_vulnerability,
      statuses: row.finding_status,
      fixable: row.finding_fixable,
      openCount: row.open_count,
      includeUnfixed: row.include_unfixed,
    }),
  };
}

/** The vulnerabilities that a row counts and lists: open ones while there are any, else the handled ones. */
export function listedVulnerabilities(row: {
  readonly vulnerabilities: readonly number[];
  /** Null, as `fixable`: every finding is open and listed. */
  readonly statuses: readonly number[] | null;
  readonly fixable: readonly boolean[] | null;
  readonly openCount: number;
  readonly includeUnfixed: boolean;
}): readonly number[] {
  const { statuses, fixable, includeUnfixed } = row;
  if (statuses === null || fixable === null) return row.vulnerabilities;
  const showHandled = row.openCount === 0;
  return row.vulnerabilities.filter((_number, index) => {
    if (!includeUnfixed && fixable[index] !== true) return false;
    const status = FINDING_STATUS_WORDS[statuses[index] ?? -1];
    return status !== undefined && isHandled(status) === showHandled;
  });
}
