/** What a missing update of Windows is worth: with what it replaces, as far as that is missing too. */
import { describe, expect, it } from 'vitest';
import type { Advisory } from '../../src/advisories/advisory.ts';
import type { FeedItem } from '../../src/advisories/feed.ts';
import { FIXING_PRIORITY_WORDS } from '../../src/findings/finding.ts';
import { parseInventory } from '../../src/inventory/parse.ts';
import { acceptInventory } from '../../src/jobs/accept-inventory.ts';
import { explainFinding } from '../../src/jobs/explain-finding.ts';
import { followAdvisories } from '../../src/jobs/follow-advisories.ts';
import { importAdvisories } from '../../src/jobs/import-advisories.ts';
import { namesToScan, scanInventory } from '../../src/matching/scan.ts';
import { gatherItems } from '../../src/matching/scan-items.ts';
import { testDatabase } from '../database.ts';
import { clockAt, itemsOf, PROJECT, serverOf, T0 } from './fleet-fixture.ts';

const { database } = await testDatabase();

const SERVER_2019 = 'windows:Windows Server 2019';
const JUNE = Math.round((Date.UTC(2025, 6, 20) - T0) / (24 * 60 * 60 * 1000));

/** Of Microsoft's documents of May and June 2025 what they say of one CVE each on Server 2019, and CVE-2025-30400's date. */
function updateItem(facts: {
  readonly id: string;
  readonly number: string;
  readonly cve: string;
  readonly supersedes: string;
  readonly build: string;
  readonly vector: string;
  readonly published: number;
}): FeedItem {
  const { id, number, cve, supersedes, build, vector, published } = facts;
  const update = { number, component: '', cves: [cve], supersedes: [supersedes], build, isHotpatch: false };
  const advisory: Advisory = {
    id: `${id}/${number}`,
    cves: [cve],
    aliases: [],
    summary: number,
    published,
    modified: undefined,
    severities: [{ type: 'CVSS_V3', vector }],
    word: undefined,
    affected: [
      {
        ecosystem: SERVER_2019,
        name: 'Windows',
        matchOn: 'binary',
        scheme: 'nuget',
        ranges: [],
        versions: [],
        architectures: [],
        module: '',
        pocket: '',
        update,
      },
    ],
    url: '',
  };
  return { kind: 'advisory', feed: 'msrc', advisory };
}

const MAY_UPDATE = updateItem({
  id: '2025-May',
  number: 'KB5058392',
  cve: 'CVE-2025-30400',
  supersedes: 'KB5055519',
  build: '10.0.17763.7314',
  vector: 'CVSS:3.1/AV:L/AC:L/PR:L/UI:N/S:U/C:H/I:H/A:H',
  published: Date.UTC(2025, 4, 13),
});
const JUNE_UPDATE = updateItem({
  id: '2025-Jun',
  number: 'KB5060531',
  cve: 'CVE-2025-33055',
  supersedes: 'KB5058392',
  build: '10.0.17763.7434',
  vector: 'CVSS:3.1/AV:L/AC:L/PR:L/UI:N/S:U/C:H/I:N/A:N',
  published: Date.UTC(2025, 5, 10),
});
const LISTED: FeedItem = { kind: 'list', feed: 'known-exploited', publishedAt: Date.UTC(2025, 4, 13) };
const EXPLOITED: FeedItem = {
  kind: 'known-exploited',
  entry: {
    cve: 'CVE-2025-30400',
    name: 'Microsoft Windows DWM Core Library Use-After-Free Vulnerability',
    addedAt: Date.UTC(2025, 4, 13),
  },
};

/** As Vuls tells of it: with nothing of May, and with the update of May. */
const INVENTORIES = { behind: windows('behind', '10.0.17763.7136'), may: windows('may', '10.0.17763.7314') };

function windows(serverName: string, build: string) {
  const document = {
    jsonVersion: 4,
    serverName,
    family: 'windows',
    release: 'Windows Server 2019',
    runningKernel: { release: '', version: build, rebootRequired: false },
    packages: {},
    windowsKB: { applied: [] },
  };
  return parseInventory(Buffer.from(JSON.stringify(document)));
}

const held = new Map<string, FeedItem>();

/** Imports, and remembers for the scan, what is told. */
async function tell(...items: readonly FeedItem[]): Promise<void> {
  for (const item of items)
    held.set(item.kind === 'advisory' ? item.advisory.id : `${item.kind}${'cve' in item}`, item);
  await importAdvisories(database, () => itemsOf(...items), clockAt(JUNE));
  await followAdvisories(database, { now: () => clockAt(JUNE).now });
}

async function priorities(name: keyof typeof INVENTORIES): Promise<Readonly<Record<string, string>>> {
  const rows = await database.query<{ id: string; priority: number }>(
    `SELECT v.id, f.priority FROM server s JOIN finding_set fs ON fs.id = s.finding_set AND fs.project_id = s.project_id
     CROSS JOIN LATERAL unnest(fs.vulnerability, fs.priority) AS f (number, priority)
     JOIN vulnerability v ON v.number = f.number WHERE s.name = $1 ORDER BY v.id`,
    [name],
  );
  return Object.fromEntries(rows.map(({ id, priority }) => [id, FIXING_PRIORITY_WORDS[priority] ?? '']));
}

async function scanned(name: keyof typeof INVENTORIES): Promise<Readonly<Record<string, string>>> {
  const inventory = INVENTORIES[name];
  const { source } = await gatherItems(itemsOf(...held.values()), namesToScan(inventory));
  const options = { now: clockAt(JUNE).now, staleDays: 30, fixedOnly: false };
  const { findings } = scanInventory(inventory, source, options);
  return Object.fromEntries(findings.map(({ vul_id, repair_priority }) => [vul_id, repair_priority]));
}

async function expectPriorities(
  expected: {
    readonly [Name in keyof typeof INVENTORIES]: Readonly<Record<string, string>>;
  },
): Promise<void> {
  expect({ behind: await priorities('behind'), may: await priorities('may') }).toEqual(expected);
  expect({ behind: await scanned('behind'), may: await scanned('may') }).toEqual(expected);
}

describe('a missing update', () => {
  it('is worth the worst of itself and of the missing ones that it replaces', async () => {
    await tell(MAY_UPDATE, JUNE_UPDATE);
    for (const [name, inventory] of Object.entries(INVENTORIES))
      await acceptInventory(database, { ...serverOf(name, []), inventory }, clockAt(JUNE));
    await expectPriorities({ behind: { KB5060531: 'High' }, may: { KB5060531: 'Medium' } });
  });

  it('follows what becomes known of a CVE that only the replaced one names', async () => {
    await tell(
      { kind: 'list', feed: 'epss', publishedAt: undefined },
      {
        kind: 'exploit-probability',
        cve: 'CVE-2025-30400',
        probability: 0.6,
      },
    );
    await expectPriorities({ behind: { KB5060531: 'High' }, may: { KB5060531: 'Medium' } });
    await tell(LISTED, EXPLOITED);
    await expectPriorities({
      behind: { KB5060531: 'Critical', 'URGENT-CVE-2025-30400': 'Critical' },
      may: { KB5060531: 'Medium' },
    });
  });

  it('is explained with how many others count', async () => {
    const [server] = await database.query<{ id: string }>(`SELECT id FROM server WHERE name = 'behind'`);
    const scope = { projectId: PROJECT, enterpriseProjects: 'all' } as const;
    const request = { scope, serverId: server?.id ?? '', about: 'KB5060531' };
    const { findings, sentence } = await explainFinding(database, request, clockAt(JUNE));
    expect(findings).toMatchObject([
      { id: 'KB5060531', priority: { word: 'Critical', points: 9, replacedUpdates: 1 } },
    ]);
    expect(sentence).toContain('the worst of it and of 1 missing update that it replaces.');
  });

  it('is worth itself once the record of the replaced one is withdrawn', async () => {
    held.delete('2025-May/KB5058392');
    const withdrawn = { kind: 'withdrawn', feed: 'msrc', id: '2025-May/KB5058392' } as const;
    await tell({ ...withdrawn, modified: undefined, reason: 'withdrawn' });
    await expectPriorities({ behind: { KB5060531: 'Medium' }, may: { KB5060531: 'Medium' } });
  });
});
