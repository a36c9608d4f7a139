import fc from 'fast-check';
import { expect, it } from 'vitest';
import { listServersInSql } from '../../src/store/server-view/list-servers.ts';
import { vulnerabilityDictionary } from '../../src/store/vulnerability-dictionary.ts';
import { testDatabase } from '../database.ts';
import { expectedPage, randomFilter, randomPage, randomServer, storeFleet } from './random-fleet.ts';

const { database } = await testDatabase();
const listServers = listServersInSql(database, vulnerabilityDictionary(database));

it('gives the totals, pages and order that filtering and sorting a plain array gives', async () => {
  let fleets = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.uniqueArray(randomServer, { selector: (server) => server.id, maxLength: 30 }),
      fc.array(fc.tuple(randomFilter('filled-in-below'), randomPage), { minLength: 1, maxLength: 12 }),
      async (servers, questions) => {
        fleets += 1;
        const projectId = `project-${fleets}`;
        await storeFleet(database, projectId, servers);
        for (const [randomly, page] of questions) {
          const filter = { ...randomly, projectId };
          const answer = await listServers(filter, page);
          const got = { total: answer.total, ids: answer.rows.map((row) => row.id) };
          expect(got).toEqual(expectedPage(servers, filter, page));
        }
      },
    ),
    { numRuns: 40 },
  );
});

it('pages of one unchanged fleet neither overlap nor miss', async () => {
  const servers = fc.sample(randomServer, { numRuns: 60, seed: 7 });
  await storeFleet(database, 'paged', servers);
  const filter = { projectId: 'paged', enterpriseProjects: 'all' } as const;
  const whole = await listServers(filter, { offset: 0, limit: 200 });
  const pages: string[] = [];
  for (let offset = 0; offset < whole.total; offset += 7) {
    const page = await listServers(filter, { offset, limit: 7 });
    pages.push(...page.rows.map((row) => row.id));
  }
  expect(pages).toEqual(whole.rows.map((row) => row.id));
  expect(new Set(pages).size).toBe(whole.total);
});

it('answers a page past the end with an empty list and the exact total', async () => {
  const answer = await listServers(
    { projectId: 'paged', enterpriseProjects: 'all' },
    { offset: 2_000_000, limit: 10 },
  );
  expect(answer.rows).toEqual([]);
  expect(answer.total).toBeGreaterThan(0);
});
