import { describe, expect, it } from 'vitest';
import { projectEndpoint } from '../../src/api/endpoint.ts';
import { queryText } from '../../src/api/strict-query.ts';
import type { Grant } from '../../src/identity/rights.ts';
import { createEnterpriseProject } from '../../src/store/identity/create-enterprise-project.ts';
import { createProject } from '../../src/store/identity/create-project.ts';
import { echoEndpoint, errorCodeOf, REGION, START_MS, testApplication } from './application.ts';

const operateEndpoint = projectEndpoint({
  operation: 'EchoOperate',
  method: 'PUT',
  url: '/v5/:project_id/operate',
  right: 'operate',
  summary: 'Answers where the caller may operate.',
  query: { enterprise_project_id: queryText({ min: 1, max: 256 }) },
  handler: ({ query, resolveScope }) => ({ json: { scope: resolveScope(query.enterprise_project_id) } }),
});

const test = await testApplication({ endpoints: [echoEndpoint, operateEndpoint] });
const { app, database, domainId, projectId } = test;
const SECOND_PROJECT = 'f'.repeat(32);
await createProject(database, { id: SECOND_PROJECT, domainId, name: 'cn-south-1', createdAt: START_MS });
for (const id of ['ep-a', 'ep-b']) {
  await createEnterpriseProject(database, { domainId, id, name: `name of ${id}`, createdAt: START_MS });
}

let users = 0;
async function tokenWith(grants: readonly Grant[], scope?: object | null): Promise<string> {
  return test.logIn(await test.addUser(`user ${users++}`, grants), scope);
}

async function scopeOf(
  token: string,
  parameter: string | undefined,
  method: 'GET' | 'PUT' = 'GET',
): Promise<unknown> {
  const query = parameter === undefined ? '' : `?enterprise_project_id=${parameter}`;
  const path = method === 'GET' ? 'echo' : 'operate';
  const response = await app.inject({
    method,
    url: `/v5/${projectId}/${path}${query}`,
    headers: { 'x-auth-token': token },
  });
  return response.statusCode === 200 ? response.json<{ scope: unknown }>().scope : errorCodeOf(response);
}

describe('enterprise_project_id', () => {
  it('reaches what the caller was granted and nothing else', async () => {
    const token = await tokenWith([{ enterpriseProjectId: 'ep-a', role: 'read' }]);
    expect(await scopeOf(token, 'ep-a')).toEqual(['ep-a']);
    expect(await scopeOf(token, 'all_granted_eps')).toEqual(['ep-a']);
    expect(await scopeOf(token, undefined)).toBe('403 HSS.0013');
    const foreign = await scopeOf(token, 'ep-b');
    expect(foreign).toBe('400 HSS.0003');
    expect(await scopeOf(token, 'ep-unknown')).toBe(foreign);
    expect(await scopeOf(token, '0')).toBe(foreign);
    expect(await scopeOf(token, '')).toBe('400 HSS.0001');
    expect(await scopeOf(token, 'x'.repeat(257))).toBe('400 HSS.0001');
  });

  it('all_granted_eps is everything for someone granted everything, whose default is still 0', async () => {
    const token = await tokenWith([{ role: 'read' }]);
    expect(await scopeOf(token, 'all_granted_eps')).toBe('all');
    expect(await scopeOf(token, undefined)).toEqual(['0']);
    expect(await scopeOf(token, 'ep-unknown')).toBe('400 HSS.0003');
  });

  it('lets nobody operate where they may only read', async () => {
    const reader = await tokenWith([{ role: 'read' }]);
    expect(await scopeOf(reader, undefined, 'PUT')).toBe('403 HSS.0013');
    const mixed = await tokenWith([
      { enterpriseProjectId: 'ep-a', role: 'read' },
      { enterpriseProjectId: 'ep-b', role: 'operate' },
    ]);
    expect(await scopeOf(mixed, 'all_granted_eps', 'PUT')).toEqual(['ep-b']);
    expect(await scopeOf(mixed, 'ep-a', 'PUT')).toBe('403 HSS.0013');
  });
});

describe('a project', () => {
  it('is closed to whoever has no grant in it, and to a token of another project', async () => {
    const url = `/v5/${SECOND_PROJECT}/echo`;
    const elsewhere = await tokenWith([{ projectId, role: 'admin' }]);
    expect(errorCodeOf(await app.inject({ url, headers: { 'x-auth-token': elsewhere } }))).toBe(
      '403 APIGW.0302',
    );
    const both = await tokenWith([{ role: 'admin' }], { project: { name: REGION } });
    expect(errorCodeOf(await app.inject({ url, headers: { 'x-auth-token': both } }))).toBe('403 APIGW.0302');
    const ofDomain = await tokenWith([{ role: 'admin' }], null);
    expect((await app.inject({ url, headers: { 'x-auth-token': ofDomain } })).statusCode).toBe(200);
  });

  it('is found by its region name: exactly one, and only by those with a right in it', async () => {
    const list = async (token: string, query: string, path = '/v3/projects') => {
      const response = await app.inject({ url: `${path}${query}`, headers: { 'x-auth-token': token } });
      return response.json<{ projects: { id: string; name: string }[] }>().projects.map(({ name }) => name);
    };
    const everywhere = await tokenWith([{ role: 'read' }], null);
    expect(await list(everywhere, `?name=${REGION}`)).toEqual([REGION]);
    expect(await list(everywhere, '?name=cn-north')).toEqual([]);
    expect(await list(everywhere, '')).toEqual([REGION, 'cn-south-1']);
    expect(await list(everywhere, '?page=2&per_page=1')).toEqual(['cn-south-1']);
    expect(await list(everywhere, '?enabled=false')).toEqual([]);
    expect(
      await list(everywhere, `?domain_id=${domainId}&is_domain=false`, '/v3/auth/projects'),
    ).toHaveLength(2);
    const inOne = await tokenWith([{ projectId, enterpriseProjectId: 'ep-a', role: 'read' }], null);
    expect(await list(inOne, '')).toEqual([REGION]);
    expect(await list(inOne, '?name=cn-south-1')).toEqual([]);
  });

  it('is shown as the contract shows it', async () => {
    const token = await tokenWith([{ role: 'read' }]);
    const response = await app.inject({
      url: `/v3/projects?name=${REGION}`,
      headers: { 'x-auth-token': token },
    });
    expect(response.json()).toEqual({
      links: { self: 'https://parapet.example.test/v3/projects', previous: null, next: null },
      projects: [
        {
          id: projectId,
          name: REGION,
          domain_id: domainId,
          parent_id: domainId,
          is_domain: false,
          enabled: true,
          description: '',
          links: { self: `https://parapet.example.test/v3/projects/${projectId}` },
        },
      ],
    });
  });

  it('is not made over this API', async () => {
    const token = await tokenWith([{ role: 'admin' }]);
    const response = await app.inject({
      method: 'POST',
      url: '/v3/projects',
      headers: { 'x-auth-token': token },
      payload: { project: { name: 'new' } },
    });
    expect(response.statusCode).toBe(403);
    expect(response.json()).toMatchObject({ error: { code: 403, title: 'Forbidden' } });
  });

  it.each(['page=1', 'per_page=10', 'page=0&per_page=1', 'page=1&per_page=5001', 'enabled=yes'])(
    'is not listed with %s',
    async (query) => {
      const token = await tokenWith([{ role: 'read' }]);
      const response = await app.inject({ url: `/v3/projects?${query}`, headers: { 'x-auth-token': token } });
      expect(response.statusCode).toBe(400);
    },
  );
});

describe('domains and regions', () => {
  it('are those of the caller', async () => {
    const headers = { 'x-auth-token': await tokenWith([{ role: 'read' }], null) };
    const domains = await app.inject({ url: '/v3/auth/domains', headers });
    expect(domains.json()).toMatchObject({ domains: [{ id: domainId, name: 'parapet', enabled: true }] });
    const regions = await app.inject({ url: '/v3/regions', headers });
    expect(regions.json()).toMatchObject({
      regions: [
        { id: REGION, type: 'public', parent_region_id: null },
        { id: 'cn-south-1', type: 'public' },
      ],
    });
  });
});

describe('without a token', () => {
  it('there are health, readiness and login, and nothing else', async () => {
    expect((await app.inject('/healthz')).json()).toEqual({ status: 'ok' });
    expect((await app.inject('/readyz')).json()).toEqual({
      status: 'ready',
      parts: [{ name: 'database', state: 'ready' }],
    });
    expect((await app.inject({ method: 'HEAD', url: '/healthz' })).statusCode).toBe(200);
    for (const url of [
      '/v3/projects',
      '/v3/regions',
      '/v3/auth/domains',
      '/v3/auth/tokens',
      `/v5/${projectId}/echo`,
    ]) {
      expect((await app.inject(url)).statusCode, url).toBe(401);
    }
  });
});
