import { expect, it } from 'vitest';
import { buildApp } from '../../src/api/app.ts';
import { createAuthenticator } from '../../src/api/authenticate.ts';
import { accountEndpoint, projectEndpoint } from '../../src/api/endpoint.ts';
import { secretKeyOf } from '../../src/identity/secret-key.ts';
import { openIdentityStore } from '../../src/store/identity/open-identity-store.ts';
import { START_MS, testApplication } from './application.ts';

const base = await testApplication();

it('acknowledges a change of the fleet, and nothing else, after the view has it', async () => {
  const steps: string[] = [];
  const declared = { operation: 'Test', summary: 'A test.', right: 'operate' } as const;
  const handler = (step: string) => () => {
    steps.push(step);
    return {};
  };
  const app = buildApp({
    authenticator: createAuthenticator({
      identity: openIdentityStore(base.database),
      openSecretKey: secretKeyOf(Buffer.alloc(32, 7)).open,
      now: () => START_MS,
    }),
    endpoints: [
      projectEndpoint({ ...declared, method: 'PUT', url: '/:project_id/write', handler: handler('written') }),
      projectEndpoint({ ...declared, method: 'GET', url: '/:project_id/read', handler: handler('read') }),
      accountEndpoint({ ...declared, method: 'POST', url: '/account', handler: handler('account') }),
    ],
    readiness: [],
    log: () => steps.push('answered'),
    afterWrite: async () => {
      await new Promise((resolve) => setImmediate(resolve));
      steps.push('in the view');
    },
  });
  const token = await base.logIn(base.admin);
  const headers = { 'x-auth-token': token };
  await app.inject({ method: 'PUT', url: `/${base.projectId}/write`, headers });
  await app.inject({ method: 'GET', url: `/${base.projectId}/read`, headers });
  await app.inject({ method: 'POST', url: '/account', headers });
  await app.close();
  expect(steps).toEqual(['written', 'in the view', 'answered', 'read', 'answered', 'account', 'answered']);
});
