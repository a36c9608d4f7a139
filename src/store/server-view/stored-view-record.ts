/**
 * A server's record as it comes from the store; its version is the row's `xmin`. It is read in two ways, as the answer to a
 * query and as a line of COPY (`copied-view-records.ts`), into one form.
 */
import { FINDING_STATUS_WORDS, isHandled } from '../../findings/finding.ts';
import type { ServerRow } from '../../server-view/server-view.ts';
import type { ViewRecord } from '../../server-view/view-record.ts';

/**
 * The columns of a record in the order in which COPY gives them; `s` is the server, `g` its group, `ps` its project's
 * settings, `f` the set of its findings. Status and fixability of the findings are left out where all are open and listed anyway: they are half of what
 * there is to read.
 */
export const VIEW_COLUMNS = `s.project_id, s.id, s.xmin::text::bigint AS version, s.agent_id, s.name, s.region, s.public_ip,
  s.private_ip, s.group_id, g.name AS group_name, s.os_type, s.asset_value, coalesce(s.scan_time, 0) AS scan_time,
  s.severity_level, s.score, s.edition, s.open_count, s.critical_count, s.high_count, s.medium_count, s.low_count,
  s.node_type, s.enterprise_project_id, s.status_bits, s.cluster_id, s.sort_rank,
  (s.scan_time IS NOT NULL AND s.edition <> 'hss.version.null') AS is_listed,
  coalesce(ps.include_unfixed, false) AS include_unfixed, coalesce(f.vulnerability, '{}') AS finding_vulnerability,
  CASE WHEN NOT f.is_plain THEN f.status END AS finding_status,
  CASE WHEN NOT f.is_plain THEN f.fixable END AS finding_fixable`;

/** Where `VIEW_COLUMNS` come from. */
export const VIEW_TABLES = `server s
  LEFT JOIN server_group g ON g.project_id = s.project_id AND g.id = s.group_id
  LEFT JOIN project_setting ps ON ps.project_id = s.project_id
  LEFT JOIN finding_set f ON f.project_id = s.project_id AND f.id = s.finding_set`;

/** What a query of `VIEW_COLUMNS` gives. */
export interface StoredViewRow {
  readonly project_id: string;
  readonly id: string;
  readonly version: number;
  readonly agent_id: string;
  readonly name: string;
  readonly region: string;
  readonly public_ip: string;
  readonly private_ip: string;
  readonly group_id: string | null;
  readonly group_name: string | null;
  readonly os_type: string;
  readonly asset_value: string;
  readonly scan_time: number;
  readonly severity_level: string;
  readonly score: number;
  readonly edition: string;
  readonly open_count: number;
  readonly critical_count: number;
  readonly high_count: number;
  readonly medium_count: number;
  readonly low_count: number;
  readonly node_type: string;
  readonly enterprise_project_id: string;
  readonly status_bits: number;
  readonly cluster_id: string;
  readonly sort_rank: number;
  readonly is_listed: boolean;
  readonly include_unfixed: boolean;
  readonly finding_vulnerability: readonly number[];
  readonly finding_status: readonly number[] | null;
  readonly finding_fixable: readonly boolean[] | null;
}

/** The record of a row, as `listServersInSql` shows it. */
export function storedViewRecord(row: StoredViewRow): ViewRecord {
  const severityLevel = severityLevelOf(row.severity_level);
  return {
    projectId: row.project_id,
    id: row.id,
    version: row.version,
    agentId: row.agent_id,
    name: row.name,
    region: row.region,
    publicIp: row.public_ip,
    privateIp: row.private_ip,
    groupId: row.group_id ?? undefined,
    groupName: row.group_name ?? undefined,
    osType: row.os_type === 'Windows' ? 'Windows' : 'Linux',
    assetValue: row.asset_value,
    scanTime: row.scan_time,
    severityLevel,
    score: severityLevel === '' ? undefined : row.score,
    edition: row.edition,
    handleStatus: row.open_count > 0 ? 'unhandled' : 'handled',
    counts: {
      critical: row.critical_count,
      high: row.high_count,
      medium: row.medium_count,
      low: row.low_count,
    },
    nodeType: row.node_type,
    enterpriseProjectId: row.enterprise_project_id,
    statusBits: row.status_bits,
    clusterId: row.cluster_id,
    sortRank: row.sort_rank,
    isListed: row.is_listed,
    shownVulnerabilities: shownVulnerabilities(row),
  };
}

/** The vulnerabilities that a row counts and lists: open ones while there are any, else the handled ones. */
function shownVulnerabilities(row: StoredViewRow): readonly number[] {
  const { finding_status: statuses, finding_fixable: fixable } = row;
  if (statuses === null || fixable === null) return row.finding_vulnerability;
  const showsHandled = row.open_count === 0;
  return row.finding_vulnerability.filter(
    (_number, index) =>
      (row.include_unfixed || fixable[index] === true) && IS_HANDLED[statuses[index] ?? -1] === showsHandled,
  );
}

/** By the number of the status. */
const IS_HANDLED = FINDING_STATUS_WORDS.map(isHandled);

function severityLevelOf(text: string): ServerRow['severityLevel'] {
  if (text === '' || text === 'High' || text === 'Medium' || text === 'Low' || text === 'Security')
    return text;
  throw new Error(`not a severity level: ${text}`);
}
