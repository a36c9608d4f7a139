import { expect, it } from 'vitest';
import { projectEndpoint } from '../../src/api/endpoint.ts';
import { listenOnLoopback, testApplication } from './application.ts';

const PARTS = [Buffer.from('{"rows":["'), Buffer.alloc(3_000_000, 0x61), Buffer.from('"]}')];
let sent = 0;
const test = await testApplication({
  endpoints: [
    projectEndpoint({
      operation: 'SendParts',
      method: 'GET',
      url: '/v5/:project_id/parts',
      right: 'read',
      summary: 'Sends an answer that lies in several places',
      handler: () => ({
        parts: PARTS,
        onSent: () => {
          sent += 1;
        },
      }),
    }),
  ],
});
const { url } = await listenOnLoopback(test.app);

it('of several parts comes whole, with its length, and is told as sent once', async () => {
  const token = await test.logIn(test.admin);
  const answer = await fetch(`${url}/v5/${test.projectId}/parts`, { headers: { 'X-Auth-Token': token } });
  const body = Buffer.from(await answer.arrayBuffer());
  expect(answer.headers.get('content-length')).toBe(String(body.length));
  expect(answer.headers.get('content-type')).toBe('application/json');
  expect(body.equals(Buffer.concat(PARTS))).toBe(true);
  await expect.poll(() => sent).toBe(1);
});
