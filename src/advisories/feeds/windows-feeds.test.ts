import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Advisory } from '../advisory.ts';
import type { FeedItem } from '../feed.ts';
import { readXmlRecords } from '../read-xml.ts';
import { isMsrcDocument, MSRC_FORM } from './msrc-cvrf.ts';
import { isWesngList, readWesngList } from './wesng.ts';

function fixture(name: string): Buffer {
  return readFileSync(new URL(`../../../test/fixtures/advisories/${name}`, import.meta.url));
}

type ReadFile = (source: {
  readonly name: string;
  readonly content: AsyncGenerator<Uint8Array>;
}) => AsyncIterable<readonly FeedItem[]>;

const readMsrcDocument: ReadFile = (source) => readXmlRecords(source, MSRC_FORM);

async function itemsOf(read: ReadFile, name: string, bytes: Uint8Array): Promise<readonly FeedItem[]> {
  async function* content(): AsyncGenerator<Uint8Array> {
    for (let at = 0; at < bytes.byteLength; at += 1_000) yield bytes.subarray(at, at + 1_000);
  }
  const items: FeedItem[] = [];
  for await (const batch of read({ name, content: content() })) items.push(...batch);
  return items;
}

function advisories(items: readonly FeedItem[]): ReadonlyMap<string, Advisory> {
  return new Map(
    items.flatMap((item) => (item.kind === 'advisory' ? [[item.advisory.id, item.advisory] as const] : [])),
  );
}

function others(items: readonly FeedItem[]): readonly string[] {
  return items.flatMap((item) => {
    if (item.kind === 'not-held') return [`${item.feed}: ${item.count} ${item.reason}`];
    if (item.kind === 'problem') return [`${item.where}: ${item.problem}`];
    return item.kind === 'list' ? [`list ${item.feed} ${new Date(item.publishedAt ?? 0).toISOString()}`] : [];
  });
}

describe('readMsrcDocument', () => {
  it('makes an advisory of each update, with what it does on each product', async () => {
    const xml = fixture('msrc-2025-Mar.cvrf.xml');
    expect(isMsrcDocument(xml.toString('utf8', 0, 2_000))).toBe(true);
    const items = await itemsOf(readMsrcDocument, 'mar.xml', xml);
    const found = advisories(items);
    expect([...found.keys()]).toEqual(['2025-Mar/KB5053594', '2025-Mar/KB5053638', '2025-Mar/KB5026361']);
    const update = found.get('2025-Mar/KB5053594');
    expect(update).toMatchObject({
      cves: ['CVE-2025-24044', 'CVE-2025-24054'],
      summary: 'March 2025 Security Updates: KB5053594',
      published: Date.UTC(2025, 2, 11, 7),
      word: 'high',
    });
    expect(update?.severities.map(({ vector }) => vector.slice(0, 20))).toEqual(['CVSS:3.1/AV:L/AC:L/P']);
    expect(update?.affected.map((entry) => [entry.ecosystem, entry.update])).toEqual([
      [
        'windows:Windows Server 2016',
        {
          number: 'KB5053594',
          component: '',
          cves: ['CVE-2025-24044', 'CVE-2025-24054'],
          supersedes: ['KB5052006'],
          build: '10.0.14393.7876',
          isHotpatch: false,
        },
      ],
      [
        'windows:Windows Server 2016 (Server Core installation)',
        expect.objectContaining({ cves: ['CVE-2025-24044'] }),
      ],
    ]);
    expect(found.get('2025-Mar/KB5053638')?.affected[0]?.update?.isHotpatch).toBe(true);
  });

  it('says of the product that the documents have lost what they say of its sibling', async () => {
    const items = await itemsOf(readMsrcDocument, 'mar.xml', fixture('msrc-2025-Mar.cvrf.xml'));
    const update = advisories(items).get('2025-Mar/KB5026361');
    expect(update?.affected.map((entry) => entry.ecosystem)).toEqual([
      'windows:Windows 10 Version 20H2 for ARM64-based Systems',
      'windows:Windows 10 Version 20H2 for x64-based Systems',
    ]);
    expect(update?.affected[1]?.update?.supersedes).toEqual(['KB5025221', 'KB5025222']);
  });

  it('counts what it does not hold and names what is broken', async () => {
    const xml = fixture('msrc-2025-Mar.cvrf.xml')
      .toString()
      .replace(
        '</cvrf:cvrfdoc>',
        '<vuln:Vulnerability><vuln:CVE>-</vuln:CVE></vuln:Vulnerability></cvrf:cvrfdoc>',
      );
    const items = await itemsOf(readMsrcDocument, 'mar.xml', Buffer.from(xml));
    expect(others(items)).toEqual([
      'mar.xml: has a vulnerability whose id "-" is neither a CVE nor an advisory',
      'msrc: 1 other-product',
      'msrc: 1 no-update',
    ]);
  });

  it('uses nothing of a document that is cut short or nested without end', async () => {
    const xml = fixture('msrc-2025-Mar.cvrf.xml');
    const cut = await itemsOf(readMsrcDocument, 'cut.xml', xml.subarray(0, 4_000));
    expect(others(cut)).toEqual([expect.stringContaining('cut.xml: is broken XML')]);
    const deep = Buffer.from(`<cvrf:cvrfdoc>${'<a>'.repeat(200)}`);
    expect(others(await itemsOf(readMsrcDocument, 'deep.xml', deep))).toEqual([
      'deep.xml: has elements nested more than 100 deep',
    ]);
  });
});

describe('readWesngList', () => {
  it('gathers the rows of each update, and counts those it does not hold', async () => {
    const csv = fixture('wesng-CVEs_20250510.csv');
    expect(isWesngList(csv.toString('utf8', 0, 500))).toBe(true);
    const items = await itemsOf(readWesngList, 'definitions.zip!CVEs_20250510.csv', csv);
    expect(others(items)).toEqual([
      'list wesng 2025-05-10T00:00:00.000Z',
      'wesng: 2 other-product',
      'wesng: 1 no-update',
    ]);
    const found = advisories(items);
    expect([...found.keys()]).toEqual(['KB4480116', 'KB4471332', 'KB4487044', 'KB3163250']);
    const update = found.get('KB4480116');
    expect(update?.summary).toBe('2019-01 security update KB4480116');
    expect(
      update?.affected.map(({ ecosystem, update: entry }) => [ecosystem, entry?.component, entry?.cves]),
    ).toEqual([
      ['windows:Windows Server 2019', '', ['CVE-2019-0538', 'CVE-2019-0536']],
      ['windows:Windows 10 Version 1809 for x64-based Systems', '', ['CVE-2019-0538']],
      ['windows:Windows Server 2019', 'Internet Explorer 11', ['CVE-2019-0541']],
    ]);
    expect(found.get('KB3163250')?.affected[0]?.update?.component).toBe('Microsoft .NET Framework 4.5.2');
  });

  it('names broken rows and goes on; comments are no rows', async () => {
    const text = [
      '"DatePosted","CVE","BulletinKB","Title","AffectedProduct","AffectedComponent","Severity","Impact","Supersedes","Exploits"',
      '# a comment',
      '"yesterday","CVE-2020-0001","4500000","t","Windows Server 2019","","Critical","i","",""',
      '"20200101","CVE-2020-0002","4500001","t","Windows Server 2019","","Critical","i","4500000;4499999",""',
    ].join('\n');
    const items = await itemsOf(readWesngList, 'Custom_20200101.csv', Buffer.from(text));
    expect(others(items)).toEqual([
      'Custom_20200101.csv:3: has no date or no product',
      'list wesng-custom 2020-01-01T00:00:00.000Z',
    ]);
    expect(advisories(items).get('KB4500001')?.affected[0]?.update?.supersedes).toEqual([
      'KB4500000',
      'KB4499999',
    ]);
  });
});
