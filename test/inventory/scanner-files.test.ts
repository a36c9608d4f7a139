import { describe, expect, it } from 'vitest';
import { codeOf, parseFixture, parseValue, short } from './parse-fixture.ts';

describe('Trivy', () => {
  it.each([
    ['alpine-310', 'alpine:3.10', 7],
    ['amazon-2', 'amazon:2', 9],
    ['debian-buster', 'debian:10', 9],
    ['ubi-7', 'rhel:7', 9],
    ['ubuntu-18.04', 'ubuntu:18.04', 5],
  ])('reads a bare list of packages: %s', (name, system, count) => {
    const inventory = parseFixture(`trivy-packages-${name}.json`, { system });
    expect(inventory.packages).toHaveLength(count);
    expect(inventory.problems).toEqual([]);
  });

  it('joins epoch, version and release of package and source', () => {
    const debian = parseFixture('trivy-packages-debian-buster.json', { system: 'debian:10' }).packages.map(
      short,
    );
    expect(debian).toContain('bsdutils|1:2.33.1-0.1|amd64|util-linux|2.33.1-0.1||');
    expect(debian).toContain('diffutils|1:3.7-3|amd64|diffutils|1:3.7-3||');
    const amazon = parseFixture('trivy-packages-amazon-2.json', { system: 'amazon:2' }).packages.map(short);
    expect(amazon).toContain(
      'findutils|1:4.5.11-5.amzn2.0.2|x86_64|findutils|1:4.5.11-5.amzn2.0.2||Amazon Linux',
    );
  });

  it('reads all packages of a report, each with its lock file', () => {
    const { packages, system } = parseFixture('trivy-npm.json');
    expect(system).toBeUndefined();
    expect(packages).toHaveLength(12);
    expect(packages.every((item) => item.ecosystem === 'npm' && item.paths[0] === 'package-lock.json')).toBe(
      true,
    );
  });

  it('takes the vulnerable packages of a report without a list of all, and says that there are more', () => {
    const report = {
      SchemaVersion: 2,
      ArtifactName: 'shop',
      Metadata: { OS: { Family: 'alma', Name: '8.5' } },
      Results: [
        {
          Target: 'shop (alma 8.5)',
          Class: 'os-pkgs',
          Type: 'alma',
          Vulnerabilities: [{ PkgName: 'openssl-libs', InstalledVersion: '1:1.1.1k-4.el8' }],
        },
      ],
    };
    const inventory = parseValue(report);
    expect(inventory.packages.map((item) => [item.ecosystem, item.version])).toEqual([
      ['almalinux:8', '1:1.1.1k-4.el8'],
    ]);
    expect(inventory.problems[0]).toContain('--list-all-pkgs');
    const withoutAny = { ...report, Results: [{ ...report.Results[0], Vulnerabilities: [] }] };
    expect(codeOf(() => parseValue(withoutAny))).toBe('inventory-empty');
  });
});

describe('Syft, Grype and Clair', () => {
  it('reads a Syft SBOM', () => {
    const inventory = parseFixture('syft-ubuntu-20.04.json');
    expect(inventory.system?.key).toBe('ubuntu:20.04');
    expect(inventory.server.name).toBe('ubuntu:20.04');
    expect(inventory.packages.map(short)).toContain(
      'gcc-10-base|10.2.0-5ubuntu1~20.04|amd64|gcc-10|10.2.0-5ubuntu1~20.04||',
    );
    expect(inventory.packages).toHaveLength(4);
  });

  it('reads the matched packages of a Grype report once each, with all their paths', () => {
    const rpm = {
      name: 'avahi-libs',
      version: '0.7-20.el8',
      type: 'rpm',
      purl: 'pkg:rpm/rhel/avahi-libs@0.7-20.el8?arch=x86_64&upstream=avahi-0.7-20.el8.src.rpm&distro=rhel-8.7',
      metadata: { epoch: null, modularityLabel: '' },
    };
    const jar = (path: string) => ({
      name: 'jackson-databind',
      version: '2.9.4',
      type: 'java-archive',
      purl: 'pkg:maven/com.fasterxml.jackson.core/jackson-databind@2.9.4',
      locations: [{ path }],
    });
    const java = { name: 'java', version: '17\u0000', type: 'binary', purl: 'pkg:generic/java@17\u0000' };
    const inventory = parseValue({
      matches: [rpm, rpm, jar('/a.jar'), jar('/b.jar'), java].map((artifact) => ({ artifact })),
      source: { type: 'image', target: { userInput: 'shop:1' } },
      distro: { name: 'redhat', version: '8.7' },
    });
    expect(inventory.server.name).toBe('shop:1');
    expect(inventory.packages.map((item) => [item.ecosystem, item.name, item.source, item.paths])).toEqual([
      ['rhel:8', 'avahi-libs', 'avahi', []],
      [
        'Maven',
        'com.fasterxml.jackson.core:jackson-databind',
        'com.fasterxml.jackson.core:jackson-databind',
        ['/a.jar', '/b.jar'],
      ],
    ]);
  });

  it('reads a Clair index report', () => {
    const inventory = parseFixture('clair-index-debian-10.json');
    expect(inventory.system).toMatchObject({ key: 'debian:10', name: 'Debian GNU/Linux 10 (buster)' });
    expect(inventory.packages).toHaveLength(8);
    expect(inventory.packages.filter((item) => item.source !== item.name).length).toBeGreaterThan(0);
  });
});

describe('Vuls', () => {
  const server = {
    jsonVersion: 4,
    serverName: 'web 1',
    serverUUID: '6d0b5a1e-0001-4000-8000-000000000001',
    family: 'alma',
    release: '8.9',
    ipv4Addrs: ['10.0.2.15', '203.0.113.9'],
    ipv6Addrs: ['fd17::15', '::1'],
    scannedAt: '2026-05-07T06:36:25.049864426Z',
    runningKernel: { release: '4.18.0-513.9.1.el8_9.x86_64', version: '', rebootRequired: false },
    packages: {
      NetworkManager: {
        name: 'NetworkManager',
        version: '1:1.40.16',
        release: '9.el8',
        newVersion: '1:1.40.16',
        newRelease: '20.el8_10',
        arch: 'x86_64',
        repository: 'baseos',
        modularitylabel: '',
      },
      'NetworkManager-libnm': {
        name: 'NetworkManager-libnm',
        version: '1:1.40.16',
        release: '9.el8',
        arch: 'x86_64',
      },
      'gpg-pubkey': { name: 'gpg-pubkey', version: 'ced7258b', release: '6525146f', arch: '(none)' },
    },
    SrcPackages: {
      NetworkManager: {
        name: 'NetworkManager',
        version: '1:1.40.16-9.el8',
        arch: 'src',
        binaryNames: ['NetworkManager-libnm', 'NetworkManager'],
      },
    },
    libraries: [
      { Type: 'npm', LockfilePath: '/app/package-lock.json', Libs: [{ Name: 'ms', Version: '2.0.0' }] },
    ],
  };

  it('reads a server whole', () => {
    expect(parseValue(server)).toEqual({
      system: {
        key: 'almalinux:8',
        family: 'almalinux',
        release: '8',
        name: 'AlmaLinux 8.9',
        osType: 'Linux',
      },
      server: {
        name: 'web 1',
        uuid: server.serverUUID,
        privateIps: ['10.0.2.15', 'fd17::15'],
        publicIp: '203.0.113.9',
      },
      runningKernel: { release: '4.18.0-513.9.1.el8_9.x86_64', version: '' },
      packages: [
        {
          ecosystem: 'almalinux:8',
          name: 'NetworkManager',
          version: '1:1.40.16-9.el8',
          arch: 'x86_64',
          source: 'NetworkManager',
          sourceVersion: '1:1.40.16-9.el8',
          module: '',
          origin: '',
          paths: [],
        },
        {
          ecosystem: 'almalinux:8',
          name: 'NetworkManager-libnm',
          version: '1:1.40.16-9.el8',
          arch: 'x86_64',
          source: 'NetworkManager',
          sourceVersion: '1:1.40.16-9.el8',
          module: '',
          origin: '',
          paths: [],
        },
        {
          ecosystem: 'npm',
          name: 'ms',
          version: '2.0.0',
          arch: '',
          source: 'ms',
          sourceVersion: '2.0.0',
          module: '',
          origin: '',
          paths: ['/app/package-lock.json'],
        },
      ],
      collectedAt: Date.parse('2026-05-07T06:36:25.049Z'),
      problems: [],
    });
  });

  it('takes a Windows server without programs, but no Linux server without packages', () => {
    const empty = { ...server, packages: {}, libraries: [] };
    const windows = parseValue({ ...empty, family: 'windows', release: 'Windows Server 2019' });
    expect(windows.system).toMatchObject({ key: 'windows:Windows Server 2019', osType: 'Windows' });
    expect(codeOf(() => parseValue(empty))).toBe('inventory-empty');
    expect(codeOf(() => parseValue({ ...empty, family: 'pseudo', release: '' }))).toBe(
      'inventory-unreadable',
    );
  });
});
