import { expect, it } from 'vitest';
import { AdvisoryLibrary, itemsOfOsv } from './library.ts';
import { trivyDbToOsv } from './trivy-db-to-osv.ts';

const DB = `
- bucket: debian 10
  pairs:
    - bucket: bash
      pairs:
        - key: CVE-2019-18276
          value:
            Severity: 1
    - bucket: libidn2
      pairs:
        - key: CVE-2019-18224
          value:
            FixedVersion: 2.0.5-1+deb10u1
- bucket: "go::GitHub Security Advisory Go"
  pairs:
    - bucket: github.com/docker/distribution
      pairs:
        - key: GMS-2022-20
          value:
            VulnerableVersions:
              - ">= v2.0.0, < v2.8.0"
              - "[1.0.0,1.5.0]"
- bucket: Red Hat
  pairs:
    - bucket: openssl-libs
      pairs:
        - key: RHSA-2019:2304
          value:
            Entries:
              - Affected: [859]
                Cves:
                  - ID: CVE-2018-0734
                FixedVersion: 1:1.0.2k-19.el7
        - key: CVE-2020-1
          value:
            Entries:
              - Affected: [859]
- bucket: Plan 9 4
  pairs:
    - bucket: rc
      pairs:
        - key: CVE-2000-1
          value: {}
`;

it('turns fixes, unfixed vulnerabilities and ranges into OSV, and counts the rest', async () => {
  const { records, leftOut } = trivyDbToOsv(DB);
  expect([...leftOut.values()]).toEqual([1, 1]);
  const library = await AdvisoryLibrary.of(itemsOfOsv(records));
  expect([...library.ecosystems()].sort()).toEqual(['Go', 'centos:7', 'debian:10', 'rhel:7']);
  const rangesOf = (ecosystem: string, name: string): unknown =>
    library
      .recordsOf(ecosystem)
      .get(name)
      ?.map(({ cves, affected }) => [cves, affected.ranges]);
  expect(rangesOf('debian:10', 'bash')).toEqual([
    [['CVE-2019-18276'], [{ introduced: '', fixed: '', lastAffected: '' }]],
  ]);
  expect(rangesOf('debian:10', 'libidn2')).toEqual([
    [['CVE-2019-18224'], [{ introduced: '', fixed: '2.0.5-1+deb10u1', lastAffected: '' }]],
  ]);
  expect(rangesOf('centos:7', 'openssl-libs')).toEqual([
    [['CVE-2018-0734'], [{ introduced: '', fixed: '1:1.0.2k-19.el7', lastAffected: '' }]],
  ]);
  expect(rangesOf('Go', 'github.com/docker/distribution')).toEqual([
    [
      [],
      [
        { introduced: '2.0.0', fixed: '2.8.0', lastAffected: '' },
        { introduced: '1.0.0', fixed: '', lastAffected: '1.5.0' },
      ],
    ],
  ]);
});
