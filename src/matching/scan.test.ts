import { describe, expect, it } from 'vitest';
import type { Advisory, AffectedPackage } from '../advisories/advisory.ts';
import type { FeedItem } from '../advisories/feed.ts';
import type { Inventory } from '../inventory/inventory.ts';
import type { InstalledPackage } from '../inventory/package.ts';
import { systemOf } from '../inventory/system.ts';
import { scanInventory, wantedNames } from './scan.ts';
import { gatherItems, PROBLEMS_KEPT_MAX } from './scan-items.ts';

const NOW = Date.UTC(2024, 0, 31);
const OPTIONS = { now: NOW, staleDays: 30, fixedOnly: false };

function installed(name: string, version: string, fields: Partial<InstalledPackage> = {}): InstalledPackage {
  return {
    ecosystem: 'debian:12',
    name,
    version,
    arch: 'amd64',
    source: name,
    sourceVersion: version,
    module: '',
    origin: '',
    paths: [],
    ...fields,
  };
}

const LOG4J = installed('org.apache.logging.log4j:log4j-core', '2.14.1', {
  ecosystem: 'Maven',
  paths: ['/opt/shop/log4j-core.jar'],
});

function inventory(packages: readonly InstalledPackage[]): Inventory {
  return {
    system: systemOf('debian', '12', 'Debian GNU/Linux 12 (bookworm)'),
    server: { name: 'web-01', uuid: '', privateIps: ['10.0.4.21'], publicIp: '' },
    runningKernel: undefined,
    packages,
    collectedAt: undefined,
    problems: [],
  };
}

function advisory(
  id: string,
  name: string,
  fixed: string,
  fields: Partial<Advisory & AffectedPackage> = {},
): Advisory {
  const { ecosystem = 'debian:12', scheme = 'deb', matchOn = 'source' } = fields;
  const ranges = [{ introduced: '', fixed, lastAffected: '' }];
  const { cves = [], severities = [], word, modified = NOW, published, summary = '' } = fields;
  return {
    id,
    cves,
    aliases: [],
    summary,
    published,
    modified,
    severities,
    word,
    affected: [
      { ecosystem, name, matchOn, scheme, ranges, versions: [], architectures: [], module: '', pocket: '' },
    ],
    url: '',
  };
}

const read = (one: Advisory, feed = 'osv'): FeedItem => ({ kind: 'advisory', feed, advisory: one });

async function* stream(items: readonly FeedItem[]): AsyncGenerator<FeedItem> {
  yield* items;
}

async function scan(packages: readonly InstalledPackage[], items: readonly FeedItem[], options = OPTIONS) {
  const gathered = await gatherItems(stream(items), wantedNames(packages));
  return scanInventory(inventory(packages), gathered.source, options);
}

describe('a scan', () => {
  it('names the records and the notices that copies have to keep', async () => {
    const plugin = installed('plugin/gallery', '1.1', {
      ecosystem: 'WordPress',
      paths: ['/srv/www/gallery'],
    });
    const fields = { ecosystem: 'WordPress', scheme: 'wordpress', matchOn: 'binary' } as const;
    const record: FeedItem = {
      kind: 'advisory',
      feed: 'wordfence',
      advisory: {
        ...advisory('WF-1', 'plugin/gallery', '1.2', { ...fields, cves: ['CVE-2024-1'] }),
        notice: 'Copyright the publisher',
        url: 'https://publisher.example/1',
      },
    };
    const items = (async function* () {
      yield record;
    })();
    const { source } = await gatherItems(items, wantedNames([plugin]));
    const result = scanInventory(inventory([plugin]), source, OPTIONS);
    expect(result.findings).toMatchObject([
      { vul_id: 'HCVD-WEBCMS-CVE-2024-1', type: 'web_cms', url: 'https://publisher.example/1' },
    ]);
    expect(result.notices).toEqual(['Copyright the publisher']);
    expect(result.coverage.applications).toEqual({ covered: ['WordPress'], unknown: [] });
  });

  it('answers in the documented form, worst first', async () => {
    const items: FeedItem[] = [
      read(
        advisory('DSA-1-1', 'bash', '5.2-2', {
          cves: ['CVE-2024-0001'],
          word: 'low',
          summary: 'bash - security update',
        }),
      ),
      read(
        advisory('GHSA-jfh8-c2jp-5v3q', LOG4J.name, '2.15.0', {
          ecosystem: 'Maven',
          scheme: 'maven',
          matchOn: 'binary',
          cves: ['CVE-2021-44228'],
          severities: [{ type: 'CVSS_V3', vector: 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:C/C:H/I:H/A:H' }],
        }),
      ),
      { kind: 'known-exploited', entry: { cve: 'CVE-2021-44228', name: 'Log4Shell', addedAt: 0 } },
    ];
    const result = await scan([installed('bash', '5.2-1'), LOG4J], items);
    expect(result.server).toMatchObject({ name: 'web-01', system: 'debian:12', packages: 2, kernel: null });
    expect(result.coverage).toMatchObject({
      system: 'debian:12',
      status: 'covered',
      date: '2024-01-31T00:00:00.000Z',
      applications: { covered: ['Maven'], unknown: [] },
    });
    expect(result.findings.map(({ vul_id, type }) => [vul_id, type])).toEqual([
      ['HCVD-APP-CVE-2021-44228', 'app_vul'],
      ['URGENT-CVE-2021-44228', 'urgent_vul'],
      ['DSA-1-1', 'linux_vul'],
    ]);
    expect(result.findings[0]).toMatchObject({
      cves: ['CVE-2021-44228'],
      package: {
        ecosystem: 'Maven',
        name: LOG4J.name,
        version: '2.14.1',
        source: LOG4J.source,
        paths: LOG4J.paths,
      },
      fixed_version: '2.15.0',
      repair_priority: 'Critical',
      severity_level: 'Critical',
    });
    expect(result.findings[2]).toEqual({
      vul_id: 'DSA-1-1',
      type: 'linux_vul',
      title: 'bash - security update',
      cves: ['CVE-2024-0001'],
      package: { ecosystem: 'debian:12', name: 'bash', version: '5.2-1', source: 'bash' },
      fixed_version: '5.2-2',
      repair_priority: 'Low',
      severity_level: 'Low',
      status: 'vul_status_unfix',
      advisory_id: 'DSA-1-1',
      feed: 'osv',
    });
  });

  it('marks what has no fix, and leaves it out where only fixable findings are wanted', async () => {
    const items = [read(advisory('CVE-2024-0002', 'bash', '', { cves: ['CVE-2024-0002'] }))];
    const packages = [installed('bash', '5.2-1')];
    expect((await scan(packages, items)).findings.map((finding) => finding.fixed_version)).toEqual([null]);
    expect((await scan(packages, items, { ...OPTIONS, fixedOnly: true })).findings).toEqual([]);
  });

  it('rates an advisory by the highest score that any record gives one of its CVEs', async () => {
    const severities = [{ type: 'CVSS_V3', vector: 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H' }] as const;
    const aboutCve: Advisory = {
      ...advisory('CVE-2024-0001', 'x', '1', { severities, cves: ['CVE-2024-0001'] }),
      affected: [],
    };
    const items = [
      read(advisory('DSA-1-1', 'bash', '5.2-2', { cves: ['CVE-2024-0001'] })),
      read(aboutCve, 'cve'),
    ];
    const result = await scan([installed('bash', '5.2-1')], items);
    expect(result.findings).toMatchObject([{ vul_id: 'DSA-1-1', severity_level: 'Critical' }]);
    expect(result.coverage.feeds.map(({ feed }) => feed)).toEqual(['osv']);
  });

  it('raises the priority by how likely an exploit is', async () => {
    const items: FeedItem[] = [
      read(
        advisory('DSA-1-1', 'bash', '5.2-2', {
          cves: ['CVE-2024-0001'],
          severities: [{ type: 'CVSS_V3', vector: 'CVSS:3.1/AV:N/AC:H/PR:N/UI:R/S:U/C:H/I:L/A:L' }],
        }),
      ),
      { kind: 'exploit-probability', cve: 'CVE-2024-0001', probability: 0.9 },
    ];
    const [finding] = (await scan([installed('bash', '5.2-1')], items)).findings;
    expect([finding?.severity_level, finding?.repair_priority]).toEqual(['Medium', 'High']);
  });

  it('says unknown where no feed covers the system, even with nothing found', async () => {
    const result = await scan(
      [installed('bash', '5.2-1')],
      [read(advisory('X', 'bash', '9', { ecosystem: 'debian:11' }))],
    );
    expect(result).toMatchObject({ coverage: { status: 'unknown' }, findings: [] });
  });
});

describe('gathering advisories from files', () => {
  const packages = [installed('bash', '5.2-1')];
  const idsOf = async (items: readonly FeedItem[]) =>
    (await scan(packages, items)).findings.map((finding) => finding.fixed_version);

  it('keeps the later of two records with one id, and of equals the later read', async () => {
    const older = read(advisory('DSA-1-1', 'bash', '5.2-8', { modified: 1 }));
    const newer = read(advisory('DSA-1-1', 'bash', '5.2-9', { modified: 2 }));
    const equal = read(advisory('DSA-1-1', 'bash', '5.2-7', { modified: 2 }));
    expect(await idsOf([older, newer])).toEqual(['5.2-9']);
    expect(await idsOf([newer, older])).toEqual(['5.2-9']);
    expect(await idsOf([newer, equal])).toEqual(['5.2-7']);
  });

  it('forgets a record whose later copy no longer names the package, and a withdrawn one', async () => {
    const named = read(advisory('DSA-1-1', 'bash', '5.2-8', { modified: 1 }));
    const moved = read(advisory('DSA-1-1', 'dash', '5.2-8', { modified: 2 }));
    const withdrawn: FeedItem = {
      kind: 'withdrawn',
      feed: 'osv',
      id: 'DSA-1-1',
      modified: 2,
      reason: 'withdrawn',
    };
    expect(await idsOf([named, moved])).toEqual([]);
    expect(await idsOf([named, withdrawn])).toEqual([]);
    expect(await idsOf([withdrawn, named])).toEqual([]);
  });

  it('counts every problem and keeps the first of them', async () => {
    const problems = Array.from(
      { length: PROBLEMS_KEPT_MAX + 5 },
      (_, at): FeedItem => ({ kind: 'problem', where: `line ${at}`, problem: 'is broken' }),
    );
    const gathered = await gatherItems(stream(problems), wantedNames(packages));
    expect(gathered).toMatchObject({ records: 0, problemCount: PROBLEMS_KEPT_MAX + 5 });
    expect(gathered.problems).toHaveLength(PROBLEMS_KEPT_MAX);
    expect(gathered.problems[0]).toBe('line 0: is broken');
  });

  it("dates a list by its publisher's own date", async () => {
    const items: FeedItem[] = [
      { kind: 'list', feed: 'debian-dsa', publishedAt: Date.UTC(2023, 3, 2) },
      read(advisory('DSA-1-1', 'bash', '5.2-8'), 'debian-dsa'),
    ];
    expect((await scan(packages, items)).coverage).toMatchObject({
      status: 'stale',
      date: '2023-04-02T00:00:00.000Z',
    });
  });
});
