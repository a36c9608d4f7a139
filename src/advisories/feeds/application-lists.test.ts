import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import type { Advisory } from '../advisory.ts';
import type { FeedItem } from '../feed.ts';
import { readAdvisoryFiles } from '../read.ts';
import { isFriendsOfPhpRecord, parseFriendsOfPhpRecord } from './friends-of-php.ts';
import { nodejsGroupFeed, parseNodejsGroupList } from './nodejs-group.ts';
import { parseRetireJsRepository } from './retire-js.ts';
import { parseVictimsRecord } from './victims.ts';
import { parseWordfenceRecord } from './wordfence.ts';

const FIXTURES = new URL('../../../test/fixtures/advisories/', import.meta.url);
const SHARED = fileURLToPath(new URL('../../../../shared/data', import.meta.url));

async function itemsOf(...paths: string[]): Promise<FeedItem[]> {
  const items: FeedItem[] = [];
  for await (const item of readAdvisoryFiles(paths)) items.push(item);
  return items;
}

function fixture(name: string): Promise<FeedItem[]> {
  return itemsOf(fileURLToPath(new URL(name, FIXTURES)));
}

function advisoriesOf(items: readonly FeedItem[]): readonly Advisory[] {
  return items.flatMap((item) => (item.kind === 'advisory' ? [item.advisory] : []));
}

/** An advisory as `id [CVEs] package from..fixed …`, `..=last` where the last affected version is known alone. */
function shown({ id, cves, affected }: Advisory): string {
  const packages = affected.map(({ name, ranges, versions }) => {
    const bounds = ranges.map((range) => {
      return `${range.introduced}..${range.fixed}${range.lastAffected === '' ? '' : `=${range.lastAffected}`}`;
    });
    return [name, ...bounds, ...versions].join(' ');
  });
  return `${id} [${cves.join()}] ${packages.join('; ')}`;
}

describe("Wordfence's records", () => {
  it('name WordPress, plugins and themes; an affected upper bound is fixed by whatever comes after it', async () => {
    const advisories = advisoriesOf(await fixture('wordfence.jsonl'));
    const named = new Map(advisories.map((one) => [one.affected[0]?.name, one]));
    expect([...named.keys()].filter((name) => name !== 'wordpress')).toEqual([
      expect.stringMatching(/^plugin\//),
      expect.stringMatching(/^theme\//),
      'plugin/wp-file-manager',
    ]);
    const fileManager = named.get('plugin/wp-file-manager');
    expect(fileManager?.cves).toEqual(['CVE-2020-25213']);
    expect(fileManager?.affected[0]?.ranges).toEqual([{ introduced: '', fixed: '>6.8', lastAffected: '' }]);
    const every = advisories.find(({ affected }) => affected[0]?.ranges[0]?.fixed === '');
    expect(every?.affected[0]?.ranges).toEqual([{ introduced: '', fixed: '', lastAffected: '' }]);
  });

  it('keep the notice of their publishers and the address of the record, and have one line as summary', async () => {
    for (const { summary, notice, url } of advisoriesOf(await fixture('wordfence.jsonl'))) {
      expect(summary).not.toContain('Copyright');
      expect(notice).toContain('Copyright 2012-2026 Defiant Inc.');
      expect(url).toMatch(/^https:\/\/www\.wordfence\.com\/threat-intel\/vulnerabilities\/id\//);
    }
  });

  it.each([
    [{ type: 'widget' }, 'is about neither WordPress nor a plugin or theme with a usable name'],
    [{ slug: 'a\nb' }, 'is about neither WordPress nor a plugin or theme with a usable name'],
    [{ affectedVersions: '>1.0' }, 'has a constraint on versions that Parapet does not understand (>1.0)'],
    [
      { affectedVersions: 'latest' },
      'has a constraint on versions that Parapet does not understand (latest)',
    ],
  ])('are reported where they cannot be read: %j', (over, problem) => {
    const record = {
      advisoryId: 'X/1',
      type: 'plugin',
      slug: 'a',
      affectedVersions: '<1',
      title: 'T',
      ...over,
    };
    expect(parseWordfenceRecord(record, 'file:1')).toEqual({
      kind: 'problem',
      where: 'file:1',
      problem: `X/1 ${problem}`,
    });
  });
});

describe("Drupal's records", () => {
  it('say of core also what Composer does not know: Drupal 7', async () => {
    expect(
      advisoriesOf(await fixture('drupal.osv.jsonl'))
        .map(shown)
        .sort(),
    ).toEqual([
      'DRUPAL-CONTRIB-2024-025 [CVE-2024-13261] drupal/acquia_dam ..1.0.13 1.1.0-beta1..1.1.0-beta3',
      'DRUPAL-CORE-2018-002 [CVE-2018-7600] drupal/core 7.0..7.58 8.0.0..8.3.9 8.4.0..8.4.6 8.5.0..8.5.1',
      'DRUPAL-CORE-2023-005 [CVE-2023-31250] drupal/core ..7.96 8.0.0..9.4.14 9.5.0..9.5.8 10.0.0..10.0.8',
    ]);
  });
});

describe("FriendsOfPHP's records", () => {
  it('are recognised by the package that they refer to, and named by it', async () => {
    const names = ['joomla', 'magento', 'symfony'];
    const items = (await Promise.all(names.map((name) => fixture(`friends-of-php-${name}.yaml`)))).flat();
    expect(advisoriesOf(items).map(shown)).toEqual([
      'FOP-joomla/archive/CVE-2021-26028 [CVE-2021-26028] joomla/archive ..1.1.10',
      expect.stringMatching(
        /^FOP-magento\/magento1ce\/2017-02-07-[0-9a-f]{8} \[\] magento\/magento1ce 1\.5\.0\.1\.\.1\.9\.3\.2$/,
      ),
      'FOP-symfony/symfony/CVE-2019-18888 [CVE-2019-18888] symfony/symfony 2.0.0..2.8.52 3.0.0..3.4.35 4.0.0..4.2.12 4.3.0..4.3.8',
    ]);
  });

  it('are reported where their versions cannot be read, and not held where they have none', () => {
    const record = {
      reference: 'composer://a/b',
      title: 'T',
      branches: { '1.x': { versions: ['~1.0 maybe'] } },
    };
    expect(isFriendsOfPhpRecord(record) && parseFriendsOfPhpRecord(record, 'x.yaml')).toMatchObject({
      kind: 'problem',
      where: 'x.yaml',
    });
    expect(parseFriendsOfPhpRecord({ ...record, branches: {} }, 'x.yaml')).toMatchObject({
      kind: 'withdrawn',
      reason: 'no-versions',
    });
  });
});

describe("the Node.js group's lists", () => {
  it('say of Node.js in which version of each line a problem is fixed', async () => {
    const items = await fixture('nodejs-core.json');
    expect(items[0]).toEqual({ kind: 'list', feed: 'nodejs-core', publishedAt: undefined });
    expect(advisoriesOf(items).map(shown).slice(0, 2)).toEqual([
      'NSWG-CORE-1 [CVE-2017-1000381] node 4.0.0..4.8.4 5.0.0..6.11.1 7.0.0..7.10.1 8.0.0..8.1.4',
      'NSWG-CORE-160 [CVE-2025-59465] node 20.0.0..20.20.0 22.0.0..22.22.0 24.0.0..24.13.0 25.0.0..25.3.0',
    ]);
  });

  it('say the same of npm packages, with CVSS', async () => {
    const items = await fixture('nodejs-npm.json');
    expect(advisoriesOf(items).map(shown)).toEqual([
      'NSWG-ECO-1 [CVE-2014-7205] bassmaster ..1.5.2',
      'NSWG-ECO-3 [CVE-2013-7370,CVE-2013-7371] connect ..2.8.1',
    ]);
    expect(advisoriesOf(items)[0]?.severities).toEqual([
      { type: 'CVSS_V3', vector: 'CVSS:3.0/AV:N/AC:L/PR:N/UI:N/S:U/C:L/I:L/A:N' },
    ]);
  });

  it('report an entry that cannot be read and keep the others', () => {
    const list = { 1: null, 2: { vulnerable: 'soon' }, 3: { vulnerable: '*', patched: '<0.0.0' } };
    expect(nodejsGroupFeed({ 1: { vulnerable: '1.x' } })).toBe('nodejs-core');
    expect([...parseNodejsGroupList(list, 'nodejs-core', 'list')].map((item) => item.kind)).toEqual([
      'list',
      'problem',
      'problem',
      'advisory',
    ]);
  });
});

describe("Retire.js's repository", () => {
  it('is a list with an advisory for each problem of a component, and leaves its own example out', async () => {
    const items = await fixture('retire-js.json');
    expect(items.slice(0, 2)).toEqual([
      { kind: 'list', feed: 'retire-js', publishedAt: undefined },
      expect.objectContaining({ kind: 'withdrawn', reason: 'no-vulnerability' }),
    ]);
    const advisories = advisoriesOf(items);
    expect(advisories.map(shown)).toContain('GHSA-q4m3-2j7h-f7xw/jquery [CVE-2020-7656] jquery 1.2.1..1.9.0');
    // The problem that the list numbers as issue 11974 has two ranges.
    const issue = advisories.find(({ summary }) => summary.startsWith('parseHTML()'));
    expect(issue && shown(issue)).toMatch(
      /^RETIREJS-jquery-[0-9a-f]{8} \[\] jquery 1\.8\.0\.\.2\.2\.0 2\.2\.2\.\.3\.0\.0$/,
    );
  });

  it('reports what names no versions', () => {
    const repository = { a: { vulnerabilities: [{ identifiers: {} }], extractors: {} }, b: 7 };
    expect([...parseRetireJsRepository(repository, 'repo')].slice(1).map((item) => item.kind)).toEqual([
      'problem',
      'problem',
    ]);
  });
});

describe("Victims' records", () => {
  it('bound each series of versions by itself, and take the fix of the same series', async () => {
    const all = advisoriesOf(await fixture('victims-java.jsonl')).map(shown);
    expect(all).toContain(
      'CVE-2017-5638 [CVE-2017-5638] org.apache.struts:struts2-core 2.3-alpha..2.3.32 2.5-alpha..2.5.10.1',
    );
    expect(all).toContain(
      'CVE-2009-2625 [CVE-2009-2625] xerces:xercesImpl ..2.10.0 2.9.1-jbossas-..2.9.1-jbossas-2',
    );
  });

  it('are reported where an expression cannot be read', () => {
    const record = { cve: '2020-1234', affected: [{ groupId: 'a', artifactId: 'b', version: ['about 3'] }] };
    expect(parseVictimsRecord(record, 'v:1')).toEqual({
      kind: 'problem',
      where: 'v:1',
      problem: 'CVE-2020-1234 has a version of a:b that is no expression',
    });
  });
});

if (existsSync(`${SHARED}/cms`)) {
  describe('every record of the shared files', () => {
    it('is used, or not held for a reason', async () => {
      const items = await itemsOf(
        `${SHARED}/cms`,
        `${SHARED}/advisories/npm`,
        `${SHARED}/advisories/victims-java.jsonl.gz`,
      );
      const counts = new Map<string, number>();
      for (const item of items) {
        const key = 'feed' in item ? `${item.kind} ${item.feed}` : item.kind;
        counts.set(key, (counts.get(key) ?? 0) + 1);
      }
      expect(items.filter((item) => item.kind === 'problem')).toEqual([]);
      expect(counts.get('advisory wordfence')).toBe(25_224);
      expect(counts.get('advisory osv')).toBe(350);
      expect(counts.get('advisory friends-of-php')).toBe(747);
      expect(counts.get('advisory nodejs-core')).toBe(171);
      expect(counts.get('advisory nodejs-npm')).toBe(467);
      expect(counts.get('advisory victims')).toBe(177);
      const retire = advisoriesOf(items.filter((item) => 'feed' in item && item.feed === 'retire-js'));
      // 723 entries, one of them the list's own example.
      expect(retire.reduce((sum, one) => sum + (one.affected[0]?.ranges.length ?? 0), 0)).toBe(722);
    });
  });
}
