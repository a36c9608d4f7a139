/** The demo, loaded on a real PostgreSQL: what a newcomer sees in the server view is all there, by real means. */
import { describe, expect, it } from 'vitest';
import { readAdvisoryFiles } from '../../src/advisories/read.ts';
import { demoProjectOf } from '../../src/demo/demo-project.ts';
import { demoId, loadDemo } from '../../src/demo/load-demo.ts';
import {
  readFleet,
  readFleetInventory,
  SNAPSHOT_ADVISORIES,
  SNAPSHOT_MEASURED_AT,
} from '../../src/demo/snapshot.ts';
import { FINDING_STATUS_WORDS, FIXING_PRIORITY_WORDS } from '../../src/findings/finding.ts';
import { bootstrapIdentity } from '../../src/identity/bootstrap.ts';
import type { Inventory } from '../../src/inventory/inventory.ts';
import { parseReport } from '../../src/inventory/report.ts';
import type { CoverageClock } from '../../src/jobs/refresh-unknown.ts';
import { namesToScan, type ScanFinding, type ScanSource, scanInventory } from '../../src/matching/scan.ts';
import { gatherItems } from '../../src/matching/scan-items.ts';
import type { ServerFilter, ServerRow } from '../../src/server-view/server-view.ts';
import { bootstrapExclusively } from '../../src/store/identity/bootstrap-exclusively.ts';
import { listServersInSql } from '../../src/store/server-view/list-servers.ts';
import { vulnerabilityDictionary } from '../../src/store/vulnerability-dictionary.ts';
import { testDatabase } from '../database.ts';

const NOW = SNAPSHOT_MEASURED_AT + 90 * 24 * 60 * 60 * 1000;
const clock = (): CoverageClock => ({
  now: NOW,
  staleDays: 30,
  silentDays: 7,
});

const { database } = await testDatabase();
await bootstrapIdentity(bootstrapExclusively(database), {
  password: 'a password',
  projectName: 'default',
  now: NOW,
});
const project = await demoProjectOf(database, 'default');
const target = { database, domainId: project.domainId, projectId: project.id, clock };
const loaded = await loadDemo(target);
const fleet = await readFleet();
const listServers = listServersInSql(database, vulnerabilityDictionary(database));

async function rows(filter: Partial<ServerFilter> = {}): Promise<readonly ServerRow[]> {
  const page = await listServers(
    { projectId: project.id, enterpriseProjects: 'all', ...filter },
    { offset: 0, limit: 200 },
  );
  return page.rows;
}

async function rowOf(name: string): Promise<ServerRow> {
  const [row] = await rows({ ids: [demoId(`server ${name}`)] });
  if (row === undefined) throw new Error(`${name} is not listed`);
  return row;
}

/** Where a scan of these inventories looks things up. */
async function sourceOf(inventories: readonly Inventory[]): Promise<ScanSource> {
  const wanted = new Map<string, Set<string>>();
  for (const inventory of inventories) {
    for (const [ecosystem, names] of namesToScan(inventory)) {
      const held = wanted.get(ecosystem) ?? new Set();
      for (const name of names) held.add(name);
      wanted.set(ecosystem, held);
    }
  }
  return (await gatherItems(readAdvisoryFiles([SNAPSHOT_ADVISORIES]), wanted)).source;
}

interface ToldFinding {
  readonly fixable: boolean;
  /** Undefined where a person decided, or where the server is not of ordinary importance. */
  readonly status: string | undefined;
  readonly priority: string | undefined;
}

/** What is present on a server by the store, by type and id. */
async function storedFindings(name: string): Promise<ReadonlyMap<string, ToldFinding>> {
  const found = await database.query<{
    key: string;
    status: number;
    priority: number;
    fixable: boolean;
    asset: string;
    decided: boolean;
  }>(
    `SELECT v.type || ' ' || v.id AS key, f.status, f.priority, f.fixable, s.asset_value AS asset,
       EXISTS (SELECT FROM decision d WHERE d.project_id = s.project_id AND d.server_id = s.id
         AND d.vulnerability = f.number) AS decided
     FROM server s JOIN finding_set fs ON fs.project_id = s.project_id AND fs.id = s.finding_set
     CROSS JOIN LATERAL unnest(fs.vulnerability, fs.status, fs.priority, fs.fixable) AS f (number, status, priority, fixable)
     JOIN vulnerability v ON v.number = f.number
     WHERE s.project_id = $1 AND s.name = $2 ORDER BY key`,
    [project.id, name],
  );
  return new Map(
    found.flatMap(({ key, status, priority, fixable, asset, decided }) => {
      const word = FINDING_STATUS_WORDS[status];
      if (word === 'vul_status_fixed' && !decided) return [];
      const told = {
        fixable,
        status: decided ? undefined : word,
        priority: asset === 'common' ? FIXING_PRIORITY_WORDS[priority] : undefined,
      };
      return [[key, told] as const];
    }),
  );
}

/** The same of a scan, which has an entry for each package, as far as `stored` says it. */
function scannedFindings(
  findings: readonly ScanFinding[],
  stored: ReadonlyMap<string, ToldFinding>,
): ReadonlyMap<string, ToldFinding> {
  const told = new Map<string, ToldFinding>();
  const keyOf = ({ type, vul_id }: ScanFinding): string => `${type} ${vul_id}`;
  for (const finding of findings) {
    const key = keyOf(finding);
    const before = told.get(key);
    const waits =
      finding.status === 'vul_status_reboot' && (before?.status ?? finding.status) === finding.status;
    const by = stored.get(key);
    told.set(key, {
      fixable: finding.fixed_version !== null || before?.fixable === true,
      status: by?.status === undefined ? undefined : waits ? 'vul_status_reboot' : 'vul_status_unfix',
      priority: by?.priority === undefined ? undefined : finding.repair_priority,
    });
  }
  return told;
}

describe('the demo', () => {
  it('lists every server of the fleet', async () => {
    expect((await rows()).map((row) => row.name).sort()).toEqual(
      fleet.servers.map(({ name }) => name).sort(),
    );
    expect(loaded.servers).toBe(fleet.servers.length);
  });

  it('has servers of every level, unknown ones among them', async () => {
    const levels = new Set((await rows()).map((row) => row.severityLevel));
    expect(levels).toEqual(new Set(['High', 'Medium', 'Low', '', 'Security']));
  });

  it.each(['vul_status_unfix', 'vul_status_ignored', 'vul_status_fixed', 'vul_status_reboot'] as const)(
    'has findings in status %s',
    async (status) => {
      expect((await rows({ status })).length).toBeGreaterThanOrEqual(2);
    },
  );

  it('finds something on most servers', async () => {
    const all = await rows();
    const withFindings = all.filter((row) =>
      Object.values(row.vulnerabilityIds).some((ids) => ids.length > 0),
    );
    expect(withFindings.length).toBeGreaterThan(all.length * 0.75);
  });

  it('uses the Linux, the application and the emergency list', async () => {
    const { vulnerabilityIds } = await rowOf('shop-app-01');
    expect(vulnerabilityIds.linux_vul).toContain('DSA-5343-1');
    expect(vulnerabilityIds.app_vul).toContain('HCVD-APP-CVE-2025-24813');
    expect(vulnerabilityIds.urgent_vul).toContain('URGENT-CVE-2025-24813');
  });

  it('uses the Web-CMS list: what an update of plugins fixed is gone, what is exploited is urgent too', async () => {
    const [old, updated, drupal] = await Promise.all(
      ['shop-blog-03', 'shop-blog-04', 'shop-intranet-01'].map(rowOf),
    );
    expect(old?.vulnerabilityIds.web_cms).toContain('HCVD-WEBCMS-CVE-2020-25213');
    expect(old?.vulnerabilityIds.urgent_vul).toContain('URGENT-CVE-2020-25213');
    expect(updated?.vulnerabilityIds.web_cms).not.toContain('HCVD-WEBCMS-CVE-2020-25213');
    // WordPress itself was not updated.
    expect(updated?.vulnerabilityIds.web_cms).toContain('HCVD-WEBCMS-CVE-2022-21664');
    expect(drupal?.vulnerabilityIds.web_cms).toContain('HCVD-WEBCMS-CVE-2018-7600');
  });

  it('lists the updates that Windows servers lack, and takes them away once they are installed', async () => {
    const [before, updated] = await Promise.all(['office-print-01', 'office-apps-01'].map(rowOf));
    // The monthly update of May 2025 replaces all before it.
    expect(before?.vulnerabilityIds.windows_vul).toContain('KB5055519');
    expect(before?.vulnerabilityIds.windows_vul.length).toBeLessThan(30);
    expect(updated?.vulnerabilityIds.windows_vul).toContain('KB5055519');
    expect(before?.vulnerabilityIds.linux_vul).toEqual([]);
  });

  it('counts a library in several places as one finding', async () => {
    const { vulnerabilityIds } = await rowOf('shop-orders-01');
    expect(vulnerabilityIds.app_vul.filter((id) => id.includes('CVE-2021-44228'))).toHaveLength(1);
    expect(vulnerabilityIds.urgent_vul).toContain('URGENT-CVE-2021-44228');
  });

  it('takes findings away by an update, and leaves those of the kernel to a restart', async () => {
    const [before, updated, restarted] = await Promise.all(
      ['pay-api-01', 'pay-api-02', 'pay-api-03'].map(rowOf),
    );
    const open = (row: ServerRow | undefined): number => row?.vulnerabilityIds.linux_vul.length ?? 0;
    expect(open(updated)).toBeLessThan(open(before));
    expect(open(restarted)).toBeLessThan(open(updated));
    const ids = [before, updated, restarted].map((row) => row?.id ?? '');
    const inStatus = async (status: NonNullable<ServerFilter['status']>): Promise<readonly string[]> =>
      (await rows({ status, ids })).map((row) => row.name).sort();
    expect(await inStatus('vul_status_reboot')).toEqual(['pay-api-02']);
    expect(await inStatus('vul_status_fixed')).toEqual(['pay-api-02', 'pay-api-03']);
  });

  it('calls a server secure only where a feed that is not stale answers for it', async () => {
    const secure = await rows({ severityLevel: 'Security' });
    const systems = await database.query<{ system: string }>(
      `SELECT DISTINCT system FROM server WHERE id = ANY ($1::text[]) ORDER BY system`,
      [secure.map((row) => row.id)],
    );
    expect(systems.map(({ system }) => system)).toEqual(['almalinux:8', 'debian:8', 'debian:9']);
    const ubuntu = await rowOf('platform-bastion-01');
    expect(ubuntu).toMatchObject({ severityLevel: '', score: undefined, handleStatus: 'handled' });
  });

  it('parts the fleet by enterprise project, and most of it is in none but the default one', async () => {
    const payments = demoId('enterprise project payments');
    const research = demoId('enterprise project research');
    const counts = await Promise.all(
      [['0'], [payments], [research]].map(
        async (enterpriseProjects) => (await rows({ enterpriseProjects })).length,
      ),
    );
    expect(counts.every((count) => count > 0)).toBe(true);
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(fleet.servers.length);
  });

  it('has a value for every field that a server can have', async () => {
    const all = await rows();
    for (const field of ['agentId', 'name', 'region', 'privateIp', 'groupId', 'groupName'] as const) {
      expect(all.every((row) => row[field] !== undefined && row[field] !== '')).toBe(true);
    }
    expect(all.some((row) => row.publicIp !== '')).toBe(true);
    expect(new Set(all.map((row) => row.assetValue))).toEqual(new Set(['important', 'common', 'test']));
    expect(new Set(all.map((row) => row.nodeType))).toEqual(new Set(['cce', 'not_cce']));
    expect(new Set(all.map((row) => row.edition)).size).toBeGreaterThanOrEqual(3);
  });

  it('says of each server what a scan of its inventory says', async () => {
    const inventories = new Map<string, Inventory>();
    for (const name of new Set(fleet.servers.map((server) => server.inventories.at(-1) ?? '')))
      inventories.set(name, parseReport(await readFleetInventory(name)).inventory);
    const source = await sourceOf([...inventories.values()]);
    let compared = 0;
    for (const { name, inventories: names } of fleet.servers) {
      const inventory = inventories.get(names.at(-1) ?? '');
      if (inventory === undefined) throw new Error(`${name} has no inventory`);
      const { findings } = scanInventory(inventory, source, { now: NOW, staleDays: 30, fixedOnly: false });
      const stored = await storedFindings(name);
      expect({ name, findings: scannedFindings(findings, stored) }).toEqual({ name, findings: stored });
      compared += stored.size;
    }
    expect(compared).toBeGreaterThan(2_000);
  });

  it('changes nothing when it is loaded into its own database again', async () => {
    const before = await rows();
    const events = await database.query<{ count: number }>('SELECT count(*) FROM finding_event');
    await loadDemo(target);
    expect(await rows()).toEqual(before);
    expect(await database.query('SELECT count(*) FROM finding_event')).toEqual(events);
  });

  it('refuses a database with servers of its own, and changes nothing in it', async () => {
    const before = await rows();
    await database.execute(`UPDATE server SET id = 'mine', name = 'mine-01' WHERE id = $1`, [
      demoId('server shop-lb-01'),
    ]);
    try {
      await expect(loadDemo(target)).rejects.toThrow('mine-01');
    } finally {
      await database.execute(`UPDATE server SET id = $1, name = 'shop-lb-01' WHERE id = 'mine'`, [
        demoId('server shop-lb-01'),
      ]);
    }
    expect(await rows()).toEqual(before);
  });
});
