import { describe, expect, it } from 'vitest';
import type { AffectedPackage } from '../advisories/advisory.ts';
import type { Package } from '../inventory/package.ts';
import type { Candidate } from './candidate.ts';
import { explainPackage } from './explain.ts';

const LIBSSL: Package = {
  ecosystem: 'debian:11',
  name: 'libssl1.1',
  version: '1.1.1k-1+b1',
  arch: 'amd64',
  source: 'openssl',
  sourceVersion: '1.1.1k-1',
  module: '',
  origin: '',
};

function candidate(
  id: string,
  fixed: string,
  fields: Partial<AffectedPackage> = {},
  cves: readonly string[] = [],
): Candidate {
  return {
    feed: 'debian-dsa',
    advisoryId: id,
    cves,
    vulnerabilities: [{ type: 'linux_vul', id }],
    affected: {
      ecosystem: 'debian:11',
      name: 'openssl',
      matchOn: 'source',
      scheme: 'deb',
      ranges: [{ introduced: '', fixed, lastAffected: '' }],
      versions: [],
      architectures: [],
      module: '',
      pocket: '',
      ...fields,
    },
  };
}

describe('why a package has a vulnerability', () => {
  it('names record, feed, both versions, whose version was compared, and the rule', () => {
    const verdict = explainPackage(
      LIBSSL,
      [candidate('DSA-4963-1', '1.1.1k-1+deb11u1', {}, ['CVE-2021-3711'])],
      'CVE-2021-3711',
    );
    expect(verdict).toMatchObject({
      decision: 'affected',
      fixed_version: '1.1.1k-1+deb11u1',
      about: 'CVE-2021-3711',
    });
    expect(verdict.records).toEqual([
      {
        feed: 'debian-dsa',
        advisory_id: 'DSA-4963-1',
        vulnerabilities: [{ type: 'linux_vul', id: 'DSA-4963-1' }],
        cves: ['CVE-2021-3711'],
        decision: 'affected',
        rule: 'version-range',
        comparison: '1.1.1k-1 < 1.1.1k-1+deb11u1 (deb)',
        installed_version: '1.1.1k-1',
        fixed_version: '1.1.1k-1+deb11u1',
        compared: 'source',
        notice: null,
        reason:
          'libssl1.1 1.1.1k-1+b1 (source 1.1.1k-1) is older than 1.1.1k-1+deb11u1, which fixes DSA-4963-1.',
      },
    ]);
  });

  it('names the places of an application, and reads a bound just past a version as that version', () => {
    const plugin = {
      ...LIBSSL,
      ecosystem: 'WordPress',
      name: 'plugin/gallery',
      source: 'plugin/gallery',
      paths: ['/srv/a', '/srv/b'],
    };
    const notice = { text: 'Copyright the publisher', url: 'https://publisher.example/1' };
    const ranges = [{ introduced: '', fixed: '>1.1.1', lastAffected: '' }];
    const base = candidate('WF-1', '', {
      ecosystem: 'WordPress',
      name: 'plugin/gallery',
      scheme: 'wordpress',
      matchOn: 'binary',
      ranges,
    });
    const of = (version: string) => explainPackage({ ...plugin, version }, [{ ...base, notice }]);
    expect(of('1.1')).toMatchObject({
      package: { paths: ['/srv/a', '/srv/b'] },
      reason:
        'plugin/gallery 1.1 is not later than 1.1.1, the last version that WF-1 names. Found at /srv/a and /srv/b.',
      records: [{ comparison: '1.1 <= 1.1.1 (wordpress)', fixed_version: '>1.1.1', notice }],
    });
    expect(of('1.2').records[0]).toMatchObject({
      decision: 'not-affected',
      comparison: '1.2 outside the range up to 1.1.1 (wordpress)',
      reason: 'plugin/gallery 1.2 is outside the versions of WF-1, which any version after 1.1.1 fixes.',
    });
  });

  it('says that no fix is known', () => {
    const verdict = explainPackage(LIBSSL, [candidate('CVE-2030-0001', '')]);
    expect(verdict).toMatchObject({ decision: 'affected', fixed_version: null });
    expect(verdict.reason).toContain('no fixed version is known');
  });
});

describe('why a package does not have a vulnerability', () => {
  it('gives the comparison too', () => {
    const verdict = explainPackage(LIBSSL, [candidate('DSA-1-1', '1.1.1j-1')], 'DSA-1-1');
    expect(verdict.decision).toBe('not-affected');
    expect(verdict.records[0]).toMatchObject({
      decision: 'not-affected',
      rule: 'version-range',
      comparison: '1.1.1k-1 outside the range to before 1.1.1j-1 (deb)',
      installed_version: '1.1.1k-1',
      fixed_version: '1.1.1j-1',
    });
  });

  it('tells a record that is not about the package from one whose versions are past', () => {
    const records = [
      candidate('DSA-2-1', '9', { architectures: ['arm64'] }),
      candidate('DSA-3-1', '9', { name: 'gnutls' }),
      candidate('DSA-4-1', '1.1.1l.fips.1'),
    ];
    const verdict = explainPackage(LIBSSL, records);
    expect(verdict.decision).toBe('not-affected');
    expect(verdict.records.map(({ decision, rule }) => [decision, rule])).toEqual([
      ['not-applicable', 'architecture'],
      ['not-applicable', 'package-name'],
      ['not-applicable', 'pocket'],
    ]);
    expect(verdict.records.every(({ reason }) => reason.endsWith('.'))).toBe(true);
  });

  it('names the advisory a CVE record was folded into', () => {
    const cve = 'CVE-2021-3711';
    const verdict = explainPackage(
      LIBSSL,
      [candidate(cve, '9', {}, [cve]), candidate('DSA-4963-1', '9', {}, [cve])],
      cve,
    );
    expect(verdict.records.map(({ advisory_id, decision }) => [advisory_id, decision])).toEqual([
      [cve, 'folded'],
      ['DSA-4963-1', 'affected'],
    ]);
    expect(verdict.records[0]?.reason).toContain('listed under that');
  });

  it('is unknown where no record speaks of it', () => {
    expect(explainPackage(LIBSSL, [candidate('DSA-1-1', '9')], 'CVE-2020-9999')).toMatchObject({
      decision: 'unknown',
      records: [],
    });
    expect(explainPackage(LIBSSL, []).reason).toBe(
      'No record names libssl1.1 (or its source openssl) in debian:11.',
    );
  });

  it('finds a vulnerability under each of its names', () => {
    const cve = 'CVE-2021-3711';
    const records = [candidate('DSA-4963-1', '9', {}, [cve])];
    for (const about of [cve, 'DSA-4963-1', `URGENT-${cve}`]) {
      expect(explainPackage(LIBSSL, records, about).decision).toBe('affected');
    }
  });
});
