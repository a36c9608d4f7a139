/**
 * The vendor's own client core and IAM client, unchanged, over loopback HTTP: signed requests, project discovery by
 * region, and how its errors come out. The core writes an id file under the user's home, so the home is another here.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { listVulHostHosts } from '../../src/api/hss/list-vul-host-hosts.ts';
import { acceptInventory } from '../../src/jobs/accept-inventory.ts';
import type { Page, ServerFilter } from '../../src/server-view/server-view.ts';
import { listServersInSql } from '../../src/store/server-view/list-servers.ts';
import { vulnerabilityDictionary } from '../../src/store/vulnerability-dictionary.ts';
import { installed, serverOf } from '../jobs/fleet-fixture.ts';
import { ADMIN_PASSWORD, listenOnLoopback, REGION, testApplication } from './application.ts';

const home = mkdtempSync(join(tmpdir(), 'parapet-sdk-'));
vi.stubEnv('HOME', home);
afterAll(() => rmSync(home, { recursive: true, force: true }));
// Loaded only now: the core looks for the home as it is loaded.
const core = await import('@huaweicloud/huaweicloud-sdk-core');
const { ClientBuilder } = await import('@huaweicloud/huaweicloud-sdk-core/ClientBuilder.js');
const { Logger4jInstance } = await import('@huaweicloud/huaweicloud-sdk-core/logger/log4jLogger.js');
const iam = await import('@huaweicloud/huaweicloud-sdk-iam/v3/public-api.js');

// It prints every failed call, and these tests fail calls on purpose.
Logger4jInstance.level = 'off';

// The whole way: what was asked is noted, then answered from the database.
const asked: { filter: ServerFilter; page: Page }[] = [];
const test = await testApplication({
  endpoints: (database) => {
    const listServers = listServersInSql(database, vulnerabilityDictionary(database));
    return [
      listVulHostHosts((filter, page) => {
        asked.push({ filter, page });
        return listServers(filter, page);
      }),
    ];
  },
});
const silent = { now: Date.now(), staleDays: 30, silentDays: 7 };
for (const name of ["web a+b/ü*~!'()", 'db-01']) {
  const server = serverOf(name, [installed({ ecosystem: 'debian:10', name: 'bash', version: '5.0-4' })]);
  await acceptInventory(
    test.database,
    { ...server, projectId: test.projectId, newId: `id of ${name}` },
    silent,
  );
}
const { url } = await listenOnLoopback(test.app);
const key = await test.addAccessKey(test.admin.id);
// The clients sign with the real time.
test.clock.now = Date.now();

interface ServerViewAnswer {
  readonly httpStatusCode?: number;
  readonly total_num?: number;
  readonly data_list?: readonly object[];
}

/** Calls the server view as the vendor's generated client does. */
async function callServerView(
  credentials: InstanceType<typeof core.BasicCredentials>,
  query: Record<string, unknown>,
  place: { readonly endpoint?: string; readonly region?: string } = { endpoint: url },
): Promise<ServerViewAnswer> {
  const builder = new ClientBuilder((hcClient) => hcClient).withCredential(credentials);
  if (place.region === undefined) builder.withEndpoint(place.endpoint ?? url);
  else builder.withRegion(new core.Region(place.region, url));
  return builder.build().sendRequest({
    method: 'GET',
    url: '/v5/{project_id}/vulnerability/host/hosts',
    contentType: 'application/json',
    queryParams: query,
    pathParams: {},
    headers: {},
  });
}

function credentials(secretKey = key.secretKey): InstanceType<typeof core.BasicCredentials> {
  return new core.BasicCredentials()
    .withAk(key.accessKey)
    .withSk(secretKey)
    .withIamEndpoint(url) as InstanceType<typeof core.BasicCredentials>;
}

function iamClient() {
  const global = new core.GlobalCredentials()
    .withDomainId(test.domainId)
    .withAk(key.accessKey)
    .withSk(key.secretKey);
  return iam.IamClient.newBuilder().withCredential(global).withEndpoint(url).build();
}

describe('the vendor’s client core', () => {
  it('reaches the server view with an access key and a project id', async () => {
    const answer = await callServerView(credentials().withProjectId(test.projectId), {
      limit: 10,
      offset: 0,
      host_name: "web a+b/ü*~!'()",
      severity_level: 'High',
      host_id_list: ['h-2', 'h-1'],
      enterprise_project_id: 'all_granted_eps',
    });
    expect(answer).toMatchObject({ httpStatusCode: 200, total_num: 0, data_list: [] });
    expect(asked.at(-1)).toMatchObject({
      filter: {
        projectId: test.projectId,
        enterpriseProjects: 'all',
        nameContains: "web a+b/ü*~!'()",
        severityLevel: 'High',
        ids: ['h-1', 'h-2'],
      },
      page: { limit: 10, offset: 0 },
    });
  });

  it('gets the rows of the servers there are, Unicode names and all', async () => {
    const asker = credentials().withProjectId(test.projectId);
    const all = await callServerView(asker, { limit: 10, offset: 0 });
    expect(all).toMatchObject({
      total_num: 2,
      data_list: [{ host_name: 'db-01' }, { host_name: "web a+b/ü*~!'()" }],
    });
    const one = await callServerView(asker, { limit: 10, offset: 0, host_name: 'Ü*~' });
    expect(one).toMatchObject({
      total_num: 1,
      data_list: [{ host_id: "id of web a+b/ü*~!'()", os_type: 'Linux' }],
    });
    const listed = await callServerView(asker, {
      limit: 10,
      offset: 0,
      host_id_list: ['id of db-01', 'no-such'],
    });
    expect(listed).toMatchObject({ total_num: 1, data_list: [{ host_name: 'db-01' }] });
  });

  it('finds the project of a region by itself', async () => {
    const answer = await callServerView(credentials(), { limit: 10, offset: 0 }, { region: REGION });
    expect(answer.httpStatusCode).toBe(200);
    expect(asked.at(-1)?.filter.projectId).toBe(test.projectId);
  });

  it('is told in words when there is no such region', async () => {
    await expect(callServerView(credentials(), { limit: 10 }, { region: 'no-such-region' })).rejects.toThrow(
      /not supported to create project/,
    );
  });

  it('gets code, text and request id of a wrong parameter', async () => {
    const call = callServerView(credentials().withProjectId(test.projectId), { limit: 0, offset: 0 });
    await expect(call).rejects.toMatchObject({
      httpStatusCode: 400,
      errorCode: 'HSS.0001',
      errorMsg: expect.stringContaining('limit'),
      requestId: expect.stringMatching(/^[0-9a-f]{32}$/),
    });
  });

  it('gets code and canonical request of a wrong secret key, and 403 of a foreign project', async () => {
    await expect(
      callServerView(credentials('wrong').withProjectId(test.projectId), { limit: 10 }),
    ).rejects.toMatchObject({
      httpStatusCode: 401,
      errorCode: 'APIGW.0301',
      errorMsg: expect.stringContaining('canonicalRequest:GET|/v5/'),
    });
    await expect(
      callServerView(credentials().withProjectId('0'.repeat(32)), { limit: 10 }),
    ).rejects.toMatchObject({ httpStatusCode: 403, errorCode: 'APIGW.0302' });
  });
});

describe('the vendor’s client core without project and region', () => {
  it('sends {project_id} as it stands, and is told that there is no right in such a project', async () => {
    await expect(callServerView(credentials(), { limit: 10 })).rejects.toMatchObject({
      httpStatusCode: 403,
      errorCode: 'APIGW.0302',
    });
  });
});

describe('the vendor’s IAM client', () => {
  it('obtains a token, looks at it, and is known by it', async () => {
    const client = iamClient();
    const body = {
      auth: {
        identity: {
          methods: ['password'],
          password: { user: { name: 'admin', password: ADMIN_PASSWORD, domain: { name: 'parapet' } } },
        },
        scope: { project: { name: REGION } },
      },
    };
    const issued = await client.keystoneCreateUserTokenByPassword(
      Object.assign(new iam.KeystoneCreateUserTokenByPasswordRequest(), { body }),
    );
    expect(issued).toMatchObject({ httpStatusCode: 201, token: { project: { id: test.projectId } } });
    const secret: unknown = Reflect.get(issued, 'X-Subject-Token');
    expect(secret).toMatch(/^parapet-token-/);
    const seen = await client.keystoneValidateToken(
      new iam.KeystoneValidateTokenRequest().withXSubjectToken(String(secret)),
    );
    expect(seen).toMatchObject({ httpStatusCode: 200, token: { user: { name: 'admin' } } });
  });

  it('lists projects, domains and regions', async () => {
    const client = iamClient();
    const projects = await client.keystoneListProjects(
      new iam.KeystoneListProjectsRequest().withName(REGION),
    );
    expect(projects.projects).toMatchObject([{ id: test.projectId, name: REGION, enabled: true }]);
    const domains = await client.keystoneListAuthDomains(new iam.KeystoneListAuthDomainsRequest());
    expect(domains.domains).toMatchObject([{ id: test.domainId, name: 'parapet' }]);
    const regions = await client.keystoneListRegions(new iam.KeystoneListRegionsRequest());
    expect(regions.regions).toMatchObject([{ id: REGION, type: 'public' }]);
  });

  it('makes an access key, signs with it, and deletes it', async () => {
    const client = iamClient();
    const made = await client.createPermanentAccessKey(
      Object.assign(new iam.CreatePermanentAccessKeyRequest(), {
        body: { credential: { user_id: test.admin.id, description: 'made by a client' } },
      }),
    );
    const { access = '', secret = '' } = made.credential ?? {};
    const own = new core.BasicCredentials().withProjectId(test.projectId).withAk(access).withSk(secret);
    const answer = await callServerView(own as InstanceType<typeof core.BasicCredentials>, { limit: 10 });
    expect(answer.httpStatusCode).toBe(200);
    const listed = await client.listPermanentAccessKeys(new iam.ListPermanentAccessKeysRequest());
    expect(listed.credentials?.map((credential) => credential.access)).toContain(access);
    const deleted = await client.deletePermanentAccessKey(
      new iam.DeletePermanentAccessKeyRequest().withAccessKey(access),
    );
    expect(deleted.httpStatusCode).toBe(204);
    await expect(
      callServerView(own as InstanceType<typeof core.BasicCredentials>, { limit: 10 }),
    ).rejects.toMatchObject({ httpStatusCode: 401, errorCode: 'APIGW.0301' });
  });

  it('gets the text of a refused project', async () => {
    const request = Object.assign(new iam.KeystoneCreateProjectRequest(), {
      body: { project: { name: 'new', domain_id: test.domainId } },
    });
    await expect(iamClient().keystoneCreateProject(request)).rejects.toMatchObject({
      httpStatusCode: 403,
      errorMsg: expect.stringContaining('parapet project'),
    });
  });
});
