import { setImmediate } from 'node:timers/promises';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Page, ServerFilter } from '../../src/server-view/server-view.ts';
import { ServerViewModel } from '../../src/server-view/server-view-model.ts';
import { wireRow } from '../../src/server-view/wire-row.ts';
import { listServersInSql } from '../../src/store/server-view/list-servers.ts';
import { vulnerabilityDictionary } from '../../src/store/vulnerability-dictionary.ts';
import { testDatabase } from '../database.ts';
import {
  expectedPage,
  expectedRow,
  GROUPS,
  type RandomServer,
  randomFilter,
  randomPage,
  randomServer,
  storeFleet,
  storeVulnerabilities,
  viewRecord,
  vulnerabilityName,
} from './random-fleet.ts';

const { database } = await testDatabase();
await storeVulnerabilities(database);
const listServers = listServersInSql(database, vulnerabilityDictionary(database));

/** So large that no new snapshot is made: all changes stay laid over the first. */
const LARGE = { overlayRowsMax: 1_000_000 };

/** So small that a few changes make a new snapshot, in slices of one step, fragments fill many buffers, answers come in parts. */
const SMALL = { overlayRowsMax: 3, upsertsMany: 2, chunkBytesLog2: 10, sliceMs: 0, bodyInOneBytesMax: 2_000 };

const randomFleet = fc.uniqueArray(randomServer, {
  selector: (server) => server.id,
  maxLength: 30,
  size: 'max',
});
const randomQuestion = fc.tuple(randomFilter('p'), randomPage);

/** What may happen to a fleet. Servers are chosen by a number, modulo how many there are. */
const randomEvent = fc.oneof(
  fc.record({ kind: fc.constant('add' as const), server: randomServer }),
  fc.record({ kind: fc.constant('replace' as const), which: fc.nat(), server: randomServer }),
  fc.record({ kind: fc.constant('repeat' as const), which: fc.nat() }),
  fc.record({ kind: fc.constant('remove' as const), which: fc.nat() }),
  fc.record({
    kind: fc.constant('assess' as const),
    which: fc.nat(),
    count: fc.integer({ min: 1, max: 3 }),
    server: randomServer,
  }),
  fc.record({
    kind: fc.constant('rename' as const),
    group: fc.constantFrom(...GROUPS),
    name: fc.constantFrom('e', 'web', 'STRASSE'),
  }),
  fc.record({ kind: fc.constant('let others run' as const), steps: fc.integer({ min: 1, max: 12 }) }),
  fc.record({ kind: fc.constant('ask' as const), question: randomQuestion }),
);

async function loaded(servers: readonly RandomServer[], options = {}): Promise<ServerViewModel> {
  const model = new ServerViewModel('p', vulnerabilityName, options);
  model.beginLoad(servers.length);
  for (const server of servers) model.add(viewRecord('p', server));
  await model.finishLoad();
  return model;
}

function answered(model: ServerViewModel, filter: ServerFilter, page: Page) {
  const { total, body, release } = model.page(filter, page);
  const parsed = JSON.parse(Buffer.concat(body).toString('utf8')) as {
    total_num: number;
    data_list: unknown;
  };
  release();
  expect(parsed.total_num).toBe(total);
  return parsed;
}

function expected(servers: readonly RandomServer[], filter: ServerFilter, page: Page) {
  const { total, ids } = expectedPage(servers, filter, page);
  const rows = ids.flatMap((id) => servers.filter((server) => server.id === id)).map(expectedRow);
  return { total_num: total, data_list: rows.map(wireRow) };
}

it('answers as a plain array and as SQL do, rows and all', async () => {
  let fleets = 0;
  await fc.assert(
    fc.asyncProperty(
      randomFleet,
      fc.array(randomQuestion, { minLength: 1, maxLength: 8 }),
      async (servers, questions) => {
        fleets += 1;
        const projectId = `fleet-${fleets}`;
        await storeFleet(database, projectId, servers);
        const model = await loaded(servers);
        for (const [filter, page] of questions) {
          const answer = answered(model, filter, page);
          expect(answer).toEqual(expected(servers, filter, page));
          const inSql = await listServers({ ...filter, projectId }, page);
          expect(answer).toEqual({ total_num: inSql.total, data_list: inSql.rows.map(wireRow) });
        }
      },
    ),
    { numRuns: 30 },
  );
});

it.each([
  ['also while a new snapshot is half built', SMALL],
  ['also where all of them lie over the first snapshot', LARGE],
])('answers rightly after every change, %s', async (_case, options) => {
  await fc.assert(
    fc.asyncProperty(
      randomFleet,
      fc.array(randomEvent, { minLength: 1, maxLength: 60, size: 'max' }),
      async (servers, events) => {
        const model = await loaded(servers, options);
        let fleet = [...servers];
        const names = new Map<string, string>();
        const named = (server: RandomServer): RandomServer => ({
          ...server,
          groupName: names.get(server.group ?? ''),
        });
        for (const event of events) {
          const which = 'which' in event ? fleet[event.which % Math.max(1, fleet.length)] : undefined;
          if (event.kind === 'ask') {
            const [filter, page] = event.question;
            expect(answered(model, filter, page)).toEqual(expected(fleet, filter, page));
          } else if (event.kind === 'rename') {
            names.set(event.group, event.name);
            fleet = fleet.map(named);
            model.renameGroup(event.group, event.name);
          } else if (event.kind === 'let others run') {
            for (let step = 0; step < event.steps; step += 1) await setImmediate();
          } else if (event.kind === 'remove') {
            fleet = fleet.filter((server) => server !== which);
            model.apply({ upserts: [], removals: which === undefined ? [] : [which.id] });
          } else if (event.kind === 'add') {
            const server = named(event.server);
            fleet = [...fleet.filter((other) => other.id !== server.id), server];
            model.apply({ upserts: [viewRecord('p', server)], removals: [] });
          } else if (event.kind === 'assess') {
            const { findings, isUnknown } = event.server;
            const first = event.which % Math.max(1, fleet.length);
            fleet = fleet.map((server, index) =>
              index >= first && index < first + event.count ? { ...server, findings, isUnknown } : server,
            );
            const records = fleet.slice(first, first + event.count).map((server) => viewRecord('p', server));
            for (const { shownKey, shownVulnerabilities } of records)
              model.learn({ projectId: 'p', shownKey, numbers: shownVulnerabilities ?? [] });
            const missing = viewRecord('p', { ...event.server, id: 'missing' });
            expect(model.applyFindings([...records, missing])).toEqual(['missing']);
          } else if (which !== undefined) {
            const server = event.kind === 'repeat' ? which : named({ ...event.server, id: which.id });
            fleet = fleet.map((other) => (other === which ? server : other));
            model.apply({ upserts: [viewRecord('p', server)], removals: [] });
          }
        }
        const whole = [
          { projectId: 'p', enterpriseProjects: 'all' },
          { offset: 0, limit: 200 },
        ] as const;
        expect(answered(model, ...whole)).toEqual(expected(fleet, ...whole));
        await model.settled();
        expect(answered(model, ...whole)).toEqual(expected(fleet, ...whole));
      },
    ),
    { numRuns: 150 },
  );
});
