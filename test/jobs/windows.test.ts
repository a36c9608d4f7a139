import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { readAdvisoryFiles } from '../../src/advisories/read.ts';
import { parseInventory } from '../../src/inventory/parse.ts';
import { acceptInventory } from '../../src/jobs/accept-inventory.ts';
import { askUrgent } from '../../src/jobs/ask-urgent.ts';
import { coverageRows } from '../../src/jobs/coverage-rows.ts';
import { explainFinding } from '../../src/jobs/explain-finding.ts';
import { importAdvisories } from '../../src/jobs/import-advisories.ts';
import { refreshUnknown } from '../../src/jobs/refresh-unknown.ts';
import type { ServerRow } from '../../src/server-view/server-view.ts';
import { listServersInSql } from '../../src/store/server-view/list-servers.ts';
import { vulnerabilityDictionary } from '../../src/store/vulnerability-dictionary.ts';
import { testDatabase } from '../database.ts';
import { clockAt, PROJECT, serverOf, T0 } from './fleet-fixture.ts';

const FIXTURES = fileURLToPath(new URL('../fixtures', import.meta.url));
const { database } = await testDatabase();
const listServers = listServersInSql(database, vulnerabilityDictionary(database));

/** Days from the fixture fleet's first day to 2025-03-20, when the feed's newest updates are nine days old. */
const MARCH = Math.round((Date.UTC(2025, 2, 20) - T0) / (24 * 60 * 60 * 1000));

const summary = await importAdvisories(
  database,
  () =>
    readAdvisoryFiles([
      `${FIXTURES}/advisories/msrc-2025-Mar.cvrf.xml`,
      `${FIXTURES}/advisories/wesng-CVEs_20250510.csv`,
      `${FIXTURES}/advisories/known-exploited.json`,
    ]),
  { now: clockAt(MARCH).now },
);

/** A Windows Server as Vuls tells of it. */
async function report(
  name: string,
  release: string,
  build: string,
  updates: readonly string[],
  restart = false,
) {
  const document = {
    jsonVersion: 4,
    serverName: name,
    family: 'windows',
    release,
    runningKernel: { release: '', version: build, rebootRequired: restart },
    packages: {},
    windowsKB: { applied: updates },
  };
  const inventory = parseInventory(Buffer.from(JSON.stringify(document)));
  const server = { ...serverOf(name, []), inventory };
  return await acceptInventory(database, server, clockAt(MARCH));
}

async function rowOf(name: string, status?: 'vul_status_reboot'): Promise<ServerRow | undefined> {
  const page = await listServers(
    { projectId: PROJECT, enterpriseProjects: 'all', nameContains: name, ...(status && { status }) },
    { offset: 0, limit: 10 },
  );
  return page.rows[0];
}

describe('Windows servers', () => {
  it('take the updates of both feeds, and the rest is counted by reason', () => {
    expect(summary).toMatchObject({ notHeld: { 'other-product': 3, 'no-update': 2 }, skipped: 0 });
  });

  it('list the missing update, and what it fixes is gone once it is installed', async () => {
    await report('win-16', 'Windows Server 2016', '10.0.14393.7785', []);
    expect(await rowOf('win-16')).toMatchObject({
      vulnerabilityIds: { windows_vul: ['KB5053594'], linux_vul: [] },
      handleStatus: 'unhandled',
    });
    await report('win-16', 'Windows Server 2016', '10.0.14393.7876', ['KB5053594']);
    expect(await rowOf('win-16')).toMatchObject({ handleStatus: 'handled', severityLevel: 'Security' });
  });

  it('close an update that a later one brought by its build', async () => {
    await report('win-16-later', 'Windows Server 2016', '10.0.14393.8000', []);
    expect(await rowOf('win-16-later')).toMatchObject({ vulnerabilityIds: { windows_vul: [] } });
  });

  it('wait for a restart where an update is installed and the build is still the old one', async () => {
    await report('win-16-restart', 'Windows Server 2016', '10.0.14393.7785', ['KB5053594'], true);
    expect(await rowOf('win-16-restart', 'vul_status_reboot')).toMatchObject({
      vulnerabilityIds: { windows_vul: ['KB5053594'] },
    });
  });

  it('are read from systeminfo in the words of a Chinese console', async () => {
    const bytes = readFileSync(`${FIXTURES}/inventories/systeminfo-zh-cn.txt`);
    const server = { ...serverOf('win-10-zh', []), inventory: parseInventory(bytes) };
    await acceptInventory(database, server, clockAt(MARCH));
    expect(await rowOf('win-10-zh')).toMatchObject({ vulnerabilityIds: { windows_vul: ['KB4480116'] } });
  });

  it('are explained by what is missing and by what is in effect', async () => {
    const { serverId } = await report('win-16-why', 'Windows Server 2016', '10.0.14393.7785', []);
    const scope = { projectId: PROJECT, enterpriseProjects: 'all' } as const;
    const why = await explainFinding(database, { scope, serverId, about: 'CVE-2025-24044' }, clockAt(MARCH));
    expect(why).toMatchObject({
      verdict: 'open',
      findings: [{ id: 'KB5053594', type: 'windows_vul' }],
      packages: [{ raises_finding: true, records: [{ rule: 'update-missing' }] }],
    });
    expect(why.sentence).toContain('build 10.0.14393.7785 does not hold it');
    await report('win-16-why', 'Windows Server 2016', '10.0.14393.8000', []);
    const whyNot = await explainFinding(database, { scope, serverId, about: 'KB5053594' }, clockAt(MARCH));
    expect(whyNot).toMatchObject({ verdict: 'fixed', packages: [{ records: [{ rule: 'update-build' }] }] });
  });

  it('that no feed covers are unknown, and coverage says which are covered', async () => {
    await report('win-next', 'Windows Server 2028', '10.0.30000.1', []);
    await refreshUnknown(database, clockAt(MARCH));
    expect(await rowOf('win-next')).toMatchObject({ severityLevel: '' });
    const scope = { projectId: PROJECT, enterpriseProjects: 'all' } as const;
    const { systems } = await coverageRows(database, scope, clockAt(MARCH));
    expect(systems.map(({ system, status }) => [system, status])).toEqual([
      ['windows:Windows 10 Version 1809 for x64-based Systems', 'covered'],
      ['windows:Windows Server 2016', 'covered'],
      ['windows:Windows Server 2028', 'unknown'],
    ]);
  });

  it('are asked about an update, and the answer speaks of updates, not of kernels', async () => {
    await acceptInventory(database, serverOf('linux-01', []), clockAt(MARCH));
    await report('win-16-asked', 'Windows Server 2016', '10.0.14393.7785', []);
    const asked = await askUrgent(
      database,
      { kb: 'KB5053594' },
      {
        asker: { projectId: PROJECT, actor: 'ana', reason: '' },
        limit: 10,
        clock: clockAt(MARCH),
      },
    );
    expect(asked.answer.servers.map(({ name }) => name)).toContain('win-16-asked');
    // Windows alone is asked, and the feeds name no Windows Server 2028.
    expect(asked.answer.asked).toMatchObject({
      total: 7,
      unknown: 1,
      uncoveredSystems: [{ system: 'windows:Windows Server 2028', status: 'unknown', servers: 1 }],
    });
    expect(asked.answer.notCovered.join(' ')).toContain('An update counts as missing where no later one');
    expect(asked.answer.notCovered.join(' ')).not.toContain('kernel');
  });
});
