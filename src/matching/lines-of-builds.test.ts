import { describe, expect, it } from 'vitest';
import type { AffectedPackage } from '../advisories/advisory.ts';
import type { Package } from '../inventory/package.ts';
import type { Candidate } from './candidate.ts';
import { explainPackage } from './explain.ts';
import { matchPackage } from './match.ts';

function kernel(version: string, origin = ''): Package {
  const name = 'kernel';
  return {
    ecosystem: 'rhel:8',
    name,
    version,
    arch: 'x86_64',
    source: name,
    sourceVersion: version,
    module: '',
    origin,
  };
}

function record(
  id: string,
  fixed: string,
  over: Partial<AffectedPackage> = {},
  cves = ['CVE-2023-1'],
): Candidate {
  return {
    feed: 'csaf',
    advisoryId: id,
    cves,
    vulnerabilities: [{ type: 'linux_vul', id }],
    affected: {
      ecosystem: 'rhel:8',
      name: 'kernel',
      matchOn: 'binary',
      scheme: 'rpm',
      ranges: [{ introduced: '', fixed, lastAffected: '' }],
      versions: [],
      architectures: [],
      module: '',
      pocket: '',
      ...over,
    },
  };
}

const ordinary = record('RHSA-2023:1', '4.18.0-477.1.1.el8_8');
const extended = record('RHSA-2023:2', '4.18.0-372.75.1.el8_6', { pocket: 'eus' });
const idsOf = (pkg: Package, records: readonly Candidate[]) =>
  matchPackage(pkg, records).map(({ advisoryId }) => advisoryId);

describe('an extended minor release', () => {
  it('is compared with fixes of its own line alone', () => {
    expect(idsOf(kernel('4.18.0-372.9.1.el8_6'), [extended])).toEqual(['RHSA-2023:2']);
    expect(idsOf(kernel('4.18.0-372.75.1.el8_6'), [extended])).toEqual([]);
    expect(idsOf(kernel('4.18.0-305.1.1.el8_4'), [extended])).toEqual([]);
    expect(idsOf(kernel('4.18.0-80.el8'), [extended])).toEqual([]);
  });

  it('does not miss the ordinary line’s build where its own line has the fix', () => {
    expect(idsOf(kernel('4.18.0-372.75.1.el8_6'), [ordinary, extended])).toEqual([]);
    expect(idsOf(kernel('4.18.0-372.9.1.el8_6'), [ordinary, extended])).toEqual([
      'RHSA-2023:1',
      'RHSA-2023:2',
    ]);
    // The line's fix is for another problem.
    const other = record('RHSA-2023:3', '4.18.0-372.75.1.el8_6', { pocket: 'eus' }, ['CVE-2023-2']);
    expect(idsOf(kernel('4.18.0-372.75.1.el8_6'), [ordinary, other])).toEqual(['RHSA-2023:1']);
  });
});

describe('a package of another builder', () => {
  it('is not compared, and the explanation says whose it is', () => {
    const pkg = kernel('4.18.0-1.el8', 'ELRepo.org');
    expect(idsOf(pkg, [ordinary])).toEqual([]);
    const [verdict] = explainPackage(pkg, [ordinary]).records;
    expect(verdict).toMatchObject({ decision: 'not-applicable', rule: 'origin' });
    expect(verdict?.reason).toContain('ELRepo.org');
  });
});

describe('a line of versions beside the ordinary one', () => {
  it('is compared from its own beginning', () => {
    const extra = record('ALAS2KERNEL-5.15-2022-001', '5.15.43-20.123.amzn2', {
      ranges: [{ introduced: '5.15', fixed: '5.15.43-20.123.amzn2', lastAffected: '' }],
    });
    expect(idsOf(kernel('4.14.281-212.502.amzn2'), [extra])).toEqual([]);
    expect(idsOf(kernel('5.15.28-16.112.amzn2'), [extra])).toEqual(['ALAS2KERNEL-5.15-2022-001']);
  });
});
