import { describe, expect, it } from 'vitest';
import { isOsvRecord, parseOsvRecord } from '../src/advisories/feeds/osv.ts';
import { ecosystemOfRelease, greenboneToOsv } from './greenbone-to-osv.ts';

describe('greenboneToOsv', () => {
  it.each([
    ['DEB11', 'Debian:11'],
    ['UBUNTU22.04 LTS', 'Ubuntu:22.04:LTS'],
    ['UBUNTU23.10', 'Ubuntu:23.10'],
    ['CentOS7', 'CentOS:7'],
    ['AMAZON', 'Amazon:1'],
    ['EULEROS-2.0SP5', 'EulerOS:2.0SP5'],
    ['EULEROS-2.0SP9', 'EulerOS:2.0SP9(aarch64)'],
    ['EULEROS-2.0SP9-x86_64', 'EulerOS:2.0SP9(x86_64)'],
    ['EULEROSVIRT-3.0.6.0', 'EulerOS:Virtualization 3.0.6.0'],
    ['EULEROSVIRTARM64-3.0.6.0', 'EulerOS:Virtualization 3.0.6.0(aarch64)'],
    ['SLES12.0', undefined],
  ])('knows the release code %s as %s', (release, ecosystem) => {
    expect(ecosystemOfRelease(release)).toBe(ecosystem);
  });

  it('makes one OSV record of the records of one advisory, by binary package', () => {
    const record = (name: string, release: string): object => ({
      id: 'EulerOS-SA-2016-1001',
      title: 'postgresql',
      modified: '2024-02-05',
      cves: ['CVE-2016-0773'],
      cvss3_vector: 'CVSS:3.0/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H',
      cvss2_vector: null,
      url: 'https://example.org/EulerOS-SA-2016-1001',
      fixed: [{ release, package: name, fixed_version: '9.2.15-1' }],
    });
    const records = [
      record('postgresql', 'EULEROS-2.0SP1'),
      record('postgresql-libs', 'EULEROS-2.0SP1'),
      record('x', 'HPUX'),
    ];
    const { records: converted, leftOut } = greenboneToOsv(records);
    expect(converted).toHaveLength(1);
    expect(leftOut).toEqual(new Map([['HPUX', 1]]));
    const [osv] = converted;
    const item = isOsvRecord(osv) ? parseOsvRecord(osv, 'x') : undefined;
    expect(item).toMatchObject({
      kind: 'advisory',
      advisory: {
        id: 'EulerOS-SA-2016-1001',
        cves: ['CVE-2016-0773'],
        affected: [
          { ecosystem: 'euleros:2.0SP1', name: 'postgresql', matchOn: 'binary' },
          { ecosystem: 'euleros:2.0SP1', name: 'postgresql-libs', matchOn: 'binary' },
        ],
      },
    });
  });
});
