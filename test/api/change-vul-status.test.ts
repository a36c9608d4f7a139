/** Handling findings over the real application and database: contract 2.15 and 6.3. */
import { beforeAll, describe, expect, it } from 'vitest';
import { changeVulStatus } from '../../src/api/hss/change-vul-status.ts';
import { acceptInventory } from '../../src/jobs/accept-inventory.ts';
import { decideFindings } from '../../src/jobs/decide-findings.ts';
import { importAdvisories } from '../../src/jobs/import-advisories.ts';
import { serversWithVulnerability } from '../../src/store/findings/servers-with-vulnerability.ts';
import { showServer } from '../../src/store/fleet/show-server.ts';
import {
  advisoryItem,
  clockAt,
  installed,
  itemsOf,
  SYSTEMD,
  serverOf,
  T0,
  TOMCAT,
} from '../jobs/fleet-fixture.ts';
import { testApplication } from './application.ts';

const test = await testApplication({
  endpoints: (database) => [
    changeVulStatus({
      decideFindings: (request) => decideFindings(database, request),
      serversWithVulnerability: (scope, id) => serversWithVulnerability(database, scope, id),
      now: () => T0 + 1,
    }),
  ],
});
const { database, projectId } = test;
const URL = `/v5/${projectId}/vulnerability/status`;
const LINUX = 'DLA-3377-1';
const APP = 'HCVD-APP-CVE-2025-24813';

await importAdvisories(database, () => itemsOf(advisoryItem(SYSTEMD), advisoryItem(TOMCAT)), { now: T0 });
const packages = [
  installed({ ecosystem: 'debian:10', name: 'systemd', version: '241-7~deb10u8' }),
  installed({ ecosystem: 'Bitnami', name: 'tomcat', version: '9.0.90', paths: ['/opt/tomcat'] }),
];
async function addServer(name: string): Promise<string> {
  const server = { ...serverOf(name, packages), projectId };
  return (await acceptInventory(database, server, clockAt(0))).serverId;
}

const token = await test.logIn(test.admin);

async function put(
  body: object,
  asker = token,
  query = '',
): Promise<{ status: number; text: string; code: unknown }> {
  const response = await test.app.inject({
    method: 'PUT',
    url: URL + query,
    headers: { 'x-auth-token': asker },
    payload: body,
  });
  const code = response.body === '' ? undefined : response.json().error_code;
  return { status: response.statusCode, text: response.body, code };
}

async function statuses(serverId: string): Promise<Readonly<Record<string, string>>> {
  const server = await showServer(database, { projectId, enterpriseProjects: 'all' }, serverId);
  return Object.fromEntries((server?.findings ?? []).map((finding) => [finding.id, finding.status]));
}

describe('handling findings', () => {
  it('ignores one finding, keeps who, when and why, and takes it back', async () => {
    const serverId = await addServer('one-01');
    const data_list = [{ vul_id: LINUX, host_id_list: [serverId] }];
    const answer = await put({ operate_type: 'ignore', type: 'linux_vul', remark: 'not exposed', data_list });
    expect(answer).toMatchObject({ status: 200, text: '' });
    expect(await statuses(serverId)).toEqual({ [LINUX]: 'vul_status_ignored', [APP]: 'vul_status_unfix' });
    const kept = await database.query(
      'SELECT kind, remark, decided_by, decided_at FROM decision WHERE server_id = $1',
      [serverId],
    );
    expect(kept).toEqual([
      { kind: 'ignored', remark: 'not exposed', decided_by: 'admin', decided_at: T0 + 1 },
    ]);
    const history = await database.query(
      `SELECT kind, actor, remark, at FROM finding_event WHERE server_id = $1 AND kind = 'ignored'`,
      [serverId],
    );
    expect(history).toEqual([{ kind: 'ignored', actor: 'admin', remark: 'not exposed', at: T0 + 1 }]);
    expect((await put({ operate_type: 'not_ignore', data_list })).status).toBe(200);
    expect(await statuses(serverId)).toMatchObject({ [LINUX]: 'vul_status_unfix' });
  });

  it('marks every finding of a server fixed where no vulnerability is named', async () => {
    const serverId = await addServer('all-01');
    const host_data_list = [{ host_id: serverId, vul_id_list: null }];
    expect((await put({ operate_type: 'manual_repair', host_data_list })).status).toBe(200);
    expect(await statuses(serverId)).toEqual({ [LINUX]: 'vul_status_fixed', [APP]: 'vul_status_fixed' });
  });

  it('takes every server that has a vulnerability where no server is named, those that allow it', async () => {
    const [a, b] = [await addServer('many-01'), await addServer('many-02')];
    await put({ operate_type: 'ignore', host_data_list: [{ host_id: a, vul_id_list: [LINUX] }] });
    expect((await put({ operate_type: 'ignore', data_list: [{ vul_id: LINUX }] })).status).toBe(200);
    expect(await statuses(a)).toMatchObject({ [LINUX]: 'vul_status_ignored' });
    expect(await statuses(b)).toMatchObject({ [LINUX]: 'vul_status_ignored', [APP]: 'vul_status_unfix' });
  });

  it('takes all findings of a type, Linux ones unless another is named', async () => {
    const serverId = await addServer('type-01');
    expect((await put({ operate_type: 'ignore', select_type: 'all_vul' })).status).toBe(200);
    expect(await statuses(serverId)).toEqual({ [LINUX]: 'vul_status_ignored', [APP]: 'vul_status_unfix' });
    expect((await put({ operate_type: 'ignore', select_type: 'all_host', type: 'app_vul' })).status).toBe(
      200,
    );
    expect(await statuses(serverId)).toMatchObject({ [APP]: 'vul_status_ignored' });
  });
});

describe('a refused request', () => {
  // Named before it is there: the ids of the table below are read before any test runs.
  const serverId = 'refused-server';
  const one = [{ vul_id: LINUX, host_id_list: [serverId] }];
  const host = [{ host_id: serverId, vul_id_list: [LINUX] }];

  beforeAll(async () => {
    await acceptInventory(
      database,
      { ...serverOf('refused-01', packages), projectId, newId: serverId },
      clockAt(0),
    );
  });

  it.each<[string, number, string, object]>([
    ['no selection', 400, 'HSS.0002', { operate_type: 'ignore' }],
    ['two selections', 400, 'HSS.0004', { operate_type: 'ignore', data_list: one, host_data_list: host }],
    ['an unknown operation', 400, 'HSS.0001', { operate_type: 'forget', data_list: one }],
    [
      'an operation that is not offered',
      400,
      'HSS.0001',
      { operate_type: 'immediate_repair', data_list: one },
    ],
    ['a status that does not allow it', 400, 'HSS.1059', { operate_type: 'not_ignore', data_list: one }],
    [
      'an unknown vulnerability',
      400,
      'HSS.0201',
      { operate_type: 'ignore', data_list: [{ ...one[0], vul_id: 'X-1' }] },
    ],
    [
      'an unknown server',
      403,
      '00000010',
      { operate_type: 'ignore', host_data_list: [{ host_id: 'nobody', vul_id_list: [LINUX] }] },
    ],
    ['an empty list', 400, 'HSS.0001', { operate_type: 'ignore', data_list: [] }],
    [
      'a remark of 513 characters',
      400,
      'HSS.0001',
      { operate_type: 'ignore', data_list: one, remark: 'a'.repeat(513) },
    ],
    ['501 elements', 400, 'HSS.0006', { operate_type: 'ignore', data_list: new Array(501).fill(one[0]) }],
  ])('for %s is %i %s and changes nothing', async (_what, status, code, body) => {
    expect(await put(body)).toMatchObject({ status, code });
    expect(await statuses(serverId)).toEqual({ [LINUX]: 'vul_status_unfix', [APP]: 'vul_status_unfix' });
  });

  it('changes nothing of its right parts either', async () => {
    const data_list = [...one, { vul_id: LINUX, host_id_list: ['nobody'] }];
    expect(await put({ operate_type: 'ignore', data_list })).toMatchObject({ status: 403 });
    expect(await statuses(serverId)).toMatchObject({ [LINUX]: 'vul_status_unfix' });
  });

  it('for lack of the right to operate is 403 HSS.0013', async () => {
    const reader = await test.logIn(await test.addUser('rita', [{ role: 'read' }]));
    expect(await put({ operate_type: 'ignore', data_list: one }, reader)).toMatchObject({
      status: 403,
      code: 'HSS.0013',
    });
  });
});

describe('a hostile body', () => {
  const bulk = `"operate_type":"ignore","type":"linux_vul","select_type":"all_host"`;
  it.each([
    ['cut off', `{${bulk}`],
    ['nested 100,000 deep', `{${bulk},"data_list":${'['.repeat(100_000)}`],
    ['with __proto__', `{${bulk},"__proto__":{"data_list":[]}}`],
    ['with a key twice', `{${bulk},"operate_type":"not_ignore"}`],
    ['with a number for a word', `{"operate_type":1,"type":"linux_vul"}`],
    ['with an object for a list', `{"operate_type":"ignore","type":"linux_vul","data_list":{"length":1}}`],
    ['with ids that are none', `{"operate_type":"ignore","type":"linux_vul","data_list":[null]}`],
    ['that is a list', '[]'],
    ['of nothing', ''],
  ])('%s is refused with all three texts, and no finding changes', async (_what, payload) => {
    const serverId = await addServer('hostile-01');
    const before = await statuses(serverId);
    const response = await test.app.inject({
      method: 'PUT',
      url: URL,
      headers: { 'x-auth-token': token, 'content-type': 'application/json' },
      payload,
    });
    expect(response.statusCode).toBe(400);
    expect(response.json()).toEqual({
      error_code: expect.stringMatching(/^HSS\.\d{4}$/),
      error_msg: expect.stringMatching(/\S/),
      error_description: expect.stringMatching(/\S/),
    });
    expect(await statuses(serverId)).toEqual(before);
  });
});
