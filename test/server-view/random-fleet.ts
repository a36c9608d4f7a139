import fc from 'fast-check';
import { type FindingStatus, type FixingPriority, isHandled } from '../../src/findings/finding.ts';
import { columnsOf } from '../../src/findings/finding-columns.ts';
import { summaryOf } from '../../src/findings/summary.ts';
import { foldCase, type Page, type ServerFilter, type ServerRow } from '../../src/server-view/server-view.ts';
import type { ViewRecord, VulnerabilityLookup } from '../../src/server-view/view-record.ts';
import type { Queryable } from '../../src/store/database.ts';
import { internFindingSets } from '../../src/store/findings/finding-sets.ts';

/** Random servers, the SQL that stores them, and the obvious way of answering the view: `array.filter().slice()`. */

export interface RandomServer {
  readonly id: string;
  readonly name: string;
  readonly enterpriseProjectId: string;
  readonly group: string | undefined;
  /** Default: as its id. */
  readonly groupName?: string | undefined;
  readonly publicIp: string;
  readonly privateIp: string;
  readonly assetValue: 'important' | 'common' | 'test';
  readonly clusterId: string;
  readonly nodeType: 'cce' | 'not_cce';
  readonly edition: string;
  readonly hasReported: boolean;
  readonly isUnknown: boolean;
  readonly findings: readonly {
    readonly vulnerability: number;
    readonly status: FindingStatus;
    readonly priority: FixingPriority;
    readonly fixable: boolean;
  }[];
}

const SCAN_TIME = 1_000;

export const GROUPS: readonly string[] = ['edge', 'Straße', 'DB İstanbul'];

const word = fc.constantFrom('web', 'WEB-01', 'db', 'Ünïcode', 'straße', 'ﬁle', '', '%', '_');

export const randomServer: fc.Arbitrary<RandomServer> = fc.record({
  id: fc.uuid(),
  name: fc
    .tuple(word, word, fc.constantFrom('x', '7', '-77', '-07', '-1707', '7x'))
    .map(([first, second, end]) => `${first}-${second}${end}`),
  enterpriseProjectId: fc.constantFrom('0', 'ep-a', 'ep-b'),
  group: fc.option(fc.constantFrom(...GROUPS), { nil: undefined }),
  publicIp: fc.constantFrom('', '203.0.113.21', '203.0.113.2', '2001:db8::a'),
  privateIp: fc.constantFrom('', '10.0.0.5', '10.0.4.21,fe80::1'),
  assetValue: fc.constantFrom('important', 'common', 'test'),
  clusterId: fc.constantFrom('', 'c-1', 'c-2'),
  nodeType: fc.constantFrom('cce', 'not_cce'),
  edition: fc.constantFrom('hss.version.premium', 'hss.version.premium', 'hss.version.null'),
  hasReported: fc.constantFrom(true, true, true, false),
  isUnknown: fc.boolean(),
  findings: fc.uniqueArray(
    fc.record({
      vulnerability: fc.integer({ min: 1, max: 40 }),
      status: fc.constantFrom<FindingStatus>(
        'vul_status_unfix',
        'vul_status_unfix',
        'vul_status_ignored',
        'vul_status_fixed',
        'vul_status_reboot',
      ),
      priority: fc.constantFrom<FixingPriority>('Critical', 'High', 'Medium', 'Low'),
      fixable: fc.constantFrom(true, true, false),
    }),
    { selector: (finding) => finding.vulnerability, maxLength: 6 },
  ),
});

export function randomFilter(projectId: string): fc.Arbitrary<ServerFilter> {
  const maybe = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
    fc.option(value, { nil: undefined, freq: 2 });
  return fc.record({
    projectId: fc.constant(projectId),
    enterpriseProjects: fc.constantFrom<ServerFilter['enterpriseProjects']>(
      'all',
      ['0'],
      ['ep-a', 'ep-b'],
      [],
    ),
    assetValue: maybe(fc.constantFrom('important', 'common', 'test')),
    groupNameContains: maybe(fc.constantFrom('e', 'STRASSE', 'straße', 'istanbul', 'no-such')),
    nameContains: maybe(
      fc.constantFrom('web', 'WEB', 'ÜNÏ', 'x', '%', '_', '-', '7', '70', '-7', 'b-77', '-1707', 'web-0'),
    ),
    publicIpContains: maybe(fc.constantFrom('203.0.113.2', '.113.', '2001:DB8', '9', '.21')),
    privateIpContains: maybe(fc.constantFrom('10.0', 'FE80', ',')),
    severityLevel: maybe(fc.constantFrom('High', 'Medium', 'Low', 'Security')),
    handleStatus: maybe(fc.constantFrom('unhandled', 'handled')),
    status: maybe(
      fc.constantFrom<FindingStatus>(
        'vul_status_unfix',
        'vul_status_ignored',
        'vul_status_fixed',
        'vul_status_reboot',
        'vul_status_failed',
      ),
    ),
    clusterId: maybe(fc.constantFrom('c-1', 'c-9')),
    nodeType: maybe(fc.constantFrom('cce', 'not_cce')),
  });
}

export const randomPage: fc.Arbitrary<Page> = fc.record({
  offset: fc.integer({ min: 0, max: 40 }),
  limit: fc.integer({ min: 1, max: 20 }),
});

export async function storeFleet(
  database: Queryable,
  projectId: string,
  servers: readonly RandomServer[],
): Promise<void> {
  for (const group of GROUPS) {
    await database.execute(
      `INSERT INTO server_group (project_id, id, name, name_folded) VALUES ($1, $2, $2, $3) ON CONFLICT DO NOTHING`,
      [projectId, group, foldCase(group)],
    );
  }
  for (const server of servers) {
    const summary = summaryOf(columnsOf(server.findings), false);
    const sets = await internFindingSets(database, projectId, { sets: [columnsOf(server.findings)], now: 0 });
    await database.execute(
      `INSERT INTO server (project_id, id, identity, name, name_folded, enterprise_project_id, group_id, public_ip, private_ip,
         os_type, system, asset_value, cluster_id, node_type, edition, created_at, scan_time, is_unknown,
         finding_set, open_count, critical_count, high_count, medium_count, low_count, score, level, status_bits)
       VALUES ($1, $2, $2, $3, $4, $5, $6, $7, $8, 'Linux', 'debian:12', $9, $10, $11, $12, 0, $13, $14, $15,
         $16, $17, $18, $19, $20, $21, $22, $23)`,
      [
        projectId,
        server.id,
        server.name,
        foldCase(server.name),
        server.enterpriseProjectId,
        server.group ?? null,
        server.publicIp,
        server.privateIp,
        server.assetValue,
        server.clusterId,
        server.nodeType,
        server.edition,
        server.hasReported ? SCAN_TIME : null,
        server.isUnknown,
        sets[0] ?? null,
        summary.openCount,
        summary.counts.Critical,
        summary.counts.High,
        summary.counts.Medium,
        summary.counts.Low,
        summary.score,
        summary.level,
        summary.statusBits,
      ],
    );
  }
}

/** Vulnerabilities that findings of random servers name; in the store they have these numbers. */
export const VULNERABILITIES_MAX = 40;

/** The name of a vulnerability's number, in no order of numbers. */
export const vulnerabilityName: VulnerabilityLookup = (number) => {
  if (number < 1 || number > VULNERABILITIES_MAX) return undefined;
  const type = KINDS[number % KINDS.length] ?? 'linux_vul';
  return { type, id: `${type === 'linux_vul' ? 'DSA' : 'ÜRGENT'}-${(number * 7) % 41}"\\` };
};

const KINDS = [
  'linux_vul',
  'linux_vul',
  'linux_vul',
  'windows_vul',
  'web_cms',
  'app_vul',
  'urgent_vul',
] as const;

export async function storeVulnerabilities(database: Queryable): Promise<void> {
  for (let number = 1; number <= VULNERABILITIES_MAX; number += 1) {
    const name = vulnerabilityName(number);
    await database.execute(
      `INSERT INTO vulnerability (number, type, id, title, cves, published_at, known_exploited, revision)
       OVERRIDING SYSTEM VALUE VALUES ($1, $2, $3, 'test', '{}', 0, false, 0)`,
      [number, name?.type ?? '', name?.id ?? ''],
    );
  }
}

/** The row that the view shows of a server. */
export function expectedRow(server: RandomServer): ServerRow {
  const { openCount, counts, score, level, handleStatus } = summaryOf(columnsOf(server.findings), false);
  const isUnknown = openCount === 0 && server.isUnknown;
  const lists: Record<keyof ServerRow['vulnerabilityIds'], string[]> = {
    linux_vul: [],
    windows_vul: [],
    web_cms: [],
    app_vul: [],
    urgent_vul: [],
  };
  for (const number of shownNumbers(server)) {
    const name = vulnerabilityName(number);
    if (name !== undefined) lists[name.type].push(name.id);
  }
  for (const list of Object.values(lists)) list.sort();
  return {
    id: server.id,
    agentId: '',
    name: server.name,
    region: '',
    publicIp: server.publicIp,
    privateIp: server.privateIp,
    groupId: server.group,
    groupName: server.groupName ?? server.group,
    osType: 'Linux',
    assetValue: server.assetValue,
    scanTime: SCAN_TIME,
    severityLevel: isUnknown ? '' : level,
    score: isUnknown ? undefined : score,
    edition: server.edition,
    handleStatus,
    counts: { critical: counts.Critical, high: counts.High, medium: counts.Medium, low: counts.Low },
    vulnerabilityIds: lists,
    nodeType: server.nodeType,
  };
}

/** What the store tells the read model of a server; `version` is that of its row. */
export function viewRecord(projectId: string, server: RandomServer, version = 0): ViewRecord {
  const { vulnerabilityIds: _, ...row } = expectedRow(server);
  return {
    ...row,
    projectId,
    version,
    enterpriseProjectId: server.enterpriseProjectId,
    statusBits: summaryOf(columnsOf(server.findings), false).statusBits,
    clusterId: server.clusterId,
    sortRank: row.score === undefined ? 199 : row.score * 2,
    isListed: server.hasReported && server.edition !== 'hss.version.null',
    shownKey: keyOf(shownNumbers(server)),
    shownVulnerabilities: shownNumbers(server),
  };
}

const keys = new Map<string, number>();

/** A key for a list, as the store has one for each set of findings. */
export function keyOf(numbers: ArrayLike<number>): number {
  const text = Array.from(numbers).join(' ');
  const key = keys.get(text) ?? keys.size;
  keys.set(text, key);
  return key;
}

function shownNumbers(server: RandomServer): readonly number[] {
  const isOpen = summaryOf(columnsOf(server.findings), false).openCount > 0;
  return server.findings
    .filter((finding) => finding.fixable && isHandled(finding.status) !== isOpen)
    .map((finding) => finding.vulnerability)
    .sort((a, b) => a - b);
}

/** The expected page, from the plain array. */
export function expectedPage(
  servers: readonly RandomServer[],
  filter: ServerFilter,
  page: Page,
): { readonly total: number; readonly ids: readonly string[] } {
  const matching = servers.filter((server) => matches(server, filter)).sort(worstFirst);
  const ids = matching.slice(page.offset, page.offset + page.limit).map((server) => server.id);
  return { total: matching.length, ids };
}

function matches(server: RandomServer, filter: ServerFilter): boolean {
  const summary = summaryOf(columnsOf(server.findings), false);
  const level = summary.openCount === 0 && server.isUnknown ? '' : summary.level;
  const has = (text: string | undefined, part: string | undefined): boolean =>
    part === undefined || (text !== undefined && foldCase(text).includes(foldCase(part)));
  const is = <T>(value: T, wanted: T | undefined): boolean => wanted === undefined || value === wanted;
  const { status } = filter;
  return (
    server.hasReported &&
    server.edition !== 'hss.version.null' &&
    (filter.enterpriseProjects === 'all' || filter.enterpriseProjects.includes(server.enterpriseProjectId)) &&
    is(server.assetValue, filter.assetValue) &&
    has(server.groupName ?? server.group, filter.groupNameContains) &&
    has(server.name, filter.nameContains) &&
    has(server.publicIp, filter.publicIpContains) &&
    has(server.privateIp, filter.privateIpContains) &&
    is<string>(level, filter.severityLevel) &&
    is(summary.handleStatus, filter.handleStatus) &&
    (status === undefined ||
      server.findings.some((finding) => finding.fixable && finding.status === status)) &&
    is(server.clusterId, filter.clusterId) &&
    is(server.nodeType, filter.nodeType)
  );
}

function worstFirst(a: RandomServer, b: RandomServer): number {
  const [left, right] = [sortKeyOf(a), sortKeyOf(b)];
  for (const [index, value] of left.entries()) {
    const difference = value - (right[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return (
    Buffer.compare(Buffer.from(a.name), Buffer.from(b.name)) ||
    Buffer.compare(Buffer.from(a.id), Buffer.from(b.id))
  );
}

function sortKeyOf(server: RandomServer): readonly number[] {
  const { openCount, score, counts } = summaryOf(columnsOf(server.findings), false);
  const rank = openCount === 0 && server.isUnknown ? 99.5 : score;
  return [rank, -counts.Critical, -counts.High, -counts.Medium, -counts.Low];
}
