import { FINDING_STATUS_WORDS, FINDING_STATUSES, isHandled } from '../../findings/finding.ts';
import {
  foldCase,
  type ListServers,
  type Page,
  type ServerFilter,
  type ServerRow,
  type VulnerabilityIdLists,
} from '../../server-view/server-view.ts';
import type { Queryable, SqlValue } from '../database.ts';
import type { VulnerabilityDictionary, VulnerabilityName } from '../vulnerability-dictionary.ts';

/**
 * The server view in SQL: the truth. One statement, so the total and the page are of one moment.
 *
 * Listed is every server that has reported and whose edition includes vulnerabilities (contract chapter 1, readings).
 */
export function listServersInSql(database: Queryable, dictionary: VulnerabilityDictionary): ListServers {
  return async (filter, page) => {
    const { sql, params } = statementOf(filter, page);
    const stored = await database.query<StoredRow>(sql, params);
    const rows = stored.filter((row): row is ListedRow => row.id !== null);
    const names = await dictionary(rows.flatMap(shownVulnerabilities));
    return { total: stored[0]?.total ?? 0, rows: rows.map((row) => rowOf(row, names)) };
  };
}

interface ListedRow {
  readonly total: number;
  readonly id: string;
  readonly agent_id: string;
  readonly name: string;
  readonly region: string;
  readonly public_ip: string;
  readonly private_ip: string;
  readonly group_id: string | null;
  readonly group_name: string | null;
  readonly os_type: 'Linux' | 'Windows';
  readonly asset_value: string;
  readonly scan_time: number;
  readonly severity_level: ServerRow['severityLevel'];
  readonly score: number;
  readonly edition: string;
  readonly open_count: number;
  readonly critical_count: number;
  readonly high_count: number;
  readonly medium_count: number;
  readonly low_count: number;
  readonly node_type: string;
  readonly include_unfixed: boolean;
  readonly finding_vulnerability: readonly number[];
  readonly finding_status: readonly number[];
  readonly finding_fixable: readonly boolean[];
}

type StoredRow = ListedRow | { readonly total: number; readonly id: null };

/** Builds the statement. Every text of the caller is a parameter; conditions are fixed texts. */
export function statementOf(
  filter: ServerFilter,
  page: Page,
): { readonly sql: string; readonly params: readonly SqlValue[] } {
  const params: SqlValue[] = [];
  const param = (value: SqlValue): string => {
    params.push(value);
    return `$${params.length}`;
  };
  const conditions = [
    `s.project_id = ${param(filter.projectId)}`,
    `s.scan_time IS NOT NULL`,
    `s.edition <> 'hss.version.null'`,
  ];
  const where = <T>(value: T | undefined, condition: (value: T) => string): void => {
    if (value !== undefined) conditions.push(condition(value));
  };
  if (filter.enterpriseProjects !== 'all') {
    conditions.push(`s.enterprise_project_id = ANY (${param(filter.enterpriseProjects)}::text[])`);
  }
  where(filter.assetValue, (value) => `s.asset_value = ${param(value)}`);
  where(filter.nameContains, (text) => `strpos(s.name_folded, ${param(foldCase(text))}) > 0`);
  where(filter.publicIpContains, (text) => `strpos(s.public_ip, ${param(foldCase(text))}) > 0`);
  where(filter.privateIpContains, (text) => `strpos(s.private_ip, ${param(foldCase(text))}) > 0`);
  where(filter.severityLevel, (level) => `s.severity_level = ${param(level)}`);
  where(filter.handleStatus, (status) => (status === 'unhandled' ? `s.open_count > 0` : `s.open_count = 0`));
  where(filter.status, (status) => `s.status_bits & ${param(1 << FINDING_STATUSES[status])}::integer <> 0`);
  where(filter.clusterId, (id) => `s.cluster_id = ${param(id)}`);
  where(filter.nodeType, (type) => `s.node_type = ${param(type)}`);
  where(filter.ids, (ids) => `s.id = ANY (${param(ids)}::text[])`);
  where(
    filter.groupNameContains,
    (text) =>
      `EXISTS (SELECT FROM server_group g WHERE g.project_id = s.project_id AND g.id = s.group_id
         AND strpos(g.name_folded, ${param(foldCase(text))}) > 0)`,
  );
  const condition = conditions.join(' AND ');
  const sql = `
    SELECT t.total, p.*
    FROM (SELECT count(*) AS total FROM server s WHERE ${condition}) t
    LEFT JOIN (
      SELECT s.id, s.agent_id, s.name, s.region, s.public_ip, s.private_ip, s.group_id, g.name AS group_name, s.os_type,
        s.asset_value, s.scan_time, s.severity_level, s.score, s.edition, s.open_count, s.critical_count, s.high_count,
        s.medium_count, s.low_count, s.node_type, coalesce(ps.include_unfixed, false) AS include_unfixed,
        coalesce(f.vulnerability, '{}') AS finding_vulnerability, coalesce(f.status, '{}') AS finding_status,
        coalesce(f.fixable, '{}') AS finding_fixable, s.sort_rank
      FROM (SELECT * FROM server s WHERE ${condition} ORDER BY ${ORDER}
            LIMIT ${param(page.limit)} OFFSET ${param(page.offset)}) s
      LEFT JOIN server_group g ON g.project_id = s.project_id AND g.id = s.group_id
      LEFT JOIN project_setting ps ON ps.project_id = s.project_id
      LEFT JOIN finding_set f ON f.project_id = s.project_id AND f.id = s.finding_set
    ) p ON true
    ORDER BY p.sort_rank, p.critical_count DESC, p.high_count DESC, p.medium_count DESC, p.low_count DESC,
      p.name COLLATE "C", p.id COLLATE "C"`;
  return { sql, params };
}

const ORDER = `s.sort_rank, s.critical_count DESC, s.high_count DESC, s.medium_count DESC, s.low_count DESC,
  s.name COLLATE "C", s.id COLLATE "C"`;

/** The vulnerabilities that a row counts and lists: open ones while there are any, else the handled ones. */
function shownVulnerabilities(row: ListedRow): readonly number[] {
  const showHandled = row.open_count === 0;
  return row.finding_vulnerability.filter((_number, index) => {
    const status = FINDING_STATUS_WORDS[row.finding_status[index] ?? -1];
    const isListed = row.include_unfixed || row.finding_fixable[index] === true;
    return isListed && status !== undefined && isHandled(status) === showHandled;
  });
}

function rowOf(row: ListedRow, names: ReadonlyMap<number, VulnerabilityName>): ServerRow {
  const isUnknown = row.severity_level === '';
  return {
    id: row.id,
    agentId: row.agent_id,
    name: row.name,
    region: row.region,
    publicIp: row.public_ip,
    privateIp: row.private_ip,
    groupId: row.group_id ?? undefined,
    groupName: row.group_name ?? undefined,
    osType: row.os_type,
    assetValue: row.asset_value,
    scanTime: row.scan_time,
    severityLevel: row.severity_level,
    score: isUnknown ? undefined : row.score,
    edition: row.edition,
    handleStatus: row.open_count > 0 ? 'unhandled' : 'handled',
    counts: {
      critical: row.critical_count,
      high: row.high_count,
      medium: row.medium_count,
      low: row.low_count,
    },
    vulnerabilityIds: listsOf(shownVulnerabilities(row), names),
    nodeType: row.node_type,
  };
}

/** Sorted by vulnerability id within a type, so the same findings always read the same. */
function listsOf(
  numbers: readonly number[],
  names: ReadonlyMap<number, VulnerabilityName>,
): VulnerabilityIdLists {
  const lists = {
    linux_vul: [] as string[],
    windows_vul: [] as string[],
    web_cms: [] as string[],
    app_vul: [] as string[],
    urgent_vul: [] as string[],
  };
  for (const number of numbers) {
    const name = names.get(number);
    if (name !== undefined) lists[name.type].push(name.id);
  }
  for (const list of Object.values(lists)) list.sort();
  return lists;
}
