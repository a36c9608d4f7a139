import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import type { Advisory, AffectedPackage } from '../../src/advisories/advisory.ts';
import type { FeedItem } from '../../src/advisories/feed.ts';
import { readAdvisoryFiles } from '../../src/advisories/read.ts';

const FIXTURES = fileURLToPath(new URL('../fixtures/vendor-formats', import.meta.url));

async function itemsOf(file: string): Promise<FeedItem[]> {
  const items: FeedItem[] = [];
  for await (const item of readAdvisoryFiles([join(FIXTURES, file)])) items.push(item);
  return items;
}

/** Items as one line each: feed, id and how many packages, or the reason why nothing is held. */
async function linesOf(file: string): Promise<string[]> {
  return (await itemsOf(file)).map((item) => {
    if (item.kind === 'advisory') return `${item.feed} ${item.advisory.id} ${item.advisory.affected.length}`;
    if (item.kind === 'withdrawn') return `${item.feed} ${item.id} ${item.reason}`;
    return item.kind === 'problem' ? item.problem : item.kind;
  });
}

async function advisoryIn(file: string, id: string): Promise<Advisory> {
  const found = (await itemsOf(file)).find((item) => item.kind === 'advisory' && item.advisory.id === id);
  if (found?.kind !== 'advisory') throw new Error(`${file} yields no ${id}`);
  return found.advisory;
}

function named(advisory: Advisory, name: string, ecosystem?: string): readonly AffectedPackage[] {
  return advisory.affected.filter(
    (pkg) => pkg.name === name && (ecosystem ?? pkg.ecosystem) === pkg.ecosystem,
  );
}

function fixesOf(packages: readonly AffectedPackage[]): readonly string[] {
  return packages.map(({ ecosystem, ranges }) => `${ecosystem} ${ranges[0]?.introduced}<${ranges[0]?.fixed}`);
}

describe('vendors’ own formats', () => {
  it('reads or names every file', async () => {
    for (const file of readdirSync(FIXTURES)) {
      const lines = await linesOf(file);
      expect(lines.length, file).toBeGreaterThan(0);
      expect(lines.join('\n'), file).not.toMatch(/no advisory format|broken/);
    }
  });

  it('reads openEuler’s CVRF: files by system and architecture, CVEs, scores, the vendor’s word', async () => {
    const advisory = await advisoryIn('cvrf-openEuler-SA-2025-1379.xml', 'openEuler-SA-2025-1379');
    expect(advisory).toMatchObject({
      cves: ['CVE-2023-32216', 'CVE-2023-6879'],
      word: 'critical',
      published: Date.UTC(2025, 3, 3),
      severities: [{ type: 'CVSS_V3', vector: 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H' }],
      url: 'https://www.openeuler.org/zh/security/security-bulletins/detail/?id=openEuler-SA-2025-1379',
    });
    expect(named(advisory, 'firefox')).toMatchObject([
      {
        ecosystem: 'openeuler:22.03-LTS-SP3',
        matchOn: 'binary',
        ranges: [{ introduced: '', fixed: '128.8.0-1.oe2203sp3', lastAffected: '' }],
        architectures: ['aarch64', 'x86_64'],
      },
    ]);
  });

  it('reads openEuler’s CSAF of several systems, each with its own builds', async () => {
    const advisory = await advisoryIn('csaf-openeuler-sa-2025-1351.json.gz', 'openEuler-SA-2025-1351');
    expect(advisory).toMatchObject({ cves: ['CVE-2025-29768'], word: 'medium' });
    expect(fixesOf(named(advisory, 'vim-enhanced'))).toContain('openeuler:22.03-LTS-SP3 <9.0-33.oe2203sp3');
    expect(new Set(advisory.affected.map(({ ecosystem }) => ecosystem)).size).toBe(5);
  });

  it('reads Red Hat’s CVRF by source package, and keeps what is fixed for an extended release apart', async () => {
    const advisory = await advisoryIn('cvrf-rhsa-2023-5627.xml.gz', 'RHSA-2023:5627');
    expect(advisory.affected).toMatchObject([
      {
        ecosystem: 'rhel:8',
        name: 'kernel',
        matchOn: 'source',
        pocket: 'eus',
        ranges: [{ fixed: '4.18.0-372.75.1.el8_6' }],
      },
    ]);
    expect(advisory.cves).toContain('CVE-2023-35001');
  });

  it('reads Red Hat’s VEX: fixed packages, and a name of a module without a fix', async () => {
    const advisory = await advisoryIn('redhat-vex-cve-2023-1017.json.gz', 'CVE-2023-1017');
    expect(named(advisory, 'SLOF')).toMatchObject([{ module: '', pocket: 'eus', architectures: ['noarch'] }]);
    expect(named(advisory, 'libtpms')).toMatchObject([
      { module: 'virt:rhel', matchOn: 'source', ranges: [{ introduced: '', fixed: '', lastAffected: '' }] },
    ]);
  });

  it('reads updateinfo.xml, a feed for each repository of each system', async () => {
    expect(await linesOf('almalinux-9-baseos-updateinfo.xml.gz')).toEqual([
      'updateinfo:almalinux:9/almalinux-9-for-x86_64-baseos-rpms__9_1_default ALSA-2022:4940 1',
      'updateinfo:almalinux:9/almalinux-9-for-x86_64-baseos-rpms__9_default ALBA-2023:0123 no-vulnerability',
    ]);
    const advisory = await advisoryIn('amazon-1-updateinfo.xml.gz', 'ALAS-2011-1');
    expect(advisory).toMatchObject({
      cves: ['CVE-2011-3192'],
      word: 'medium',
      published: Date.UTC(2011, 8, 27, 22, 46),
      modified: Date.UTC(2014, 8, 14, 14, 25),
    });
    expect(fixesOf(advisory.affected)).toEqual(['amazon:1 <2.2.21-1.18.amzn1']);
  });

  it('compares an Amazon Linux 2 extra within its own line of versions', async () => {
    const advisory = await advisoryIn('amazon-2-kernel-5.15-updateinfo.xml.gz', 'ALAS2KERNEL-5.15-2022-001');
    expect(fixesOf(named(advisory, 'kernel'))).toEqual(['amazon:2 5.15<5.15.43-20.123.amzn2']);
  });

  it('reads OVAL of Red Hat, AlmaLinux, Debian and Ubuntu from bzip2', async () => {
    expect(await linesOf('rhel-9-including-unpatched.oval.xml.bz2')).toEqual([
      'oval:rhel:9 CVE-2002-0059 not-affected',
      'oval:rhel:9 CVE-2005-2541 1',
      'oval:rhel:9 RHSA-2022:4765 1',
      'oval:rhel:9 RHSA-2022:4772 1',
    ]);
    const alma = await advisoryIn('org.almalinux.alsa-9.xml.bz2', 'ALSA-2023:5363');
    expect(named(alma, 'npm')).toMatchObject([
      { module: 'nodejs:18', ranges: [{ fixed: '1:9.6.7-1.18.17.1.1.module_el8.8.0+3613+1ed8c91d' }] },
    ]);
    const debian = await advisoryIn('oval-definitions-bullseye.xml.bz2', 'DSA-5179-1');
    expect(debian.affected).toMatchObject([{ ecosystem: 'debian:11', name: 'php7.4', matchOn: 'source' }]);
    const usn = await advisoryIn('oci.com.ubuntu.jammy.usn.oval.xml.bz2', 'USN-6561-1');
    expect(usn.affected.map(({ name }) => name)).toContain('libssh-gcrypt-4');
    const byPackage = await advisoryIn('oci.com.ubuntu.jammy.pkg.oval.xml.bz2', 'CVE-2023-48795');
    expect(fixesOf(named(byPackage, 'openssh-server'))).toEqual(['ubuntu:22.04 <1:8.9p1-3ubuntu0.5']);
    const fips = await itemsOf('oci.com.ubuntu.fips-updates_jammy.cve.oval.xml.bz2');
    expect(fips).toMatchObject([
      {
        feed: 'oval:ubuntu:22.04/fips',
        advisory: { affected: [{ pocket: 'fips' }, {}, {}, {}, {}, {}, {}, {}] },
      },
    ]);
  });

  it('reads Debian’s tracker: fixed, open and never affected', async () => {
    expect(await linesOf('debian-tracker.json')).toEqual([
      'list',
      'debian-tracker CVE-2012-0833 not-affected',
      'debian-tracker CVE-2016-5405 2',
      'debian-tracker CVE-2016-5416 2',
      'debian-tracker TEMP-0000000-0CA7E3 not-affected',
    ]);
    const open = await advisoryIn('debian-tracker.json', 'CVE-2016-5416');
    expect(fixesOf(open.affected)).toEqual(['debian:11 <', 'debian:sid <']);
  });

  it('reads Ubuntu’s notices and CVEs in both their own forms', async () => {
    const notice = await advisoryIn('ubuntu-usn-database.json.bz2', 'USN-4011-1');
    expect(fixesOf(named(notice, 'jinja2', 'ubuntu:16.04'))).toEqual(['ubuntu:16.04 <2.8-1ubuntu0.1']);
    const esm = await advisoryIn('ubuntu-usn-database.json.bz2', 'USN-6342-1');
    expect(
      esm.affected
        .filter(({ ecosystem }) => ecosystem === 'ubuntu:18.04')
        .every(({ pocket }) => pocket === 'esm'),
    ).toBe(true);
    expect(await linesOf('ubuntu-notice-page.json')).toEqual(['ubuntu-usn USN-1-1 no-versions']);
    const cve = await advisoryIn('ubuntu-cve-page.json', 'CVE-2024-45700');
    expect(fixesOf(named(cve, 'zabbix', 'ubuntu:18.04'))).toEqual(['ubuntu:18.04 <']);
  });

  it('takes from records of a CVE alone what the CVE is worth, and no package', async () => {
    expect(await linesOf('nvd-page.json')).toEqual([
      'cve CVE-2023-36014 0',
      'cve CVE-2023-36024 0',
      'cve CVE-2023-46729 0',
    ]);
    const [first] = await itemsOf('nvd-page.json');
    expect(first).toMatchObject({
      advisory: { severities: [{ type: 'CVSS_V3' }], cves: ['CVE-2023-36014'] },
    });
    expect(await linesOf('nvdcve-1.1-2002.json.gz')).toContain('cve CVE-1999-0095 no-score');
    expect(await advisoryIn('openssl-cve-2022-3996.json', 'CVE-2022-3996')).toMatchObject({
      word: 'low',
      affected: [],
    });
  });

  it('reads Red Hat’s records of a CVE in JSON and XML', async () => {
    const json = await advisoryIn('redhat-CVE-2023-6204.json', 'CVE-2023-6204');
    expect(fixesOf(named(json, 'firefox', 'rhel:6'))).toEqual(['rhel:6 <']);
    const xml = await advisoryIn('redhat-cvemap.xml.gz', 'CVE-2015-8921');
    expect(fixesOf(xml.affected)).toContain('rhel:6 <2.8.3-7.el6_8');
  });

  it('reads AlmaLinux’s errata', async () => {
    const advisory = await advisoryIn('almalinux-errata.full.json.gz', 'ALSA-2019:3708');
    expect(named(advisory, 'Judy')).toHaveLength(4);
    expect(new Set(advisory.affected.map(({ ecosystem, module }) => `${ecosystem} ${module}`))).toEqual(
      new Set(['almalinux:8 mariadb:10.3']),
    );
  });

  it('says of an index that it is one', async () => {
    expect(await linesOf('redhat-changes.csv')).toEqual(['is not read: it is an index of files']);
  });
});
