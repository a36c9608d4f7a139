import { describe, expect, it } from 'vitest';
import type { AffectedPackage } from '../../advisories/advisory.ts';
import type { Package } from '../../inventory/package.ts';
import type { Candidate } from '../candidate.ts';
import { matchPackage } from '../match.ts';

interface Fix {
  readonly id: string;
  readonly name: string;
  /** Empty: no fix is known. */
  readonly fixed: string;
  readonly affected?: Partial<AffectedPackage>;
}

function candidate(ecosystem: string, scheme: AffectedPackage['scheme'], fix: Fix): Candidate {
  return {
    feed: 'osv',
    advisoryId: fix.id,
    cves: [],
    vulnerabilities: [{ type: 'linux_vul', id: fix.id }],
    affected: {
      ecosystem,
      name: fix.name,
      matchOn: 'binary',
      scheme,
      ranges: [{ introduced: '', fixed: fix.fixed, lastAffected: '' }],
      versions: [],
      architectures: [],
      module: '',
      pocket: '',
      ...fix.affected,
    },
  };
}

function pkg(fields: Pick<Package, 'ecosystem' | 'name' | 'version'>): Package {
  return { arch: '', source: fields.name, sourceVersion: fields.version, module: '', origin: '', ...fields };
}

const ubuntu = (fix: Fix) => candidate('ubuntu:22.04', 'deb', fix);
const ids = (matches: ReturnType<typeof matchPackage>) =>
  matches.map((match) => match.vulnerabilities[0]?.id);

describe('pockets', () => {
  const curl = (version: string) => pkg({ ecosystem: 'ubuntu:22.04', name: 'curl', version });

  it('compare FIPS builds only with FIPS fixes', () => {
    const fips = ubuntu({ id: 'F', name: 'curl', fixed: '7.81.0-1ubuntu1.fips.9' });
    const ordinary = ubuntu({ id: 'O', name: 'curl', fixed: '7.81.0-1ubuntu1.10' });
    expect(ids(matchPackage(curl('7.81.0-1ubuntu1.8'), [fips, ordinary]))).toEqual(['O']);
    expect(ids(matchPackage(curl('7.81.0-1ubuntu1.fips.8'), [fips, ordinary]))).toEqual(['F']);
  });

  it('count an ESM fix for a package that is older and has no ESM build', () => {
    const esm = ubuntu({
      id: 'USN-5181-1',
      name: 'curl',
      fixed: '7.81.0-1ubuntu1+esm1',
      affected: { pocket: 'esm' },
    });
    expect(ids(matchPackage(curl('7.81.0-1'), [esm]))).toEqual(['USN-5181-1']);
  });

  it('let a package with an ESM build answer to the ESM fix where the advisory gives both', () => {
    const esm = ubuntu({ id: 'U', name: 'curl', fixed: '7.81.0-1ubuntu0.1~esm2' });
    const ordinary = ubuntu({ id: 'U', name: 'curl', fixed: '7.81.0-1ubuntu0.2' });
    expect(matchPackage(curl('7.81.0-1ubuntu0.1~esm2'), [esm, ordinary])).toEqual([]);
    expect(matchPackage(curl('7.81.0-1ubuntu0.1~esm1'), [esm, ordinary])[0]?.fixedVersion).toBe(
      '7.81.0-1ubuntu0.1~esm2',
    );
    expect(matchPackage(curl('7.81.0-1'), [esm, ordinary])[0]?.fixedVersion).toBe('7.81.0-1ubuntu0.2');
  });

  it('let an ESM fix count where the advisory says that the ordinary line has none', () => {
    const esm = ubuntu({
      id: 'U',
      name: 'curl',
      fixed: '7.81.0-1ubuntu0.20+esm1',
      affected: { pocket: 'esm' },
    });
    const ordinary = ubuntu({ id: 'U', name: 'curl', fixed: '' });
    expect(matchPackage(curl('7.81.0-1ubuntu0.20+esm1'), [ordinary, esm])).toEqual([]);
    expect(matchPackage(curl('7.81.0-1ubuntu0.20'), [ordinary, esm])[0]?.fixedVersion).toBe(
      '7.81.0-1ubuntu0.20+esm1',
    );
    // An ESM build of something else does not have it.
    expect(ids(matchPackage(curl('7.81.0-1ubuntu0.20+esm1'), [ordinary]))).toEqual(['U']);
  });
});
