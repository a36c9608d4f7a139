/** Following advisories by what they touch comes to the same as assessing every server whole. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { systemOf } from '../../src/inventory/system.ts';
import { acceptInventory } from '../../src/jobs/accept-inventory.ts';
import { resummariseServers } from '../../src/jobs/assess-servers.ts';
import { decideFindings } from '../../src/jobs/decide-findings.ts';
import { followAdvisories } from '../../src/jobs/follow-advisories.ts';
import { importAdvisories } from '../../src/jobs/import-advisories.ts';
import type { Database } from '../../src/store/database.ts';
import { setIncludesUnfixed } from '../../src/store/fleet/project-setting.ts';
import { testDatabase } from '../database.ts';
import {
  type AdvisoryFacts,
  advisoryItem,
  clockAt,
  installed,
  itemsOf,
  PROJECT,
  serverOf,
  T0,
} from './fleet-fixture.ts';

const RUNS = 12;
const NAMES = ['alpha', 'beta', 'linux'] as const;
/** Of `linux` a server has the kernel that runs, and maybe a newer one that waits for a restart. */
const KERNELS = ['5.10.0-8-amd64', '5.10.0-9-amd64'] as const;

interface RandomAdvisory {
  readonly id: number;
  readonly name: (typeof NAMES)[number];
  /** Versions up to 9 are installed. */
  readonly fixed: number;
  readonly word: 'critical' | 'medium';
}

const advisory: fc.Arbitrary<RandomAdvisory> = fc.record({
  id: fc.integer({ min: 1, max: 4 }),
  name: fc.constantFrom(...NAMES),
  fixed: fc.integer({ min: 1, max: 9 }),
  word: fc.constantFrom('critical', 'medium'),
});

const server = fc.record({
  alpha: fc.integer({ min: 1, max: 9 }),
  beta: fc.integer({ min: 1, max: 9 }),
  kernels: fc.constantFrom(1, 2),
  assetValue: fc.constantFrom('important', 'common', 'test'),
  ignores: fc.boolean(),
});

const scenario = fc.record({
  servers: fc.array(server, { minLength: 1, maxLength: 5 }),
  first: fc.array(advisory, { minLength: 1, maxLength: 4 }),
  later: fc.array(fc.array(advisory, { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 3 }),
});

type Scenario = typeof scenario extends fc.Arbitrary<infer T> ? T : never;

function factsOf({ id, name, fixed, word }: RandomAdvisory, modified: number): AdvisoryFacts {
  return {
    id: `DSA-${id}-${name === 'linux' ? 2 : 1}`,
    cves: [`CVE-2023-000${id}`],
    ecosystem: 'debian:11',
    name,
    fixed: `5.10.${fixed}-1`,
    word,
    modified,
  };
}

async function report(
  database: Database,
  servers: Scenario['servers'],
  day: number,
): Promise<readonly string[]> {
  const ids: string[] = [];
  for (const [index, one] of servers.entries()) {
    const packages = [
      installed({ ecosystem: 'debian:11', name: 'alpha', version: `5.10.${one.alpha}-1` }),
      installed({ ecosystem: 'debian:11', name: 'beta', version: `5.10.${one.beta}-1` }),
      ...KERNELS.slice(0, one.kernels).map((release, kernel) =>
        installed({
          ecosystem: 'debian:11',
          name: `linux-image-${release}`,
          version: `5.10.${3 + 3 * kernel}-1`,
          source: 'linux',
        }),
      ),
    ];
    const accepted = await acceptInventory(
      database,
      serverOf(`web-0${index}`, packages, {
        system: systemOf('debian', '11'),
        runningKernel: { release: KERNELS[0], version: '#1 SMP Debian 5.10.3-1' },
        settings: { assetValue: one.assetValue },
      }),
      clockAt(day),
    );
    ids.push(accepted.serverId);
  }
  return ids;
}

async function importAll(
  database: Database,
  advisories: readonly RandomAdvisory[],
  day: number,
): Promise<void> {
  const items = advisories.map((one) => advisoryItem(factsOf(one, clockAt(day).now)));
  await importAdvisories(database, () => itemsOf(...items), clockAt(day));
  await followAdvisories(database, { now: () => clockAt(day).now });
}

const summaries = async (database: Database): Promise<readonly object[]> =>
  await database.query(
    `SELECT name, open_count, critical_count, high_count, medium_count, low_count, score, level, status_bits
     FROM server ORDER BY name`,
  );

/** Assesses all servers whole, and returns how many that changed. */
async function assessWhole(database: Database, day: number): Promise<number> {
  await database.execute(
    `INSERT INTO reassess (project_id, package_ids, vulnerabilities)
     SELECT $1, array_agg(id), '{}' FROM package HAVING count(*) > 0`,
    [PROJECT],
  );
  return (await followAdvisories(database, { now: () => clockAt(day).now })).servers;
}

it('leaves nothing for an assessment of whole servers to change', async () => {
  await fc.assert(
    fc.asyncProperty(scenario, async ({ servers, first, later }) => {
      const { database } = await testDatabase();
      await importAll(database, first, 0);
      const ids = await report(database, servers, 1);
      const [ignored] = await database.query<{ id: string; type: 'linux_vul' }>(
        `SELECT type, id FROM vulnerability LIMIT 1`,
      );
      for (const [index, serverId] of ids.entries()) {
        if (ignored === undefined || servers[index]?.ignores !== true) continue;
        await decideFindings(database, {
          projectId: PROJECT,
          enterpriseProjects: 'all',
          operation: 'ignore',
          remark: '',
          decidedBy: 'ops',
          type: undefined,
          selection: [{ serverId, vulnerabilityIds: [ignored.id], isNamed: false }],
          now: clockAt(1).now,
        });
      }
      for (const [index, advisories] of later.entries()) {
        await importAll(database, advisories, 2 + index);
        expect(await assessWhole(database, 2 + index)).toBe(0);
        const stored = await summaries(database);
        await database.transaction((tx) =>
          resummariseServers(tx, {
            projectId: PROJECT,
            servers: { serverIds: ids },
            now: clockAt(2 + index).now,
          }),
        );
        expect(await summaries(database)).toEqual(stored);
      }
    }),
    { numRuns: RUNS },
  );
});

it('counts by the setting of the project also where its servers are not summarised by it yet', async () => {
  const { database } = await testDatabase();
  const facts = { ...factsOf({ id: 1, name: 'alpha', fixed: 9, word: 'critical' }, T0), fixed: '' };
  await importAdvisories(database, () => itemsOf(advisoryItem(facts)), clockAt(0));
  const alpha = installed({ ecosystem: 'debian:11', name: 'alpha', version: '5.10.1-1' });
  const { serverId } = await acceptInventory(database, serverOf('web-01', [alpha]), clockAt(0));
  // The first step of changing the setting; then it is killed.
  await setIncludesUnfixed(database, PROJECT, true);
  const withdrawn = { ...facts, fixed: '5.10.1-1', modified: clockAt(1).now };
  await importAdvisories(database, () => itemsOf(advisoryItem(withdrawn)), clockAt(1));
  expect(await followAdvisories(database, { now: () => clockAt(1).now })).toMatchObject({ servers: 1 });
  const stored = await summaries(database);
  await database.transaction((tx) =>
    resummariseServers(tx, { projectId: PROJECT, servers: { serverIds: [serverId] }, now: clockAt(1).now }),
  );
  expect(await summaries(database)).toEqual(stored);
});
