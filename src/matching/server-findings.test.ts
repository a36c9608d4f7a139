import { describe, expect, it } from 'vitest';
import type { Package } from '../inventory/package.ts';
import type { PackageMatch } from './match.ts';
import { presentMatches } from './server-findings.ts';

function pkg(name: string, version: string, source = name): Package {
  return {
    ecosystem: 'ubuntu:22.04',
    name,
    version,
    arch: '',
    source,
    sourceVersion: version,
    module: '',
    origin: '',
  };
}

function match(id: string, fields: Partial<PackageMatch> = {}): PackageMatch {
  return {
    vulnerabilities: [{ type: 'linux_vul', id }],
    cves: [],
    advisoryId: id,
    feed: 'osv',
    fixedVersion: '2',
    on: 'binary',
    ...fields,
  };
}

const idsOf = (present: ReturnType<typeof presentMatches>) =>
  present.map(({ pkg: { name }, vulnerability, restartPending }) => [name, vulnerability.id, restartPending]);

describe('what is present on a server', () => {
  it('is what its packages match, each emergency vulnerability beside its own', () => {
    const urgent = match('USN-1-1', {
      vulnerabilities: [
        { type: 'linux_vul', id: 'USN-1-1' },
        { type: 'urgent_vul', id: 'URGENT-CVE-2024-0001' },
      ],
    });
    expect(idsOf(presentMatches([{ pkg: pkg('bash', '1'), matches: [urgent] }], undefined))).toEqual([
      ['bash', 'USN-1-1', false],
      ['bash', 'URGENT-CVE-2024-0001', false],
    ]);
  });

  it('leaves out kernels that do not run and marks what a restart fixes', () => {
    const packages = [
      {
        pkg: pkg('linux-image-5.15.0-60-generic', '5.15.0-60.66', 'linux-signed'),
        matches: [match('USN-0-1')],
      },
      {
        pkg: pkg('linux-image-5.15.0-69-generic', '5.15.0-69.76', 'linux-signed'),
        matches: [match('USN-1-1'), match('USN-2-1')],
      },
      {
        pkg: pkg('linux-image-5.15.0-71-generic', '5.15.0-71.78', 'linux-signed'),
        matches: [match('USN-2-1')],
      },
      { pkg: pkg('linux-libc-dev', '5.15.0-60.66', 'linux'), matches: [match('USN-0-1')] },
    ];
    expect(idsOf(presentMatches(packages, { release: '5.15.0-69-generic', version: '' }))).toEqual([
      ['linux-image-5.15.0-69-generic', 'USN-1-1', true],
      ['linux-image-5.15.0-69-generic', 'USN-2-1', false],
    ]);
  });

  it('keeps a CVE record beside an advisory that covers it on another package of the same source', () => {
    const cve = 'CVE-2024-0001';
    const packages = [
      { pkg: pkg('libssl3', '1', 'openssl'), matches: [match('USN-1-1', { cves: [cve] })] },
      { pkg: pkg('openssl', '1', 'openssl'), matches: [match(cve, { cves: [cve] })] },
    ];
    expect(idsOf(presentMatches(packages, undefined))).toEqual([
      ['libssl3', 'USN-1-1', false],
      ['openssl', cve, false],
    ]);
  });
});
