import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse as parseYaml } from 'yaml';
import type { FeedItem } from '../feed.ts';
import { isAlpineSecdb, parseAlpineSecdb } from './alpine-secdb.ts';
import { debianListFeed, parseDebianList } from './debian-list.ts';
import { isEpssList, parseEpssList } from './epss.ts';
import { isKnownExploitedCatalogue, parseKnownExploited } from './known-exploited.ts';
import { isNotusProduct, parseNotusProduct } from './notus.ts';

function fixture(name: string): string {
  return readFileSync(new URL(`../../../test/fixtures/advisories/${name}`, import.meta.url), 'utf8');
}

/** An advisory as `id [CVEs] system name<fixed …`; other items in a form as short. */
function shown(item: FeedItem): string {
  switch (item.kind) {
    case 'list':
      return `list ${item.feed} ${item.publishedAt === undefined ? 'undated' : new Date(item.publishedAt).toISOString()}`;
    case 'withdrawn':
      return `${item.id} ${item.reason}`;
    case 'not-held':
      return `${item.count} ${item.reason}`;
    case 'problem':
      return `${item.where}: ${item.problem}`;
    case 'known-exploited':
      return `${item.entry.cve} ${item.entry.name} ${new Date(item.entry.addedAt).toISOString().slice(0, 10)}`;
    case 'exploit-probability':
      return `${item.cve} ${item.probability}`;
    case 'advisory': {
      const { id, cves, affected } = item.advisory;
      const packages = affected.map((pkg) => {
        const [range] = pkg.ranges;
        const bound = range?.fixed || (range?.lastAffected ? `=${range.lastAffected}` : '');
        return `${pkg.ecosystem} ${pkg.name}<${bound}${pkg.architectures.length === 0 ? '' : ` (${pkg.architectures.join()})`}`;
      });
      return [id, `[${cves.join()}]`, ...packages].join(' ');
    }
  }
}

describe('the known-exploited catalogue', () => {
  it('is a list with its date and an entry a CVE', () => {
    const catalogue: unknown = JSON.parse(fixture('known-exploited.json'));
    expect(
      isKnownExploitedCatalogue(catalogue) && [...parseKnownExploited(catalogue, 'kev')].map(shown),
    ).toEqual([
      'list known-exploited 2025-08-25T17:04:19.979Z',
      'CVE-2025-48384 Git Link Following Vulnerability 2025-08-25',
      'CVE-2025-24813 Apache Tomcat Path Equivalence Vulnerability 2025-04-01',
      'CVE-2021-44228 Apache Log4j2 Remote Code Execution Vulnerability 2021-12-10',
    ]);
  });

  it('names an entry that is none and keeps the others', () => {
    const catalogue = {
      catalogVersion: '1',
      vulnerabilities: [
        null,
        { cveID: 'CVE-2021-1234' },
        { cveID: 'cve-2021-1235', dateAdded: '2022-01-02' },
      ],
    };
    expect([...parseKnownExploited(catalogue, 'kev')].map(shown)).toEqual([
      'list known-exploited undated',
      'kev, entry 1: is no entry of the known-exploited catalogue: it needs cveID and dateAdded',
      'kev, entry 2: is no entry of the known-exploited catalogue: it needs cveID and dateAdded',
      'CVE-2021-1235  2022-01-02',
    ]);
  });
});

describe('EPSS', () => {
  it("is a list with the publisher's date and a probability a CVE", () => {
    const text = fixture('epss.csv');
    expect(isEpssList(text)).toBe(true);
    expect([...parseEpssList(text, 'epss')].map(shown)).toEqual([
      'list epss 2023-03-07T00:00:00.000Z',
      'CVE-2020-5902 0.97567',
      'CVE-2018-19571 0.00113',
    ]);
  });

  it('may have other columns, in another order, with quoted text over several lines', () => {
    const text =
      'CVE,CVSS Score,EPSS,Description\r\nCVE-1999-0103,0.0,0.48591,"Echo, and\nCVE-1,x ""quoted"""\r\nCVE-1999-0170,0.0,1e-05,"x"\r\n';
    expect([...parseEpssList(text, 'epss')].map(shown)).toEqual([
      'list epss undated',
      'CVE-1999-0103 0.48591',
      'CVE-1999-0170 0.00001',
    ]);
  });

  it('names lines that give no probability', () => {
    const text =
      'cve,epss\nCVE-2020-1111,1.5\nCVE-2020-1112,NaN\nCVE-2020-1113,0x1\nCVE-2020-1114\nno,0.5\nCVE-2020-1115,1\n';
    expect([...parseEpssList(text, 'epss')].map(shown)).toEqual([
      'list epss undated',
      'epss:2: CVE-2020-1111 has no probability between 0 and 1',
      'epss:3: CVE-2020-1112 has no probability between 0 and 1',
      'epss:4: CVE-2020-1113 has no probability between 0 and 1',
      'epss:5: CVE-2020-1114 has no probability between 0 and 1',
      'epss:6: has no CVE id',
      'CVE-2020-1115 1',
    ]);
  });
});

describe("Debian's lists", () => {
  it('are as new as their newest entry, and give each release its fixed source version', () => {
    const text = fixture('DSA.list');
    expect(debianListFeed(text.split('\n')[0] ?? '')).toBe('debian-dsa');
    expect([...parseDebianList(text, 'debian-dsa', 'DSA')].map(shown)).toEqual([
      'list debian-dsa 2023-03-29T00:00:00.000Z',
      'DSA-5380-1 [CVE-2023-1393] debian:11 xorg-server<2:1.20.11-1+deb11u6',
      'DSA-5356-2 [] debian:11 sox<14.4.2+git20190427-2+deb11u2',
      'DSA-4205-1 no-versions',
      'DSA-3699-1 [] debian:8 virtualbox<',
      'DSA-2275-1 [CVE-2011-2685] debian:6 openoffice.org<1:3.2.1-11+squeeze3',
      'DSA-833-2 [CVE-2005-2558] debian:3.1 mysql-dfsg-4.1<4.1.11a-4sarge2',
    ]);
  });

  it('tell DLA from DSA by their first line', () => {
    const text = fixture('DLA.list');
    expect(debianListFeed(text.split('\n')[0] ?? '')).toBe('debian-dla');
    const items = [...parseDebianList(text, 'debian-dla', 'DLA')];
    expect(items[1]).toMatchObject({
      feed: 'debian-dla',
      advisory: {
        id: 'DLA-3380-1',
        summary: 'firmware-nonfree - security update',
        published: Date.UTC(2023, 3, 1),
      },
    });
    expect(debianListFeed('[1, 2]')).toBeUndefined();
  });

  it('name lines of no known form and releases nobody knows, and keep the rest of the entry', () => {
    const text = [
      '[02 Xxx 2023] DSA-1-1 a - b',
      '\t[bookworm] - a 1-1',
      '\t[marvin] - a 1-1',
      '\tsurprise',
      'no header',
      '\t[bookworm] - lost 1',
      '[03 Apr 2023] DSA-2-1 c',
      '\t[trixie]  - c  2-1',
      '',
    ].join('\n');
    expect([...parseDebianList(text, 'debian-dsa', 'DSA')].map(shown)).toEqual([
      'list debian-dsa 2023-04-03T00:00:00.000Z',
      'DSA:3: DSA-1-1 names a release that Parapet does not know (marvin)',
      'DSA:4: DSA-1-1 has a line of no known form (surprise)',
      'DSA-1-1 [] debian:12 a<1-1',
      'DSA:5: is no header of an advisory ([day month year] DSA-… title)',
      'DSA-2-1 [] debian:13 c<2-1',
    ]);
  });
});

describe("Alpine's secdb", () => {
  it('is an advisory a CVE, by source package; version 0 says "not affected"', () => {
    const secdb: unknown = parseYaml(fixture('alpine-secdb-3.10-main.yaml'), { schema: 'failsafe' });
    expect(isAlpineSecdb(secdb) && [...parseAlpineSecdb(secdb, 'main')].map(shown)).toEqual([
      'list alpine-secdb:3.10/main undated',
      'CVE-2019-9517 [CVE-2019-9517] alpine:3.10 apache2<2.4.41-r0',
      'CVE-2019-10081 [CVE-2019-10081] alpine:3.10 apache2<2.4.41-r0',
      'CVE-2019-0196 [CVE-2019-0196] alpine:3.10 apache2<2.4.39-r0',
      'CVE-2017-15597 [CVE-2017-15597] alpine:3.10 xen<4.9.1-r1',
      'XSA-238 [] alpine:3.10 xen<4.9.1-r1',
      'CVE-2019-2426 [CVE-2019-2426] alpine:3.10 mariadb<10.3.13-r0',
      'CVE-2017-17434 [CVE-2017-17434] alpine:3.10 rsync<3.1.2-r7',
    ]);
  });

  it('is read from JSON as well', () => {
    const secdb: unknown = JSON.parse(fixture('alpine-secdb-3.16-community.json'));
    expect(isAlpineSecdb(secdb) && [...parseAlpineSecdb(secdb, 'x')].map(shown)).toEqual([
      'list alpine-secdb:3.16/community undated',
      'CVE-2019-9210 [CVE-2019-9210] alpine:3.16 advancecomp<2.1-r2',
    ]);
  });

  it('names packages that are none, and a file without a release', () => {
    const packages = [
      { pkg: { name: 'x' } },
      3,
      { pkg: { name: 'y', secfixes: { '1-r0': 'CVE-2020-1234', '2-r0': ['CVE-2020-1235'] } } },
    ];
    const secdb = { distroversion: 'v3.18', reponame: 'main', packages };
    expect([...parseAlpineSecdb(secdb, 'x')].map(shown)).toEqual([
      'list alpine-secdb:3.18/main undated',
      'x, package 1: has no name or no secfixes',
      'x, package 2: has no name or no secfixes',
      'x, package y: has a fixed version without a list',
      'CVE-2020-1235 [CVE-2020-1235] alpine:3.18 y<2-r0',
    ]);
    expect([...parseAlpineSecdb({ ...secdb, distroversion: '../x' }, 'x')].map(shown)).toEqual([
      'x: is an Alpine secdb file without a known distroversion and reponame',
    ]);
  });
});

describe('notus product files', () => {
  function product(over: object): string[] {
    const file = {
      version: '1.2',
      package_type: 'rpm',
      product_name: 'EulerOS V2.0SP9(x86_64)',
      advisories: [],
      ...over,
    };
    return isNotusProduct(file) ? [...parseNotusProduct(file, 'p')].map(shown) : ['none'];
  }

  it('name each advisory by its OID and each package by its full name', () => {
    expect(product(JSON.parse(fixture('euleros-2.0sp1.notus.json')))).toEqual([
      'list notus:euleros:2.0SP1 undated',
      'EulerOS-SA-2016-1002 [] euleros:2.0SP1 firefox<38.7.0-1 (x86_64)',
      'EulerOS-SA-2016-1009 [] euleros:2.0SP1 git<1.8.3.1-6.1 (x86_64) euleros:2.0SP1 perl-Git<1.8.3.1-6.1 (noarch)',
      'EulerOS-SA-2016-1010 [] euleros:2.0SP1 java-1.7.0-openjdk<1.7.0.99-2.6.5.0 (x86_64) euleros:2.0SP1 java-1.7.0-openjdk-devel<1.7.0.99-2.6.5.0 (x86_64)',
    ]);
  });

  it.each([
    ['EulerOS V2.0SP9(x86_64)', 'rpm', 'list notus:euleros:2.0SP9/x86_64 undated'],
    ['EulerOS V2.0SP9', 'rpm', 'list notus:euleros:2.0SP9 undated'],
    ['EulerOS Virtualization 3.0.6.0', 'rpm', 'list notus:euleros:Virtualization 3.0.6.0 undated'],
    ['openEuler 22.03 LTS SP1', 'rpm', 'list notus:openeuler:22.03-LTS-SP1 undated'],
    ['openEuler 22.03 LTS', 'rpm', 'list notus:openeuler:22.03-LTS undated'],
    ['Ubuntu 22.04', 'deb', 'list notus:ubuntu:22.04 undated'],
    ['Slackware 15', 'slack', 'p: is for a product that Parapet does not know (Slackware 15)'],
  ])('know the product %s', (name, type, first) => {
    expect(product({ product_name: name, package_type: type })).toEqual([first]);
  });

  it('put the architectures of one fix together and keep different fixes apart', () => {
    const packages = [
      'a-1.0-2.oe1.x86_64',
      'a-1.0-2.oe1.aarch64',
      'b-1.0-2.oe1.x86_64',
      'b-1.0-2.oe2203.aarch64',
    ];
    const advisories = [
      {
        oid: '1.3.6.1.4.1.25623.1.1.16.2022.1587',
        fixed_packages: packages.map((full_name) => ({ full_name })),
      },
    ];
    expect(product({ product_name: 'openEuler 22.03 LTS', advisories })[1]).toBe(
      'openEuler-SA-2022-1587 [] openeuler:22.03-LTS a<1.0-2.oe1 (x86_64,aarch64) openeuler:22.03-LTS b<1.0-2.oe1 (x86_64) openeuler:22.03-LTS b<1.0-2.oe2203 (aarch64)',
    );
  });

  it('read Debian packages and what counts as fixed', () => {
    const fixed_packages = [
      { name: 'libc6', full_version: '2.35-0ubuntu3.1', specifier: '>=' },
      { full_name: 'libjs-jquery-ui-1.13.1+dfsg-1ubuntu0.1', specifier: '>' },
      { name: 'x', full_version: '1', specifier: '~' },
      null,
    ];
    const advisories = [{ oid: '1.3.6.1.4.1.25623.1.1.12.2022.5181.1', fixed_packages }];
    expect(product({ product_name: 'Ubuntu 22.04', package_type: 'deb', advisories })).toEqual([
      'list notus:ubuntu:22.04 undated',
      'p, advisory 1: USN-5181-1 has a fixed package of no known form ({"name":"x","full_version":"1","specifier":"~"})',
      'p, advisory 1: USN-5181-1 has a fixed package of no known form (null)',
      'USN-5181-1 [] ubuntu:22.04 libc6<2.35-0ubuntu3.1 ubuntu:22.04 libjs-jquery-ui<=1.13.1+dfsg-1ubuntu0.1',
    ]);
  });

  it('name an advisory whose OID says nothing', () => {
    const advisories = [
      { oid: '1.2.3' },
      4,
      { oid: '1.3.6.1.4.1.25623.1.1.2.2016.1002', fixed_packages: [] },
    ];
    expect(product({ advisories }).slice(1)).toEqual([
      'p, advisory 1: has an oid that names no known advisory (1.2.3)',
      'p, advisory 2: has an oid that names no known advisory ()',
      'EulerOS-SA-2016-1002 no-versions',
    ]);
  });
});
