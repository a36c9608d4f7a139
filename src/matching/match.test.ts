import { describe, expect, it } from 'vitest';
import type { AffectedPackage } from '../advisories/advisory.ts';
import type { Package } from '../inventory/package.ts';
import { type Candidate, filedName, lookupNames, type VulnerabilityRef } from './candidate.ts';
import { matchPackage } from './match.ts';

function pkg(fields: Partial<Package> & Pick<Package, 'ecosystem' | 'name' | 'version'>): Package {
  return { arch: '', source: fields.name, sourceVersion: fields.version, module: '', origin: '', ...fields };
}

interface Fix {
  readonly id: string;
  readonly name: string;
  readonly fixed?: string;
  readonly introduced?: string;
  readonly lastAffected?: string;
  readonly cves?: readonly string[];
  readonly feed?: string;
  readonly vulnerabilities?: readonly VulnerabilityRef[];
  readonly affected?: Partial<AffectedPackage>;
}

function candidate(ecosystem: string, scheme: AffectedPackage['scheme'], fix: Fix): Candidate {
  return {
    feed: fix.feed ?? 'osv',
    advisoryId: fix.id,
    cves: fix.cves ?? [],
    vulnerabilities: fix.vulnerabilities ?? [{ type: 'linux_vul', id: fix.id }],
    affected: {
      ecosystem,
      name: fix.name,
      matchOn: 'binary',
      scheme,
      ranges: [
        { introduced: fix.introduced ?? '', fixed: fix.fixed ?? '', lastAffected: fix.lastAffected ?? '' },
      ],
      versions: [],
      architectures: [],
      module: '',
      pocket: '',
      ...fix.affected,
    },
  };
}

const deb = (fix: Fix) => candidate('debian:11', 'deb', fix);
const ubuntu = (fix: Fix) => candidate('ubuntu:22.04', 'deb', fix);
const rpm = (fix: Fix) => candidate('almalinux:8', 'rpm', fix);
const ids = (matches: ReturnType<typeof matchPackage>) =>
  matches.map((match) => match.vulnerabilities[0]?.id);

describe('a record by source package', () => {
  const libssl = pkg({
    ecosystem: 'debian:11',
    name: 'libssl1.1',
    version: '1.1.1k-1+b1',
    source: 'openssl',
    sourceVersion: '1.1.1k-1',
  });
  const record = deb({
    id: 'DSA-4963-1',
    name: 'openssl',
    fixed: '1.1.1k-1+deb11u1',
    affected: { matchOn: 'source' },
  });

  it('is compared with the version of the source, so that a rebuild (+b1) is not taken for the fix', () => {
    expect(matchPackage(libssl, [record])).toEqual([
      {
        vulnerabilities: [{ type: 'linux_vul', id: 'DSA-4963-1' }],
        cves: [],
        advisoryId: 'DSA-4963-1',
        feed: 'osv',
        fixedVersion: '1.1.1k-1+deb11u1',
        on: 'source',
      },
    ]);
  });

  it('also concerns a binary package of that very name, and then by the version of that', () => {
    const namesake = pkg({
      ecosystem: 'debian:11',
      name: 'openssl',
      version: '1.0',
      source: 'other',
      sourceVersion: '99',
    });
    expect(matchPackage(namesake, [record])[0]?.on).toBe('binary');
    expect(matchPackage({ ...namesake, version: '1.1.1n-0' }, [record])).toEqual([]);
  });

  it('says nothing of a package at the fixed version', () => {
    expect(matchPackage({ ...libssl, sourceVersion: '1.1.1k-1+deb11u1' }, [record])).toEqual([]);
  });
});

describe('a record by a binary package that bears the name of its source', () => {
  const systemd = deb({ id: 'U', name: 'systemd', fixed: '249.11-0ubuntu3.7' });
  const libsystemd = pkg({
    ecosystem: 'debian:11',
    name: 'libsystemd0',
    version: '249.11-0ubuntu3.6',
    source: 'systemd',
    sourceVersion: '249.11-0ubuntu3.6',
  });

  it('concerns the other packages of the source, unless the advisory names them too', () => {
    expect(ids(matchPackage(libsystemd, [systemd]))).toEqual(['U']);
    const own = deb({ id: 'U', name: 'libsystemd0', fixed: '249.11-0ubuntu3.5' });
    expect(matchPackage(libsystemd, [systemd, own])).toEqual([]);
    const fixed = { version: '249.11-0ubuntu3.7', sourceVersion: '249.11-0ubuntu3.7' };
    expect(matchPackage({ ...libsystemd, ...fixed }, [systemd])).toEqual([]);
  });

  it('says nothing of packages that are numbered otherwise than their source, or of kernels', () => {
    expect(matchPackage({ ...libsystemd, version: '250.4-1~bpo11+1' }, [systemd])).toEqual([]);
    const meta = deb({ id: 'U', name: 'linux-aws', fixed: '5.15.0.1031.29' });
    const modules = { name: 'linux-modules-5.15.0-1030-aws', version: '5.15.0-1030.34', source: 'linux-aws' };
    const kernel = pkg({ ecosystem: 'debian:11', ...modules, sourceVersion: '5.15.0-1030.34' });
    expect(matchPackage(kernel, [meta])).toEqual([]);
  });
});

describe('kernel images of Debian and Ubuntu', () => {
  const image = pkg({
    ecosystem: 'ubuntu:22.04',
    name: 'linux-image-5.15.0-69-generic',
    version: '5.15.0-69.76',
    source: 'linux-signed',
    sourceVersion: '5.15.0-69.76',
  });
  const record = ubuntu({ id: 'USN-6025-1', name: 'linux-image-5.15.0-70-generic', fixed: '5.15.0-70.77' });

  it('are found by a record that names the build which fixes them', () => {
    expect(lookupNames(image)).toContain(filedName(record.affected));
    expect(ids(matchPackage(image, [record]))).toEqual(['USN-6025-1']);
  });

  it('are not matched by records of another upstream line or flavour', () => {
    const hwe = ubuntu({ id: 'USN-6033-1', name: 'linux-image-5.19.0-40-generic', fixed: '5.19.0-40.41' });
    const cloud = ubuntu({ id: 'USN-6040-1', name: 'linux-image-5.15.0-1034-aws', fixed: '5.15.0-1034.38' });
    expect(lookupNames(image)).not.toContain(filedName(hwe.affected));
    expect(matchPackage(image, [hwe, cloud])).toEqual([]);
  });

  it('of a signed Debian source are compared by the version of the kernel, not of the signing package', () => {
    const signed = pkg({
      ecosystem: 'debian:11',
      name: 'linux-image-5.10.0-8-amd64',
      version: '5.10.46-4',
      source: 'linux-signed-amd64',
      sourceVersion: '5.10.46+4',
    });
    const linux = (fixed: string) =>
      deb({ id: `DSA-${fixed}`, name: 'linux', fixed, affected: { matchOn: 'source' } });
    expect(lookupNames(signed)).toContain('linux');
    expect(ids(matchPackage(signed, [linux('5.10.46-4'), linux('5.10.46-5')]))).toEqual(['DSA-5.10.46-5']);
  });

  it('are found again when a record about them changes, by the name that it is filed under', () => {
    const image = (name: string, source: string) =>
      lookupNames(pkg({ ecosystem: 'debian:11', name, version: '1', source }));
    expect(image('linux-image-5.15.0-69-generic', 'linux-signed')).toContain('linux-image-5.15.0-*-generic');
    expect(image('linux-image-5.10.0-8-amd64', 'linux-signed-amd64')).toContain('linux');
    expect(image('openssl', 'openssl')).toEqual(['openssl']);
    expect(image('a_b', 'a_b')).toEqual(['a_b']);
  });
});

describe('architectures', () => {
  it('are told apart, under the names of dpkg and of rpm alike', () => {
    const record = rpm({ id: 'A', name: 'zlib', fixed: '2-1', affected: { architectures: ['x86_64'] } });
    const zlib = (arch: string) => pkg({ ecosystem: 'almalinux:8', name: 'zlib', version: '1-1', arch });
    const matched = ['x86_64', 'amd64', 'noarch', '', 'aarch64', 'arm64'].filter(
      (arch) => matchPackage(zlib(arch), [record]).length > 0,
    );
    expect(matched).toEqual(['x86_64', 'amd64', 'noarch', '']);
  });
});

describe('module streams', () => {
  const postgres = (fields: Partial<Package>) =>
    pkg({
      ecosystem: 'almalinux:8',
      name: 'postgresql',
      version: '9.6.20-1.module_el8.3.0+2000+aaaaaaaa',
      ...fields,
    });

  it('keep a record of one stream from packages of another', () => {
    const record = rpm({
      id: 'ALSA-2022:4805',
      name: 'postgresql',
      fixed: '10.21-2.module_el8.6.0+2901+a6abf8d9',
      affected: { module: 'postgresql:10' },
    });
    expect(matchPackage(postgres({ module: 'postgresql:9.6' }), [record])).toEqual([]);
    expect(ids(matchPackage(postgres({ module: 'postgresql:10:8060020220523:ad008a3a' }), [record]))).toEqual(
      ['ALSA-2022:4805'],
    );
  });

  it('rule out, without a label, those whose number the version does not carry', () => {
    const of = (stream: string, fixed: string): Candidate =>
      rpm({ id: stream, name: 'nodejs', fixed, affected: { module: `nodejs:${stream}` } });
    const records = [
      of('14', '1:14.21.1-2.module_el8.7.0+3370+fd0d8e1b'),
      of('16', '1:16.18.1-3.module_el8.7.0+3370+fd0d8e1b'),
      of('1', '1:1.9-1.module_el8.7.0+3370+fd0d8e1b'),
    ];
    const node = { name: 'nodejs', version: '1:14.20.0-2.module+el8.6.0+16231+7c1b33d9' };
    expect(ids(matchPackage(pkg({ ...node, ecosystem: 'almalinux:8' }), records))).toEqual(['14']);
    // npm is not numbered by the stream: it may be of any.
    const npm = rpm({
      id: 'npm',
      name: 'npm',
      fixed: '1:8.19.2-1.16.18.1.3.module_el8.7.0+1+a',
      affected: { module: 'nodejs:16' },
    });
    const installed = { name: 'npm', version: '1:6.14.17-1.14.20.0.2.module+el8.6.0+16231+7c1b33d9' };
    expect(ids(matchPackage(pkg({ ...installed, ecosystem: 'almalinux:8' }), [npm]))).toEqual(['npm']);
  });

  it('keep module builds and ordinary builds apart, both ways', () => {
    const ordinary = rpm({ id: 'A', name: 'postgresql', fixed: '99-1.el8' });
    const built = rpm({ id: 'B', name: 'postgresql', fixed: '99-1.module_el8.6.0+1+a' });
    expect(ids(matchPackage(postgres({}), [ordinary, built]))).toEqual(['B']);
    expect(ids(matchPackage(postgres({ version: '9.2.24-7.el8' }), [ordinary, built]))).toEqual(['A']);
  });

  it('count a package at any rebuild of the same fix as fixed (ALSA-2021:2360 lists three)', () => {
    const rebuilds = ['el8.4.0+2492+beebcf7e', 'el8.4.0+2479+beebcf7e', 'el8.5.0+58+52470387'].map((build) =>
      rpm({ id: 'ALSA-2021:2360', name: 'postgresql', fixed: `9.6.22-1.module_${build}` }),
    );
    expect(matchPackage(postgres({ version: '9.6.22-1.module_el8.4.0+2479+beebcf7e' }), rebuilds)).toEqual(
      [],
    );
    expect(matchPackage(postgres({}), rebuilds).map((match) => match.fixedVersion)).toEqual([
      '9.6.22-1.module_el8.4.0+2479+beebcf7e',
    ]);
  });
});

describe('one fix that an advisory lists for several builds', () => {
  it('is there from any of them on (ALBA-2020:4718, DSA-3592-1)', () => {
    const aide = ['0.16-14.el8_5.1', '0.16-14.el8'].map((fixed) =>
      rpm({ id: 'ALBA-2020:4718', name: 'aide', fixed }),
    );
    const nginx = ['1.6.2-5+deb8u2', '1.6.2-5+deb8u2+b1'].map((fixed) =>
      deb({ id: 'DSA-3592-1', name: 'nginx', fixed }),
    );
    const installed = (version: string) => pkg({ ecosystem: 'almalinux:8', name: 'aide', version });
    expect(matchPackage(installed('0.16-14.el8'), aide)).toEqual([]);
    expect(matchPackage(installed('0.16-13.el8'), aide)[0]?.fixedVersion).toBe('0.16-14.el8');
    expect(
      matchPackage(pkg({ ecosystem: 'debian:11', name: 'nginx', version: '1.6.2-5+deb8u2' }), nginx),
    ).toEqual([]);
  });

  it('is not taken for the fix of another line in the same advisory (EulerOS-SA-2019-1185)', () => {
    const fixes = ['1.0.2k-12.h3', '1.0.2k-16.h3'].map((fixed) =>
      rpm({ id: 'EulerOS-SA-2019-1185', name: 'openssl-libs', fixed }),
    );
    const installed = pkg({ ecosystem: 'almalinux:8', name: 'openssl-libs', version: '1.0.2k-16.h1' });
    expect(matchPackage(installed, fixes)[0]?.fixedVersion).toBe('1.0.2k-16.h3');
  });
});

describe('epochs that one side leaves out', () => {
  const bind = (version: string) => pkg({ ecosystem: 'almalinux:8', name: 'bind', version });

  it('are left out on both where the feed never writes them for the package', () => {
    const record = rpm({ id: 'E', name: 'bind', fixed: '9.11.36-8.el8' });
    expect(ids(matchPackage(bind('32:9.11.36-5.el8'), [record]))).toEqual(['E']);
    expect(matchPackage(bind('32:9.11.36-8.el8'), [record])).toEqual([]);
  });

  it('are left out on both where the inventory has none and the feed always writes one', () => {
    const record = rpm({ id: 'E', name: 'bind', fixed: '32:9.11.36-8.el8' });
    expect(matchPackage(bind('9.11.36-9.el8'), [record])).toEqual([]);
    expect(ids(matchPackage(bind('9.11.36-5.el8'), [record]))).toEqual(['E']);
  });

  it('count as 0 where the feed writes them for some versions of the package only', () => {
    const old = rpm({ id: 'OLD', name: 'bind', fixed: '9.99-1.el8' });
    const current = rpm({ id: 'NEW', name: 'bind', fixed: '32:9.11.36-8.el8' });
    expect(ids(matchPackage(bind('32:9.11.36-5.el8'), [old, current]))).toEqual(['NEW']);
  });
});

describe('what one vulnerability says through several records', () => {
  const app = (version: string) => pkg({ ecosystem: 'PyPI', name: 'django', version });
  const vulnerabilities: readonly VulnerabilityRef[] = [{ type: 'app_vul', id: 'HCVD-APP-CVE-2024-45230' }];

  it('is one match with the CVEs united and the lowest fix above the installed version', () => {
    const one = candidate('PyPI', 'pypi', {
      id: 'PYSEC-2024-102',
      name: 'django',
      introduced: '4.2',
      fixed: '4.2.16',
      cves: ['CVE-2024-45230'],
      vulnerabilities,
    });
    const two = candidate('PyPI', 'pypi', {
      id: 'GHSA-5hgc-2vfp-mqvc',
      name: 'django',
      fixed: '5.0.9',
      cves: ['CVE-2024-45230'],
      vulnerabilities,
    });
    expect(matchPackage(app('4.2.1'), [two, one])).toEqual([
      {
        vulnerabilities,
        cves: ['CVE-2024-45230'],
        advisoryId: 'PYSEC-2024-102',
        feed: 'osv',
        fixedVersion: '4.2.16',
        on: 'binary',
      },
    ]);
  });

  it('is found by a list of versions too, spelled in any equal way', () => {
    const listed = candidate('PyPI', 'pypi', {
      id: 'PYSEC-1',
      name: 'django',
      affected: { ranges: [], versions: ['1.0', '1.1'] },
    });
    expect(matchPackage(app('1.0.0'), [listed])[0]?.fixedVersion).toBeUndefined();
    expect(matchPackage(app('1.0.0'), [listed])).toHaveLength(1);
    expect(matchPackage(app('1.2'), [listed])).toEqual([]);
  });

  it('is kept and marked where no fix is known, and ends with the last affected version', () => {
    const open = deb({ id: 'CVE-2020-0001', name: 'bash' });
    const last = deb({ id: 'CVE-2020-0002', name: 'bash', lastAffected: '5.0-1' });
    const bash = (version: string) => pkg({ ecosystem: 'debian:11', name: 'bash', version });
    expect(matchPackage(bash('5.0-1'), [open, last]).map((match) => match.fixedVersion)).toEqual([
      undefined,
      undefined,
    ]);
    expect(ids(matchPackage(bash('5.0-2'), [open, last]))).toEqual(['CVE-2020-0001']);
  });
});

describe('folding', () => {
  const bash = pkg({ ecosystem: 'debian:11', name: 'bash', version: '5.0-1' });
  const cve = 'CVE-2022-3715';

  it('puts a CVE record into the advisory of the vendor that covers it', () => {
    const advisory = deb({ id: 'DSA-1-1', name: 'bash', fixed: '5.0-2', cves: [cve] });
    const record = deb({ id: cve, name: 'bash', fixed: '5.0-2', cves: [cve] });
    const other = deb({ id: 'CVE-2022-9999', name: 'bash', fixed: '5.0-3', cves: ['CVE-2022-9999'] });
    expect(ids(matchPackage(bash, [record, advisory, other]))).toEqual(['DSA-1-1', 'CVE-2022-9999']);
  });

  it('keeps the one that has a fix', () => {
    const advisory = deb({ id: 'DSA-1-1', name: 'bash', cves: [cve] });
    const record = deb({ id: cve, name: 'bash', fixed: '5.0-2', cves: [cve] });
    expect(ids(matchPackage(bash, [advisory, record]))).toEqual([cve]);
  });

  it('keeps two advisories of the vendor apart even where they share a CVE', () => {
    const first = deb({ id: 'DSA-1-1', name: 'bash', fixed: '5.0-2', cves: [cve] });
    const second = deb({ id: 'DSA-1-2', name: 'bash', fixed: '5.0-3', cves: [cve] });
    expect(ids(matchPackage(bash, [first, second]))).toEqual(['DSA-1-1', 'DSA-1-2']);
  });
});

describe('emergency vulnerabilities', () => {
  it('ride on the match whose CVE is known to be exploited, with or without a fix', () => {
    const log4j = pkg({ ecosystem: 'Maven', name: 'org.apache.logging.log4j:log4j-core', version: '2.14.1' });
    const record = candidate('Maven', 'maven', {
      id: 'GHSA-jfh8-c2jp-5v3q',
      name: log4j.name,
      fixed: '2.15.0',
      cves: ['CVE-2021-44228'],
      vulnerabilities: [{ type: 'app_vul', id: 'HCVD-APP-CVE-2021-44228' }],
    });
    const exploited = new Set(['CVE-2021-44228']);
    expect(matchPackage(log4j, [record], exploited)[0]?.vulnerabilities).toEqual([
      { type: 'app_vul', id: 'HCVD-APP-CVE-2021-44228' },
      { type: 'urgent_vul', id: 'URGENT-CVE-2021-44228' },
    ]);
    const unfixed = {
      ...record,
      affected: { ...record.affected, ranges: [{ introduced: '', fixed: '', lastAffected: '' }] },
    };
    expect(matchPackage(log4j, [unfixed], exploited)[0]?.vulnerabilities).toHaveLength(2);
    expect(matchPackage({ ...log4j, version: '2.17.1' }, [record], exploited)).toEqual([]);
  });
});
