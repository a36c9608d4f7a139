/** The server view over the real application and database: contract chapter 1, its readings, 5.4 and 7. */
import { describe, expect, it } from 'vitest';
import { listVulHostHosts } from '../../src/api/hss/list-vul-host-hosts.ts';
import { acceptInventory } from '../../src/jobs/accept-inventory.ts';
import { decideFindings } from '../../src/jobs/decide-findings.ts';
import { importAdvisories } from '../../src/jobs/import-advisories.ts';
import { serverGroupId } from '../../src/store/fleet/server-groups.ts';
import { createEnterpriseProject } from '../../src/store/identity/create-enterprise-project.ts';
import { listServersInSql } from '../../src/store/server-view/list-servers.ts';
import { vulnerabilityDictionary } from '../../src/store/vulnerability-dictionary.ts';
import {
  advisoryItem,
  clockAt,
  installed,
  itemsOf,
  SYSTEMD,
  serverOf,
  T0,
  TOMCAT,
  TOMCAT_EXPLOITED,
} from '../jobs/fleet-fixture.ts';
import { testApplication } from './application.ts';

const test = await testApplication({
  endpoints: (database) => [listVulHostHosts(listServersInSql(database, vulnerabilityDictionary(database)))],
});
const { database, projectId } = test;
const VIEW = `/v5/${projectId}/vulnerability/host/hosts`;

const systemd = (version: string) =>
  installed({ ecosystem: 'debian:10', name: 'libsystemd0', version, source: 'systemd' });
const OLD = systemd('241-7~deb10u8');
const NEW = systemd('241-7~deb10u9');
const OLD_TOMCAT = installed({
  ecosystem: 'Bitnami',
  name: 'tomcat',
  version: '9.0.90',
  paths: ['/opt/tomcat'],
});

await importAdvisories(
  database,
  () =>
    itemsOf(
      advisoryItem(SYSTEMD),
      advisoryItem(TOMCAT),
      { kind: 'list', feed: 'known-exploited', publishedAt: T0 },
      TOMCAT_EXPLOITED,
    ),
  { now: T0 },
);
for (const [id, name] of [
  ['pay', 'payments'],
  ['lab', 'research'],
] as const) {
  await createEnterpriseProject(database, { domainId: test.domainId, id, name, createdAt: T0 });
}
const edge = await serverGroupId(database, { projectId, name: 'Edge', newId: 'group-edge' });

const ids = new Map<string, string>();
async function addServer(
  name: string,
  packages: Parameters<typeof serverOf>[1],
  settings: NonNullable<Parameters<typeof serverOf>[2]>['settings'] = {},
): Promise<void> {
  const server = { ...serverOf(name, packages, { settings }), projectId, agentId: `agent of ${name}` };
  const { serverId } = await acceptInventory(database, server, clockAt(0));
  ids.set(name, serverId);
}

await addServer('web-01', [OLD, OLD_TOMCAT], {
  groupId: edge,
  assetValue: 'important',
  region: 'cn-north-4',
  publicIp: '203.0.113.21',
  clusterId: 'cluster-1',
});
await addServer('web-02', [OLD], { publicIp: '203.0.113.22', assetValue: 'test' });
await addServer('db-01', [OLD], { enterpriseProjectId: 'pay' });
await addServer('mail-01', [NEW], { enterpriseProjectId: 'lab' });
await addServer('gone-01', [OLD], { edition: 'hss.version.null' });
await addServer('ign-01', [OLD]);
await decideFindings(database, {
  projectId,
  enterpriseProjects: 'all',
  operation: 'ignore',
  remark: '',
  decidedBy: 'ops',
  type: undefined,
  selection: [{ serverId: ids.get('ign-01') ?? '', vulnerabilityIds: ['DLA-3377-1'], isNamed: true }],
  now: T0,
});

const adminToken = await test.logIn(test.admin);

interface Answer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

async function ask(query: string, token = adminToken): Promise<Answer> {
  const response = await test.app.inject({ url: `${VIEW}?${query}`, headers: { 'x-auth-token': token } });
  return { status: response.statusCode, body: response.json() };
}

async function names(query: string, token = adminToken): Promise<readonly unknown[]> {
  const { status, body } = await ask(`enterprise_project_id=all_granted_eps&${query}`, token);
  expect(status, JSON.stringify(body)).toBe(200);
  const rows = body['data_list'] as readonly Readonly<Record<string, unknown>>[];
  expect(body['total_num']).toBe(rows.length);
  return rows.map((row) => row['host_name']);
}

describe('a row of the server view', () => {
  it('has every field of the contract, in its form', async () => {
    const { body } = await ask('limit=10&offset=0&host_name=web-01');
    expect(body).toEqual({
      total_num: 1,
      data_list: [
        {
          host_id: ids.get('web-01'),
          agent_id: 'agent of web-01',
          host_name: 'web-01',
          region_name: 'cn-north-4',
          public_ip: '203.0.113.21',
          private_ip: '10.0.0.5',
          group_id: 'group-edge',
          group_name: 'Edge',
          os_type: 'Linux',
          asset_value: 'important',
          scan_time: T0,
          severity_level: 'High',
          score: 77,
          version: 'hss.version.premium',
          handle_status: 'unhandled',
          vul_num_with_repair_priority_list: [
            { repair_priority: 'Critical', vul_num: 2 },
            { repair_priority: 'High', vul_num: 1 },
            { repair_priority: 'Medium', vul_num: 0 },
            { repair_priority: 'Low', vul_num: 0 },
          ],
          vul_ids_info: {
            linux_vul_id_list: ['DLA-3377-1'],
            windows_vul_id_list: [],
            webcms_vul_id_list: [],
            app_vul_id_list: ['HCVD-APP-CVE-2025-24813'],
            urgent_vul_id_list: ['URGENT-CVE-2025-24813'],
          },
          node_type: 'cce',
        },
      ],
    });
  });

  it('of a server with only ignored findings counts and lists those', async () => {
    const { body } = await ask('limit=10&offset=0&host_name=ign-01');
    expect(body).toMatchObject({
      data_list: [
        {
          handle_status: 'handled',
          severity_level: 'Security',
          score: 100,
          vul_num_with_repair_priority_list: [
            { vul_num: 0 },
            { repair_priority: 'High', vul_num: 1 },
            { vul_num: 0 },
            { vul_num: 0 },
          ],
          vul_ids_info: { linux_vul_id_list: ['DLA-3377-1'] },
        },
      ],
    });
  });
});

describe('a filter', () => {
  it.each([
    ['asset_value=important', ['web-01']],
    ['asset_value=IMPORTANT', ['web-01']],
    ['group_name=EDG', ['web-01']],
    ['host_name=WEB', ['web-01', 'web-02']],
    ['public_ip=203.0.113', ['web-01', 'web-02']],
    ['public_ip=', ['web-01', 'db-01', 'web-02', 'ign-01', 'mail-01']],
    ['private_ip=10.0.0.5', ['web-01', 'db-01', 'web-02', 'ign-01', 'mail-01']],
    ['severity_level=High', ['web-01']],
    ['severity_level=security', ['ign-01', 'mail-01']],
    ['handle_status=handled', ['ign-01', 'mail-01']],
    ['handle_status=unhandled', ['web-01', 'db-01', 'web-02']],
    ['status=vul_status_ignored', ['ign-01']],
    ['status=vul_status_fixing', []],
    ['status=vul_status_unhandled', ['web-01', 'db-01', 'web-02', 'ign-01', 'mail-01']],
    ['cluster_id=cluster-1', ['web-01']],
    ['cluster_id=cluster', []],
    ['node_type=cce', ['web-01']],
    ['node_type=not_cce&handle_status=unhandled', ['db-01', 'web-02']],
    ['host_name=web&asset_value=test&severity_level=Medium', ['web-02']],
    ['host_id_list=', ['web-01', 'db-01', 'web-02', 'ign-01', 'mail-01']],
    ['host_id_list=no-such-id', []],
    ['machine_type=anything', ['web-01', 'db-01', 'web-02', 'ign-01', 'mail-01']],
  ])('%s finds the servers it says, worst first', async (query, expected) => {
    expect(await names(query)).toEqual(expected);
  });

  it('by ids takes them joined by commas, repeated, or both', async () => {
    const [a, b] = [ids.get('web-02') ?? '', ids.get('db-01') ?? ''];
    expect(await names(`host_id_list=${a},${b}`)).toEqual(['db-01', 'web-02']);
    expect(await names(`host_id_list=${a}&host_id_list=${b},unknown`)).toEqual(['db-01', 'web-02']);
  });

  it('never finds a server whose edition has no vulnerabilities', async () => {
    expect(await names('host_name=gone')).toEqual([]);
  });
});

describe('paging', () => {
  it('has defaults, takes 1 to 200, and answers past the end with an empty list', async () => {
    const whole = await ask('enterprise_project_id=all_granted_eps');
    expect(whole.body['total_num']).toBe(5);
    const last = await ask('enterprise_project_id=all_granted_eps&limit=1&offset=4');
    expect(last.body).toMatchObject({ total_num: 5, data_list: [{ host_name: 'mail-01' }] });
    const past = await ask('enterprise_project_id=all_granted_eps&limit=200&offset=2000000');
    expect(past.body).toEqual({ total_num: 5, data_list: [] });
  });
});

describe('a wrong parameter', () => {
  it.each([
    'limit=0',
    'limit=201',
    'limit=0x20',
    'limit=Infinity',
    'limit=1e999',
    'limit=-1',
    'limit=',
    `limit=${'9'.repeat(400)}`,
    'offset=2000001',
    'offset=-0',
    'limit=10&limit=10',
    'host_name=',
    `host_name=${'a'.repeat(65)}`,
    'host_name=a%00b',
    'severity_level=Critical',
    'handle_status=open',
    'status=vul_status_open',
    'asset_value=vital',
    'node_type=vm',
    `host_id_list=${'a'.repeat(1_851)}`,
  ])('%s is 400 HSS.0001 with texts that name it', async (query) => {
    const { status, body } = await ask(query);
    expect(status).toBe(400);
    expect(body['error_code']).toBe('HSS.0001');
    const name = query.slice(0, query.indexOf('='));
    expect(body['error_msg']).toContain(name);
    expect(body['error_description']).toContain(name);
  });

  it('of broken percent-encoding is 400 HSS.0002', async () => {
    expect(await ask('host_name=%zz')).toMatchObject({ status: 400, body: { error_code: 'HSS.0002' } });
  });
});

describe('enterprise projects and rights', async () => {
  const payments = await test.addUser('pia', [{ role: 'read', enterpriseProjectId: 'pay' }]);
  const token = await test.logIn(payments);

  it('limit an administrator to the default one unless another is named', async () => {
    const rows = async (query: string) => (await ask(query)).body['total_num'];
    expect(await rows('limit=10')).toBe(3);
    expect(await rows('limit=10&enterprise_project_id=0')).toBe(3);
    expect(await rows('limit=10&enterprise_project_id=pay')).toBe(1);
    expect(await rows('limit=10&enterprise_project_id=all_granted_eps')).toBe(5);
  });

  it('show a user of one nothing of the others: not in rows, not in totals, not by id', async () => {
    expect(await names('limit=10', token)).toEqual(['db-01']);
    expect(await names(`host_id_list=${ids.get('web-01')}`, token)).toEqual([]);
    const named = await ask('enterprise_project_id=pay', token);
    expect(named.body['total_num']).toBe(1);
  });

  it('answer a foreign one and an unknown one alike', async () => {
    const foreign = await ask('enterprise_project_id=lab', token);
    const unknown = await ask('enterprise_project_id=no-such', token);
    expect(foreign).toMatchObject({ status: 400, body: { error_code: 'HSS.0003' } });
    expect(JSON.stringify(foreign.body).replaceAll('lab', 'X')).toBe(
      JSON.stringify(unknown.body).replaceAll('no-such', 'X'),
    );
    expect(await ask('limit=10', token)).toMatchObject({ status: 403, body: { error_code: 'HSS.0013' } });
  });

  it('are asked for after who asks: no token, a wrong one, a foreign project', async () => {
    const url = `${VIEW}?limit=0`;
    const none = await test.app.inject({ url });
    expect([none.statusCode, none.json().error_code]).toEqual([401, 'APIGW.0301']);
    const wrong = await test.app.inject({ url, headers: { 'x-auth-token': 'nonsense' } });
    expect([wrong.statusCode, wrong.json().error_code]).toEqual([401, 'APIGW.0301']);
    const foreign = await test.app.inject({
      url: url.replace(projectId, 'f'.repeat(32)),
      headers: { 'x-auth-token': adminToken },
    });
    expect([foreign.statusCode, foreign.json().error_code]).toEqual([403, 'APIGW.0302']);
  });
});
