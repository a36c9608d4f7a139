/**
 * A server's record as it comes from the store; its version is the row's `xmin`. It is read in two ways, as the answer to a
 * query and as a line of COPY (`copied-view-records.ts`), into one form.
 */
import { FINDING_STATUS_WORDS, isHandled } from '../../findings/finding.ts';
import type { ServerRow } from '../../server-view/server-view.ts';
import type { FindingsRecord, ViewRecord } from '../../server-view/view-record.ts';

/** The columns of a server in the order in which COPY gives them; `s` is the server, `g` its group, `ps` its project's settings. */
export const VIEW_SERVER_COLUMNS = `s.project_id, s.id, s.xmin::text::bigint AS version, s.agent_id, s.name, s.region, s.public_ip,
  s.private_ip, s.group_id, g.name AS group_name, s.os_type, s.asset_value, coalesce(s.scan_time, 0) AS scan_time,
  s.severity_level, s.score, s.edition, s.open_count, s.critical_count, s.high_count, s.medium_count, s.low_count,
  s.node_type, s.enterprise_project_id, s.status_bits, s.cluster_id, s.sort_rank,
  (s.scan_time IS NOT NULL AND s.edition <> 'hss.version.null') AS is_listed,
  coalesce(ps.include_unfixed, false) AS include_unfixed, coalesce(s.finding_set, 0) AS finding_set`;

/** Of these what an assessment changes, in the order in which COPY gives them. */
export const VIEW_FINDINGS_COLUMNS = `s.project_id, s.id, s.xmin::text::bigint AS version, s.severity_level, s.score, s.open_count,
  s.critical_count, s.high_count, s.medium_count, s.low_count, s.status_bits, s.sort_rank,
  coalesce(ps.include_unfixed, false) AS include_unfixed, coalesce(s.finding_set, 0) AS finding_set`;

/** `StoredFindings` of `f`, a set of findings or none. */
export const FINDINGS_COLUMNS = `coalesce(f.vulnerability, '{}') AS finding_vulnerability,
  CASE WHEN NOT f.is_plain THEN f.status END AS finding_status,
  CASE WHEN NOT f.is_plain THEN f.fixable END AS finding_fixable`;

/** The server with what it has been found to have. */
export const VIEW_COLUMNS = `${VIEW_SERVER_COLUMNS}, ${FINDINGS_COLUMNS}`;

/** Where `VIEW_SERVER_COLUMNS` come from. */
export const VIEW_SERVER_TABLES = `server s
  LEFT JOIN server_group g ON g.project_id = s.project_id AND g.id = s.group_id
  LEFT JOIN project_setting ps ON ps.project_id = s.project_id`;

/** Where `VIEW_COLUMNS` come from. */
export const VIEW_TABLES = `${VIEW_SERVER_TABLES}
  LEFT JOIN finding_set f ON f.project_id = s.project_id AND f.id = s.finding_set`;

/** What a query of `VIEW_SERVER_COLUMNS` gives. */
export interface StoredViewServer {
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
  readonly finding_set: number;
}

/** What a query of `VIEW_FINDINGS_COLUMNS` gives. */
export type StoredViewFindings = Pick<
  StoredViewServer,
  | 'project_id'
  | 'id'
  | 'version'
  | 'severity_level'
  | 'score'
  | 'open_count'
  | 'critical_count'
  | 'high_count'
  | 'medium_count'
  | 'low_count'
  | 'status_bits'
  | 'sort_rank'
  | 'include_unfixed'
  | 'finding_set'
>;

/** Findings of a server; status and fixability are left out where all are open and have a fix. */
export interface StoredFindings {
  readonly finding_vulnerability: readonly number[];
  readonly finding_status: readonly number[] | null;
  readonly finding_fixable: readonly boolean[] | null;
}

/** The record of a row, as `listServersInSql` shows it; without `findings` the model is to know its key. */
export function storedViewRecord(row: StoredViewServer, findings?: StoredFindings): ViewRecord {
  return {
    ...storedFindingsRecord(row),
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
    edition: row.edition,
    nodeType: row.node_type,
    enterpriseProjectId: row.enterprise_project_id,
    clusterId: row.cluster_id,
    isListed: row.is_listed,
    shownVulnerabilities: findings === undefined ? undefined : shownNumbers(findings, row.include_unfixed),
  };
}

/** What an assessment changed of a row. */
export function storedFindingsRecord(row: StoredViewFindings): FindingsRecord {
  const severityLevel = severityLevelOf(row.severity_level);
  return {
    projectId: row.project_id,
    id: row.id,
    version: row.version,
    severityLevel,
    score: severityLevel === '' ? undefined : row.score,
    handleStatus: row.open_count > 0 ? 'unhandled' : 'handled',
    counts: {
      critical: row.critical_count,
      high: row.high_count,
      medium: row.medium_count,
      low: row.low_count,
    },
    statusBits: row.status_bits,
    sortRank: row.sort_rank,
    shownKey: shownKeyOf(row.finding_set, row.include_unfixed),
  };
}

/** The read model's key for a set of findings (0: none): what it lists depends on the project's setting too. */
export function shownKeyOf(findingSet: number, includesUnfixed: boolean): number {
  return 2 * findingSet + (includesUnfixed ? 1 : 0);
}

/** The set of findings of such a key; 0: none. */
export function findingSetOf(shownKey: number): number {
  return Math.floor(shownKey / 2);
}

/** Whether such a key lists what has no fix. */
export function includesUnfixedOf(shownKey: number): boolean {
  return shownKey % 2 === 1;
}

/** The vulnerabilities that a row counts and lists: open ones while there are any, else the handled ones. */
export function shownNumbers(
  { finding_vulnerability: numbers, finding_status: statuses, finding_fixable: fixable }: StoredFindings,
  includesUnfixed: boolean,
): readonly number[] {
  if (statuses === null || fixable === null) return numbers;
  const listed = numbers.map(
    (_number, index) => [includesUnfixed || fixable[index] === true, statuses[index] ?? -1] as const,
  );
  const showsHandled = !listed.some(([isListed, status]) => isListed && IS_HANDLED[status] === false);
  return numbers.filter((_number, index) => {
    const [isListed, status] = listed[index] ?? [false, -1];
    return isListed && IS_HANDLED[status] === showsHandled;
  });
}

/** By the number of the status. */
const IS_HANDLED = FINDING_STATUS_WORDS.map(isHandled);

function severityLevelOf(text: string): ServerRow['severityLevel'] {
  if (text === '' || text === 'High' || text === 'Medium' || text === 'Low' || text === 'Security')
    return text;
  throw new Error(`not a severity level: ${text}`);
}
