import { describe, expect, it } from 'vitest';
import type { FeedItem } from '../advisories/feed.ts';
import { parseOsvRecord } from '../advisories/feeds/osv.ts';
import type { Inventory } from '../inventory/inventory.ts';
import type { InstalledPackage } from '../inventory/package.ts';
import { systemOf } from '../inventory/system.ts';
import { scanInventory, wantedNames } from '../matching/scan.ts';
import { gatherItems } from '../matching/scan-items.ts';
import { type Comparison, compareOpinions } from './compare-opinions.ts';
import { FindingList } from './other-report.ts';

function deb(name: string, version: string, fields: Partial<InstalledPackage> = {}): InstalledPackage {
  const source = { source: name, sourceVersion: version, module: '', origin: '' };
  return { ecosystem: 'debian:12', name, version, arch: 'amd64', ...source, paths: [], ...fields };
}

function record(
  id: string,
  name: string,
  fixed: string,
  cves: readonly string[],
  ecosystem = 'Debian:12',
): FeedItem {
  const ranges = [{ type: 'ECOSYSTEM', events: [{ introduced: '0' }, ...(fixed === '' ? [] : [{ fixed }])] }];
  const affected = [{ package: { ecosystem, name }, ranges }];
  return parseOsvRecord({ id, modified: '2024-01-01T00:00:00Z', upstream: cves, affected }, id);
}

async function* each(items: readonly FeedItem[]): AsyncGenerator<FeedItem> {
  yield* items;
}

type Seen = readonly [id: string, name?: string, version?: string, ...otherIds: string[]];

async function compared(
  theirs: readonly Seen[],
  packages: readonly InstalledPackage[],
  records: readonly FeedItem[],
  kernel = '',
): Promise<Comparison> {
  const findings = new FindingList('report');
  for (const [id, name = '', version = '', ...others] of theirs) {
    findings.add([id, ...others], { package: name, version });
  }
  const inventory: Inventory = {
    system: systemOf('debian', '12'),
    server: { name: 'web-01', uuid: '', privateIps: [], publicIp: '' },
    runningKernel: kernel === '' ? undefined : { release: kernel, version: '' },
    packages,
    collectedAt: undefined,
    problems: [],
  };
  const { source } = await gatherItems(each(records), wantedNames(packages));
  const scan = scanInventory(inventory, source, {
    now: Date.UTC(2024, 0, 2),
    staleDays: 30,
    fixedOnly: false,
  });
  const report = {
    scanner: 'Other',
    system: systemOf('debian', '12'),
    findings: findings.findings(),
    problems: [],
  };
  return compareOpinions(report, inventory, source, scan);
}

const CURL = record('DSA-5587-1', 'curl', '7.88.1-10+deb12u5', ['CVE-2023-46218', 'CVE-2023-46219']);

describe('compareOpinions', () => {
  it('folds advisories to CVEs on both sides', async () => {
    const result = await compared(
      [
        ['CVE-2023-46218', 'libcurl4', '7.88.1-10'],
        ['DSA-5587-1', 'curl', '7.88.1-10'],
      ],
      [deb('curl', '7.88.1-10'), deb('libcurl4', '7.88.1-10', { source: 'curl' })],
      [CURL],
    );
    // We list the advisory under its id, so the report's DSA is that one; both stand for the CVEs.
    expect(result.agree.map(({ id }) => id)).toEqual(['CVE-2023-46218', 'CVE-2023-46219']);
    expect(result.agree[0]?.ours[0]).toMatchObject({
      vul_id: 'DSA-5587-1',
      package: 'curl',
      fixed_version: '7.88.1-10+deb12u5',
      verdict: 'curl 7.88.1-10 (source 7.88.1-10) is older than 7.88.1-10+deb12u5, which fixes DSA-5587-1.',
    });
    expect(result).toMatchObject({ only_them: [], only_us: [], why_not: {} });
  });

  it('gives each finding of ours alone with its verdict', async () => {
    const { only_us } = await compared([['CVE-2023-46218', 'curl']], [deb('curl', '7.88.1-10')], [CURL]);
    expect(only_us.map(({ id, ours }) => [id, ours[0]?.vul_id])).toEqual([['CVE-2023-46219', 'DSA-5587-1']]);
  });

  it('says why it does not list what the other scanner does', async () => {
    const { only_them, why_not } = await compared(
      [
        ['CVE-2023-46218', 'curl', '7.88.1-10'],
        ['CVE-2024-1000', 'curl', '7.88.1-10+deb12u5'],
        ['CVE-2024-2000', 'nginx', '1.22.1-9'],
        ['CVE-2024-3000', 'lodash', '4.17.11'],
        ['CVE-2024-4000', 'tar', '1.34+dfsg-1'],
      ],
      [
        deb('curl', '7.88.1-10+deb12u5'),
        deb('tar', '1.34+dfsg-1'),
        { ...deb('lodash', '4.17.11'), ecosystem: 'npm', arch: '' },
      ],
      [CURL, record('DEBIAN-CVE-2024-4000', 'tar', '1.30', ['CVE-2024-4000'])],
    );
    expect(only_them.map(({ id, why_not: why, verdict }) => [id, why, verdict])).toEqual([
      [
        'CVE-2023-46218',
        'fixed',
        'curl 7.88.1-10+deb12u5 (source 7.88.1-10+deb12u5) is outside the versions of DSA-5587-1, which 7.88.1-10+deb12u5 fixes. The report saw version 7.88.1-10.',
      ],
      ['CVE-2024-1000', 'no-record', 'No record of CVE-2024-1000 names curl in debian:12.'],
      ['CVE-2024-2000', 'not-installed', 'The inventory has no package nginx.'],
      ['CVE-2024-3000', 'not-covered', 'No feed that was imported has advisories for npm.'],
      [
        'CVE-2024-4000',
        'fixed',
        'tar 1.34+dfsg-1 (source 1.34+dfsg-1) is outside the versions of DEBIAN-CVE-2024-4000, which 1.30 fixes.',
      ],
    ]);
    expect(why_not).toEqual({ fixed: 2, 'no-record': 1, 'not-installed': 1, 'not-covered': 1 });
  });

  it('tells a kernel that does not run from one that does', async () => {
    const image = (release: string, version: string): InstalledPackage =>
      deb(`linux-image-${release}`, version, { source: 'linux', sourceVersion: version });
    const records = [record('DSA-5594-1', 'linux', '6.1.69-1', ['CVE-2023-6531'])];
    const { only_them } = await compared(
      [['CVE-2023-6531', 'linux-image-6.1.0-13-amd64', '6.1.55-1']],
      [image('6.1.0-13-amd64', '6.1.55-1'), image('6.1.0-18-amd64', '6.1.76-1')],
      records,
      '6.1.0-18-amd64',
    );
    expect(only_them).toMatchObject([{ id: 'CVE-2023-6531', why_not: 'not-running-kernel' }]);
  });

  it('asks every package that a record names where the report names none', async () => {
    const { only_them } = await compared(
      [['DSA-5587-1', '', '', 'CVE-2023-46218'], ['CVE-2024-9999']],
      [deb('curl', '7.88.1-10+deb12u5')],
      [CURL],
    );
    expect(only_them.map(({ id, why_not }) => [id, why_not])).toEqual([
      ['CVE-2023-46218', 'fixed'],
      ['CVE-2024-9999', 'no-record'],
    ]);
  });
});
