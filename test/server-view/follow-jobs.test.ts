/** Random writes through the real jobs, several at once: every acknowledged one is in the read model, which answers as SQL does. */
import fc from 'fast-check';
import { expect, it, vi } from 'vitest';
import { acceptInventory } from '../../src/jobs/accept-inventory.ts';
import { changeServer } from '../../src/jobs/change-server.ts';
import { decideFindings } from '../../src/jobs/decide-findings.ts';
import { followAdvisories } from '../../src/jobs/follow-advisories.ts';
import { importAdvisories } from '../../src/jobs/import-advisories.ts';
import { refreshUnknown } from '../../src/jobs/refresh-unknown.ts';
import { setIncludeUnfixed } from '../../src/jobs/set-include-unfixed.ts';
import type { ViewRecord } from '../../src/server-view/view-record.ts';
import { wireRow } from '../../src/server-view/wire-row.ts';
import { removeServer } from '../../src/store/fleet/remove-server.ts';
import { renameServerGroup, serverGroupId } from '../../src/store/fleet/server-groups.ts';
import { followView } from '../../src/store/server-view/follow-changes.ts';
import { listServersInSql } from '../../src/store/server-view/list-servers.ts';
import { loadView } from '../../src/store/server-view/load-view.ts';
import { ProjectModels } from '../../src/store/server-view/project-models.ts';
import { VulnerabilityNames } from '../../src/store/server-view/vulnerability-names.ts';
import { vulnerabilityDictionary } from '../../src/store/vulnerability-dictionary.ts';
import { testDatabase } from '../database.ts';
import {
  advisoryItem,
  clockAt,
  installed,
  itemsOf,
  PROJECT,
  SYSTEMD,
  serverOf,
  TOMCAT,
  TOMCAT_EXPLOITED,
} from '../jobs/fleet-fixture.ts';
import { PlainSink } from './plain-sink.ts';
import { randomFilter } from './random-fleet.ts';

const { database } = await testDatabase();
const scope = { projectId: PROJECT, enterpriseProjects: 'all' } as const;
const listServers = listServersInSql(database, vulnerabilityDictionary(database));
const quiet = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};
const PACKAGES = [
  installed({ ecosystem: 'debian:10', name: 'systemd', version: '241-7~deb10u1' }),
  installed({ ecosystem: 'debian:10', name: 'systemd', version: '241-7~deb10u9' }),
  installed({ ecosystem: 'Bitnami', name: 'tomcat', version: '9.0.1' }),
];

type Write = readonly [kind: string, server: number, choice: number];

const write: fc.Arbitrary<Write> = fc.tuple(
  fc.constantFrom(
    'report',
    'report',
    'report',
    'change',
    'decide',
    'remove',
    'import',
    'rename',
    'unfixed',
    'clock',
  ),
  fc.integer({ min: 0, max: 5 }),
  fc.integer({ min: 0, max: 3 }),
);

const ids = new Map<number, string>();

async function carryOut([kind, server, choice]: Write): Promise<void> {
  const clock = clockAt(choice);
  const id = ids.get(server) ?? 'none yet';
  if (kind === 'report') {
    const groupId = await serverGroupId(database, { projectId: PROJECT, name: 'group', newId: 'group' });
    const packages = PACKAGES.filter((_, index) => (choice & (1 << index)) !== 0);
    const item = serverOf(`server-${server}`, packages, { settings: { groupId } });
    ids.set(server, (await acceptInventory(database, item, clock)).serverId);
  } else if (kind === 'change') {
    const change = {
      assetValue: choice > 1 ? 'important' : 'test',
      enterpriseProjectId: `ep-${choice}`,
    } as const;
    await changeServer(database, { scope, serverId: id, change, actor: 'a', now: clock.now }).catch(
      expectUnknown,
    );
  } else if (kind === 'decide') {
    await decideFindings(database, {
      ...scope,
      operation: choice > 1 ? 'ignore' : 'not_ignore',
      remark: '',
      decidedBy: 'a',
      type: undefined,
      selection: 'all',
      now: clock.now,
    });
  } else if (kind === 'remove') {
    await database.transaction((tx) => removeServer(tx, scope, id));
  } else if (kind === 'import') {
    const facts = choice > 1 ? { ...SYSTEMD, fixed: '241-7~deb10u99', modified: clock.now } : TOMCAT;
    await importAdvisories(database, () => itemsOf(advisoryItem(facts), TOMCAT_EXPLOITED), clock);
    await followAdvisories(database, { now: () => clock.now });
  } else if (kind === 'rename') {
    const renamed = { projectId: PROJECT, id: 'group', name: `group-${choice}` };
    await renameServerGroup(database, renamed).catch(() => undefined);
  } else if (kind === 'unfixed') {
    await setIncludeUnfixed(database, {
      projectId: PROJECT,
      includeUnfixed: choice > 1,
      now: () => clock.now,
    });
  } else await refreshUnknown(database, clock);
}

function expectUnknown(error: unknown): void {
  expect(error).toMatchObject({ code: 'server-unknown' });
}

async function stored(): Promise<readonly ViewRecord[]> {
  const sink = new PlainSink();
  const signal = new AbortController().signal;
  await loadView(database, sink, { names: new VulnerabilityNames(), onProgress: () => undefined, signal });
  return sink.sorted();
}

/** The same bytes for some questions. */
async function expectAnswersOfSql(models: ProjectModels): Promise<void> {
  for (const filter of fc.sample(randomFilter(PROJECT), 3)) {
    const page = { offset: 0, limit: 10 };
    const { total, rows } = await listServers(filter, page);
    const inSql = { total_num: total, data_list: rows.map(wireRow) };
    const { body, release } = models.page(filter, page);
    expect(Buffer.concat(body).toString()).toBe(JSON.stringify(inSql));
    release();
  }
}

it('has every write of every job when it is acknowledged, and nothing else', async () => {
  const sink = new PlainSink();
  const names = new VulnerabilityNames();
  const models = new ProjectModels(names.lookup);
  const both = [
    followView({ database, sink, names, log: quiet }),
    followView({ database, sink: models, names, log: quiet }),
  ];
  try {
    await vi.waitUntil(() => both.every((follower) => follower.isCurrent()), { timeout: 20_000 });
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(write, { minLength: 1, maxLength: 3 }), { maxLength: 8 }),
        async (steps) => {
          for (const atOnce of steps) {
            await Promise.all(
              atOnce.map(async (one) => {
                await carryOut(one);
                await Promise.all(both.map((follower) => follower.refresh()));
              }),
            );
            const records = await stored();
            expect(sink.sorted()).toEqual(records);
            await expectAnswersOfSql(models);
            for (const { shownVulnerabilities } of records) {
              for (const number of Array.from(shownVulnerabilities ?? []))
                expect(names.lookup(number)).toBeDefined();
            }
          }
        },
      ),
      { numRuns: 25 },
    );
    expect(await Promise.all(both.map((follower) => follower.compareAll()))).toEqual([0, 0]);
    expect(sink.told).toBeGreaterThan(0);
  } finally {
    await Promise.all(both.map((follower) => follower.close()));
  }
});
