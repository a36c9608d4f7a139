import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Advisory } from '../advisory.ts';
import type { FeedItem } from '../feed.ts';
import { isOsvRecord, parseOsvRecord } from './osv.ts';

const FIXTURES = new URL('../../../test/fixtures/advisories/', import.meta.url);

/** Items of the fixtures by record id. */
function itemsById(): ReadonlyMap<string, FeedItem> {
  const records: unknown[] = JSON.parse(readFileSync(new URL('samples.osv.json', FIXTURES), 'utf8'));
  for (const file of ['almalinux', 'bitnami', 'pypi']) {
    const lines = readFileSync(new URL(`${file}.osv.jsonl`, FIXTURES), 'utf8')
      .trim()
      .split('\n');
    records.push(...lines.map((line): unknown => JSON.parse(line)));
  }
  const items = new Map<string, FeedItem>();
  for (const record of records) {
    if (!isOsvRecord(record)) throw new Error('a fixture is no OSV record');
    items.set(String(record['id']), parseOsvRecord(record, 'fixture'));
  }
  return items;
}

const items = itemsById();

function advisory(id: string): Advisory {
  const item = items.get(id);
  if (item?.kind !== 'advisory') throw new Error(`${id} is ${JSON.stringify(item)}`);
  return item.advisory;
}

function reason(id: string): string | undefined {
  const item = items.get(id);
  return item?.kind === 'withdrawn' ? item.reason : item?.kind;
}

/** A record in the form of the schema, with one affected package. */
function parse(over: object): FeedItem {
  const record = {
    id: 'TEST-1',
    modified: '2024-01-02T03:04:05Z',
    affected: [
      {
        package: { ecosystem: 'npm', name: 'left-pad' },
        ranges: [{ type: 'SEMVER', events: [{ introduced: '0' }, { fixed: '1.0.0' }] }],
      },
    ],
    ...over,
  };
  return parseOsvRecord(record, 'here');
}

describe('CVEs, wherever a database puts them', () => {
  it.each([
    ['BIT-tomcat-2025-24813', ['CVE-2025-24813']],
    ['ALSA-2021:0744', ['CVE-2021-22883', 'CVE-2021-22884']],
    ['ALBA-2019:3693', ['CVE-2018-18074']],
    ['DSA-135', ['CVE-2002-0653']],
    ['RHSA-2024:8709', ['CVE-2024-9675']],
    ['ALPINE-CVE-2023-46850', ['CVE-2023-46850']],
    ['CVE-2024-10524', ['CVE-2024-10524']],
    ['USN-5614-1', ['CVE-2021-3782']],
    ['UBUNTU-CVE-2014-9913', ['CVE-2014-9913']],
    ['PYSEC-2021-335', ['CVE-2021-32807']],
    ['PYSEC-2023-182', ['CVE-2023-4863']],
    ['MAL-2023-1', []],
  ])('%s', (id, cves) => {
    expect(advisory(id).cves).toEqual(cves);
  });

  it('takes them from the addresses of an AlmaLinux record that names them nowhere else', () => {
    expect(advisory('ALSA-2026:39082').cves).toContain('CVE-2025-71066');
  });

  it('does not take another problem for its own', () => {
    const item = parse({ aliases: ['CVE-2024-1000', 'GHSA-aaaa-bbbb-cccc'], related: ['CVE-2024-2000'] });
    expect(item).toMatchObject({ advisory: { cves: ['CVE-2024-1000'], aliases: ['GHSA-aaaa-bbbb-cccc'] } });
  });
});

describe('records of which nothing is held', () => {
  it.each([
    ['ALBA-2019:0973', 'no-vulnerability'],
    ['LSN-0108-1', 'live-patch'],
    ['PYSEC-2022-43059', 'withdrawn'],
    ['UBUNTU-CVE-2014-2901', 'withdrawn'],
    ['RHEA-2024:1870', 'other-ecosystem'],
    ['GSD-2022-1000008', 'no-versions'],
  ])('%s: %s', (id, why) => {
    expect(reason(id)).toBe(why);
  });

  it('says when a distribution comes without a release', () => {
    const affected = [
      {
        package: { ecosystem: 'Debian', name: 'x' },
        ranges: [{ type: 'ECOSYSTEM', events: [{ introduced: '0' }] }],
      },
    ];
    expect(parse({ affected })).toMatchObject({ kind: 'withdrawn', reason: 'no-release' });
  });
});

describe('affected packages', () => {
  it('are sources for Debian, Ubuntu and Alpine, each with its release and pocket', () => {
    expect(advisory('USN-5614-1').affected[0]).toMatchObject({
      ecosystem: 'ubuntu:18.04',
      name: 'wayland',
      matchOn: 'source',
      scheme: 'deb',
      pocket: '',
      versions: [],
      ranges: [{ introduced: '', fixed: '1.16.0-1ubuntu1.1~18.04.4', lastAffected: '' }],
    });
    expect(
      advisory('UBUNTU-CVE-2014-9913').affected.map(({ ecosystem, pocket }) => `${ecosystem} ${pocket}`),
    ).toEqual(['ubuntu:14.04 esm', 'ubuntu:16.04 ']);
    expect(
      advisory('CVE-2024-10524').affected.map(({ ecosystem, scheme }) => `${ecosystem} ${scheme}`),
    ).toEqual(['alpine:3.21 apk', 'alpine:3.22 apk', 'debian:11 deb', 'debian:12 deb', 'debian:13 deb']);
  });

  it('are binaries for AlmaLinux, with the module stream that the summary names', () => {
    expect(advisory('ALSA-2019:2593').affected[0]).toMatchObject({
      ecosystem: 'almalinux:8',
      name: 'libecap',
      matchOn: 'binary',
      module: 'squid:4',
    });
    // Two streams in one summary: which package is of which is not said.
    expect(new Set(advisory('ALSA-2021:2583').affected.map(({ module }) => module))).toEqual(new Set(['']));
  });

  it('are the binaries that openEuler lists, each with the highest version of its files', () => {
    const { affected } = advisory('OESA-2021-1001');
    const ofLts = affected.filter(({ ecosystem }) => ecosystem === 'openeuler:20.03-LTS');
    expect(ofLts.map(({ name }) => name).sort()).toEqual([
      'dnsmasq',
      'dnsmasq-debuginfo',
      'dnsmasq-debugsource',
      'dnsmasq-help',
    ]);
    expect(ofLts[0]).toMatchObject({
      matchOn: 'binary',
      architectures: ['aarch64', 'x86_64'],
      ranges: [{ introduced: '', fixed: '2.82-5.oe1', lastAffected: '' }],
    });
  });

  it('are the binaries that SUSE lists, else its source', () => {
    const entry = (ecosystem: string, specific: object): object => ({
      package: { ecosystem, name: 'bind' },
      ranges: [{ type: 'ECOSYSTEM', events: [{ introduced: '0' }, { fixed: '9.16.43-150500.8.13.1' }] }],
      ecosystem_specific: specific,
    });
    const affected = [
      entry('SUSE:Linux Enterprise Module for Basesystem 15 SP5', {
        binaries: [{ 'bind-utils': '9.16.43-150500.8.13.1', 'python3-bind': '9.16.43-150500.8.13.2' }],
      }),
      entry('SUSE:Linux Enterprise Server 15 SP5', { binaries: [{ 'bind-utils': '9.16.43-150500.8.13.1' }] }),
      entry('openSUSE:Leap 15.5', {}),
    ];
    const item = parse({ id: 'SUSE-SU-2023:3821-1', affected });
    const found = item.kind === 'advisory' ? item.advisory.affected : [];
    expect(found.map((pkg) => `${pkg.ecosystem} ${pkg.name} ${pkg.matchOn} ${pkg.ranges[0]?.fixed}`)).toEqual(
      [
        'sles:15.5 bind-utils binary 9.16.43-150500.8.13.1',
        'sles:15.5 python3-bind binary 9.16.43-150500.8.13.2',
        'opensuse-leap:15.5 bind source 9.16.43-150500.8.13.1',
      ],
    );
  });

  it('keep a listed version that lies outside the ranges', () => {
    expect(advisory('PYSEC-2021-114').affected[0]?.versions).toEqual(['2.11.6']);
  });

  it('have names as inventories spell them', () => {
    const named = (ecosystem: string, name: string): string | undefined => {
      const item = parse({ affected: [{ package: { ecosystem, name }, versions: ['1.0'] }] });
      return item.kind === 'advisory' ? item.advisory.affected[0]?.name : undefined;
    };
    expect(named('PyPI', 'Zope.Interface__x')).toBe('zope-interface-x');
    expect(named('Packagist', 'Symfony/Http-Kernel')).toBe('symfony/http-kernel');
    expect(named('npm', '@Scope/ünïcode')).toBe('@Scope/ünïcode');
  });

  it('take the module stream that a record states', () => {
    const ranges = [{ type: 'ECOSYSTEM', events: [{ introduced: '0' }, { fixed: '1:1-1' }] }];
    const purl = 'pkg:rpm/redhat/nodejs?arch=x86_64&rpmmod=nodejs%3A18%3A8080';
    const stated = [
      { package: { ecosystem: 'Red Hat:enterprise_linux:8::appstream', name: 'nodejs', purl }, ranges },
      {
        package: { ecosystem: 'AlmaLinux:8', name: 'nodejs' },
        ranges,
        ecosystem_specific: { rpm_modularity: 'nodejs:20' },
      },
    ];
    const item = parse({ affected: stated });
    expect(item.kind === 'advisory' && item.advisory.affected.map(({ module }) => module)).toEqual([
      'nodejs:18',
      'nodejs:20',
    ]);
  });
});

describe('what a record says besides', () => {
  it('has severities from the record, its packages and its CVEs, and the worst word', () => {
    expect(advisory('BIT-tomcat-2025-24813')).toMatchObject({
      severities: [{ type: 'CVSS_V3', vector: expect.stringMatching(/^CVSS:3\.1\//) }],
      word: 'critical',
    });
    expect(advisory('USN-5614-1').severities).toEqual([
      { type: 'CVSS_V3', vector: 'CVSS:3.1/AV:L/AC:L/PR:L/UI:N/S:U/C:L/I:L/A:H' },
    ]);
    expect(advisory('USN-5614-1').word).toBe('medium');
    expect(advisory('ALSA-2021:0744').word).toBe('high');
    expect(advisory('OESA-2021-1001').word).toBe('high');
    expect(advisory('MAL-2023-1').word).toBeUndefined();
  });

  it('has times, a line for people and an address', () => {
    expect(advisory('DSA-135')).toMatchObject({
      summary: 'libapache-mod-ssl -- buffer overflow / DoS',
      published: Date.UTC(2002, 6, 2),
      url: 'https://www.debian.org/security/2002/dsa-135',
    });
    const item = parse({
      modified: '9999-99-99',
      published: '1969-01-01T00:00:00Z',
      summary: '',
      details: `\n\n${'x'.repeat(1_000)}\nsecond`,
      references: [
        { type: 'ADVISORY', url: 'javascript:alert(1)' },
        { type: 'WEB', url: 'https://example.org/a' },
      ],
    });
    expect(item).toMatchObject({
      advisory: {
        modified: undefined,
        published: undefined,
        url: 'https://example.org/a',
        summary: `${'x'.repeat(299)}…`,
      },
    });
  });
});

describe('records that break the schema', () => {
  it.each([
    [{ id: 'x'.repeat(1_000) }, 'has an id of more than 128 characters'],
    [{ id: 'a b' }, 'has blanks or control characters in its id'],
    [{ affected: [3] }, 'TEST-1 names an affected package that is no object'],
    [
      { affected: [{ package: { ecosystem: 'npm', name: '' } }] },
      'TEST-1 names an affected package without a usable name',
    ],
    [
      { affected: [{ package: { ecosystem: 'npm', name: 'x' }, versions: [3] }] },
      'TEST-1 lists a version that is no version',
    ],
  ])('are a problem with their place: %j', (over, problem) => {
    expect(parse(over)).toEqual({ kind: 'problem', where: 'here', problem });
  });

  it('are not taken for a record where they say nothing', () => {
    expect(isOsvRecord({ id: 'OESA-2021-1001', modified: '2021-01-21T11:02:32Z' })).toBe(false);
    expect(isOsvRecord({ id: 'EulerOS-SA-2016-1001', affected: "'postgresql' package(s)" })).toBe(false);
    expect(isOsvRecord([])).toBe(false);
    expect(isOsvRecord(null)).toBe(false);
  });
});
