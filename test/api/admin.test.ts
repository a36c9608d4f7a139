/** Our own API: single servers, groups and coverage, and that nobody sees past their enterprise projects there either. */
import { describe, expect, it } from 'vitest';
import { showCoverage } from '../../src/api/admin/coverage.ts';
import { explainFindingEndpoint } from '../../src/api/admin/explain-finding.ts';
import { serverGroupEndpoints } from '../../src/api/admin/server-groups.ts';
import { serverEndpoints } from '../../src/api/admin/servers.ts';
import { urgentEndpoints } from '../../src/api/admin/urgent.ts';
import { acceptInventory } from '../../src/jobs/accept-inventory.ts';
import { followAdvisories } from '../../src/jobs/follow-advisories.ts';
import { importAdvisories } from '../../src/jobs/import-advisories.ts';
import { listServerGroups } from '../../src/store/fleet/server-groups.ts';
import { createEnterpriseProject } from '../../src/store/identity/create-enterprise-project.ts';
import { listEnterpriseProjects } from '../../src/store/identity/list-enterprise-projects.ts';
import { advisoryItem, clockAt, installed, itemsOf, SYSTEMD, serverOf, T0 } from '../jobs/fleet-fixture.ts';
import { testApplication } from './application.ts';

const test = await testApplication({
  endpoints: (database) => [
    ...serverEndpoints({
      database,
      enterpriseProjectExists: async (domainId, id) =>
        (await listEnterpriseProjects(database, domainId)).some((one) => one.id === id),
      groupExists: async (projectId, id) =>
        (await listServerGroups(database, { projectId, enterpriseProjects: 'all' })).some(
          (one) => one.id === id,
        ),
      clock: () => ({ now: T0, staleDays: 30, silentDays: 7 }),
    }),
    ...serverGroupEndpoints(database),
    explainFindingEndpoint(database, () => clockAt(0)),
    showCoverage(database, () => clockAt(0)),
    ...urgentEndpoints(database, () => clockAt(0)),
  ],
});
const { database, projectId, domainId } = test;
const BASE = `/parapet/v1/${projectId}`;

await createEnterpriseProject(database, { domainId, id: 'pay', name: 'payments', createdAt: T0 });
await importAdvisories(database, () => itemsOf(advisoryItem(SYSTEMD)), { now: T0 });
const old = installed({ ecosystem: 'debian:10', name: 'systemd', version: '241-7~deb10u8' });
async function addServer(name: string, enterpriseProjectId: string): Promise<string> {
  const server = { ...serverOf(name, [old], { settings: { enterpriseProjectId } }), projectId };
  return (await acceptInventory(database, server, clockAt(0))).serverId;
}
const ours = await addServer('ours', '0');
const theirs = await addServer('theirs', 'pay');
const admin = await test.logIn(test.admin);
const payUser = await test.logIn(
  await test.addUser('pia', [{ role: 'operate', enterpriseProjectId: 'pay' }]),
);

async function call(method: 'GET' | 'PATCH' | 'POST' | 'DELETE', path: string, token: string, body?: object) {
  const response = await test.app.inject({
    method,
    url: BASE + path,
    headers: { 'x-auth-token': token },
    ...(body === undefined ? {} : { payload: body }),
  });
  return { status: response.statusCode, body: response.body === '' ? undefined : response.json() };
}

describe('a server', () => {
  it('is shown with its settings and findings', async () => {
    expect(await call('GET', `/servers/${ours}`, admin)).toMatchObject({
      status: 200,
      body: {
        name: 'ours',
        system: 'debian:10',
        packages: 1,
        findings: [{ id: 'DLA-3377-1', fixable: true }],
      },
    });
  });

  it('takes settings, and its priorities follow its importance', async () => {
    const change = {
      asset_value: 'test',
      region: 'eu',
      public_ip: '203.0.113.5',
      cluster_id: 'c-1',
      node_type: 'cce',
    };
    expect(await call('PATCH', `/servers/${ours}`, admin, change)).toMatchObject({ status: 200 });
    // "high" is 7.5 points, 6.5 on a test server.
    expect((await call('GET', `/servers/${ours}`, admin)).body).toMatchObject({
      region: 'eu',
      public_ip: '203.0.113.5',
      cluster_id: 'c-1',
      node_type: 'cce',
      findings: [{ priority: 'Medium' }],
    });
  });

  it('is explained, and only to those who may see it', async () => {
    const path = `/servers/${ours}/findings/DLA-3377-1/explanation`;
    expect(await call('GET', path, admin)).toMatchObject({
      status: 200,
      body: {
        about: 'DLA-3377-1',
        verdict: 'open',
        sentence: expect.stringContaining('systemd 241-7~deb10u8'),
        findings: [{ id: 'DLA-3377-1', finding: { status: 'vul_status_unfix' } }],
        advisory_set: { revision: 1 },
      },
    });
    expect(await call('GET', path.replace('DLA-3377-1', 'CVE-2099-1'), admin)).toMatchObject({
      status: 200,
      body: { verdict: 'unknown' },
    });
    expect(await call('GET', path, payUser)).toMatchObject({ status: 403, body: { error_code: '00000010' } });
  });

  it('refuses an unknown group, an unknown enterprise project and a word that is none', async () => {
    expect(await call('PATCH', `/servers/${ours}`, admin, { group_id: 'nope' })).toMatchObject({
      status: 404,
    });
    expect(await call('PATCH', `/servers/${ours}`, admin, { enterprise_project_id: 'nope' })).toMatchObject({
      status: 400,
    });
    expect(await call('PATCH', `/servers/${ours}`, admin, { asset_value: 'vital' })).toMatchObject({
      status: 400,
      body: { error_msg: 'asset_value: must be one of important, common, test' },
    });
    expect(await call('PATCH', `/servers/${ours}`, admin, { nonsense: 1 })).toMatchObject({ status: 400 });
  });

  it.each([
    [{ public_ip: 'example.org' }, 'public_ip: must be one IPv4 or IPv6 address'],
    [{ private_ip: '10.0.0.1 10.0.0.2' }, 'private_ip: must be IPv4 or IPv6 addresses joined by commas'],
    [{ name: 'a\u001b[2Jb' }, 'name: control characters'],
    [{ region: 'eu\n1' }, 'region: control characters'],
  ])('refuses %j', async (body, problem) => {
    const answer = await call('PATCH', `/servers/${ours}`, admin, body);
    expect(answer).toMatchObject({ status: 400, body: { error_msg: expect.stringContaining(problem) } });
  });

  it('of another enterprise project is neither seen, changed nor removed', async () => {
    for (const [method, body] of [['GET'], ['PATCH', { region: 'x' }], ['DELETE']] as const) {
      const answer = await call(method, `/servers/${ours}`, payUser, body);
      expect(answer).toMatchObject({ status: 403, body: { error_code: '00000010' } });
    }
    expect((await call('GET', `/servers/${theirs}`, payUser)).status).toBe(200);
    const moved = await call('PATCH', `/servers/${theirs}`, payUser, { enterprise_project_id: '0' });
    expect(moved).toMatchObject({ status: 400, body: { error_code: 'HSS.0003' } });
  });
});

describe('what is urgent', () => {
  it('is asked, listed, shown and removed, and counts only servers that the asker may see', async () => {
    const question = { package: 'systemd', range: '<241-7~deb10u9', ecosystem: 'debian', reason: 'news' };
    const asked = await call('POST', '/urgent?limit=1', admin, question);
    expect(asked).toMatchObject({
      status: 201,
      body: {
        kind: 'package',
        asked_by: test.admin.name,
        asked_at: new Date(T0).toISOString(),
        reason: 'news',
        answer: { servers_total: 2, packages_total: 1, servers: [{ name: 'ours' }] },
        history: [{ kind: 'asked' }],
      },
    });
    const { id } = asked.body;
    expect((await call('GET', '/urgent', payUser)).body).toMatchObject({ matching_in_progress: true });
    await followAdvisories(database, { now: () => T0 });
    expect((await call('GET', '/urgent', payUser)).body).toMatchObject({
      items: [{ id, servers_total: 1 }],
      matching_in_progress: false,
    });
    expect((await call('GET', `/urgent/${id}`, payUser)).body.answer).toMatchObject({
      servers_total: 1,
      servers: [{ name: 'theirs' }],
    });
    for (const [method, path, body] of [
      ['POST', '/urgent', question],
      ['DELETE', `/urgent/${id}`],
    ] as const)
      expect(await call(method, path, payUser, body)).toMatchObject({ status: 403 });
    expect(await call('DELETE', `/urgent/${id}`, admin)).toMatchObject({ status: 204 });
    expect(await call('DELETE', `/urgent/${id}`, admin)).toMatchObject({ status: 404 });
    expect((await call('GET', '/urgent?all=true', admin)).body).toMatchObject({
      items: [{ id, state: 'removed' }],
    });
    expect((await call('GET', '/urgent', admin)).body).toMatchObject({ items: [] });
  });

  it.each([
    [{ package: 'x', range: '>=1 >2' }, 'range: has two lower bounds'],
    [{ cve: 'x' }, 'cve: must be a CVE'],
    [{ nonsense: 1 }, ''],
    [{ package: 1 }, 'package: '],
  ])('refuses %j', async (body, problem) => {
    expect(await call('POST', '/urgent', admin, body)).toMatchObject({
      status: 400,
      body: { error_msg: expect.stringContaining(problem) },
    });
  });
});

describe('groups and coverage', () => {
  it('tell only of what the asker may see, and groups are changed only with the right everywhere', async () => {
    const made = await call('POST', '/groups', admin, { name: 'edge' });
    expect(made.status).toBe(201);
    expect(await call('POST', '/groups', admin, { name: 'edge' })).toMatchObject({ status: 409 });
    await call('PATCH', `/servers/${ours}`, admin, { group_id: made.body.id });
    expect((await call('GET', '/groups', admin)).body).toMatchObject({
      groups: [{ name: 'edge', servers: 1 }],
    });
    expect((await call('GET', '/groups', payUser)).body).toEqual({ groups: [] });
    await call('PATCH', `/servers/${theirs}`, admin, { group_id: made.body.id });
    expect((await call('GET', '/groups', payUser)).body).toMatchObject({
      groups: [{ name: 'edge', servers: 1 }],
    });
    const { body: empty } = await call('POST', '/groups', admin, { name: 'empty' });
    expect((await call('GET', '/groups', admin)).body).toMatchObject({
      groups: [
        { name: 'edge', servers: 2 },
        { name: 'empty', servers: 0 },
      ],
    });
    await call('DELETE', `/groups/${empty.id}`, admin);
    expect(await call('POST', '/groups', payUser, { name: 'x' })).toMatchObject({ status: 403 });
    expect(await call('DELETE', `/groups/${made.body.id}`, payUser)).toMatchObject({ status: 403 });
    expect(await call('DELETE', `/groups/${made.body.id}`, admin)).toMatchObject({ status: 204 });
    expect((await call('GET', `/servers/${ours}`, admin)).body.group_id).toBeUndefined();
    const seen = async (token: string) => (await call('GET', '/coverage', token)).body.systems;
    expect(await seen(admin)).toMatchObject([{ system: 'debian:10', status: 'covered', servers: 2 }]);
    expect(await seen(payUser)).toMatchObject([{ system: 'debian:10', status: 'covered', servers: 1 }]);
  });
});

it('removes a server with everything that hangs on it', async () => {
  expect(await call('DELETE', `/servers/${theirs}`, payUser)).toMatchObject({ status: 204 });
  expect((await call('GET', `/servers/${theirs}`, admin)).status).toBe(403);
  const left = await database.query('SELECT 1 FROM finding_event WHERE server_id = $1', [theirs]);
  expect(left).toEqual([]);
});
