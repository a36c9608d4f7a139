import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { isAppError } from '../errors.ts';
import type { Inventory } from './inventory.ts';
import type { InstalledPackage } from './package.ts';
import { INVENTORY_FORMATS, type ParseInventoryOptions, parseInventory } from './parse.ts';

const FIXTURES = new URL('../../test/fixtures/inventories/', import.meta.url);

function parseFixture(name: string, options: ParseInventoryOptions = {}): Inventory {
  return parseInventory(readFileSync(new URL(name, FIXTURES)), { file: name, ...options });
}

function parseText(text: string, options: ParseInventoryOptions = {}): Inventory {
  return parseInventory(Buffer.from(text), options);
}

function parseValue(value: unknown, options: ParseInventoryOptions = {}): Inventory {
  return parseText(JSON.stringify(value), options);
}

function codeOf(parse: () => unknown): string {
  try {
    parse();
  } catch (error) {
    if (isAppError(error)) return error.code;
    throw error;
  }
  return 'no error';
}

/** The fields that tell a system package, as one short text. */
function short(item: InstalledPackage): string {
  return [item.name, item.version, item.arch, item.source, item.sourceVersion, item.module, item.origin].join(
    '|',
  );
}

describe('dpkg status', () => {
  const inventory = parseFixture('dpkg-status', { osRelease: 'ID=ubuntu\nVERSION_ID="18.04"' });

  it('takes what is installed, with its source and the version of it', () => {
    expect(inventory.system?.key).toBe('ubuntu:18.04');
    expect(inventory.packages.every((item) => item.ecosystem === 'ubuntu:18.04')).toBe(true);
    const texts = inventory.packages.map(short);
    expect(texts).toContain('fdisk|2.31.1-0.4ubuntu3.1|amd64|util-linux|2.31.1-0.4ubuntu3.1||');
    expect(texts).toContain('bsdutils|1:2.31.1-0.4ubuntu3.1|amd64|util-linux|2.31.1-0.4ubuntu3.1||');
    expect(texts).toContain('adduser|3.116ubuntu1|all|adduser|3.116ubuntu1||');
  });

  it('leaves out a package of which only the configuration is left', () => {
    expect(inventory.packages).toHaveLength(8);
    expect(inventory.problems).toEqual([]);
  });

  it.each([
    ['install ok installed', 1],
    ['hold ok installed', 1],
    ['deinstall ok installed', 1],
    ['install ok unpacked', 1],
    ['install ok half-configured', 1],
    ['install reinstreq half-installed', 1],
    ['install ok triggers-awaited', 1],
    ['install ok triggers-pending', 1],
    ['deinstall ok config-files', 0],
    ['purge ok not-installed', 0],
  ])('counts the state "%s" %d times', (status, count) => {
    const text = `Package: a\nStatus: install ok installed\nVersion: 1\n\nPackage: b\nStatus: ${status}\nVersion: 1\n`;
    expect(parseText(text, { system: 'debian:12' }).packages).toHaveLength(1 + count);
  });

  it('keeps both architectures of one package and names a package without a version', () => {
    const text = ['amd64', 'i386']
      .map((arch) => `Package: libc6\nArchitecture: ${arch}\nVersion: 2.36-9\n`)
      .join('\n');
    const { packages, problems } = parseText(`${text}\n\nPackage: broken\nStatus: install ok installed\n`, {
      system: 'debian:12',
    });
    expect(packages.map((item) => item.arch)).toEqual(['amd64', 'i386']);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain('broken has no version');
  });

  it('reads Windows line ends and gzip', () => {
    const text =
      'Package: a\r\nStatus: install ok installed\r\nVersion: 1\r\n\r\nPackage: b\r\nVersion: 2\r\n';
    const inventoryOfGzip = parseInventory(gzipSync(text), { system: 'debian:12' });
    expect(inventoryOfGzip.packages.map((item) => `${item.name} ${item.version}`)).toEqual(['a 1', 'b 2']);
  });

  it('needs to be told the system', () => {
    expect(codeOf(() => parseFixture('dpkg-status'))).toBe('inventory-system-unknown');
  });
});

describe('apk installed', () => {
  it('reads name, version, architecture and origin, and names the record without a version', () => {
    const inventory = parseFixture('apk-installed', { system: 'alpine:3.4' });
    expect(inventory.packages).toHaveLength(15);
    expect(inventory.packages.map(short)).toContain('libcrypto1.0|1.0.2h-r1|x86_64|openssl|1.0.2h-r1||');
    expect(inventory.problems).toHaveLength(1);
    expect(inventory.problems[0]).toContain('invalidPackageWithoutAVersion');
  });
});

describe('rpm lists', () => {
  it('reads the documented columns: epoch, source, module and vendor', () => {
    const lines = [
      'bash\t(none)\t4.4.20\t4.el8_6\tx86_64\tbash-4.4.20-4.el8_6.src.rpm\t(none)\tAlmaLinux',
      'openssl-libs\t1\t1.1.1k\t9.el8_7\tx86_64\topenssl-1.1.1k-9.el8_7.src.rpm\t(none)\tAlmaLinux',
      'npm\t1\t8.19.3\t1.18.14.2.2.module_el8\tx86_64\tnodejs-18.14.2-2.module_el8.src.rpm\tnodejs:18:8070020230306170042:bd1311ed\tAlmaLinux',
      'zero\t0\t1\t1\tnoarch\t(none)\t\t(none)',
      'gpg-pubkey\t(none)\t3abb34f8\t5ffd890e\t(none)\t(none)\t(none)\t(none)',
      'broken line',
    ];
    const { packages, problems } = parseText(`${lines.slice(0, 5).join('\n')}\n`, { system: 'almalinux:8' });
    expect(packages.map(short)).toEqual([
      'bash|4.4.20-4.el8_6|x86_64|bash|4.4.20-4.el8_6||AlmaLinux',
      'openssl-libs|1:1.1.1k-9.el8_7|x86_64|openssl|1:1.1.1k-9.el8_7||AlmaLinux',
      'npm|1:8.19.3-1.18.14.2.2.module_el8|x86_64|nodejs|18.14.2-2.module_el8|nodejs:18|AlmaLinux',
      'zero|1-1|noarch|zero|1-1||',
    ]);
    expect(problems).toEqual([]);
  });

  it('reads a bare rpm -qa with and without epochs, and says what such a list lacks', () => {
    const text =
      'bash-4.4.20-4.el8_6.x86_64\nfonts-filesystem-2.0.5-3.el8.noarch\ngpg-pubkey-3abb34f8-5ffd890e\nglibc-2.28-1.i686\nnot a package\n';
    const { packages, problems } = parseText(text, { system: 'almalinux:8' });
    expect(packages.map((item) => `${item.name} ${item.version} ${item.arch}`)).toEqual([
      'bash 4.4.20-4.el8_6 x86_64',
      'fonts-filesystem 2.0.5-3.el8 noarch',
      'glibc 2.28-1 i686',
    ]);
    expect(problems).toHaveLength(2);
    expect(problems[0]).toContain('not a package');
    expect(problems[1]).toContain('epochs');
    const withEpochs = parseText('1:dbus-1.12.8-26.el8.x86_64\ndbus-libs-1:1.12.8-26.el8.x86_64\n', {
      system: 'rhel:8',
    });
    expect(withEpochs.packages.map((item) => item.version)).toEqual(['1:1.12.8-26.el8', '1:1.12.8-26.el8']);
    expect(withEpochs.problems).toEqual([]);
  });

  it('does not take prose or other lists for packages', () => {
    for (const text of [
      'hello world\n',
      'a-b-c\nd-e-f\n',
      'name,version\nbash,1\n',
      'bash 4.4\ncurl 7.1\n',
    ]) {
      expect(
        codeOf(() => parseText(text, { system: 'rhel:8' })),
        text,
      ).toBe('inventory-unrecognised');
    }
  });
});

describe('CycloneDX', () => {
  it.each(['centos-7-cyclonedx.json', 'centos-7-cyclonedx.intoto.jsonl'])('reads %s', (name) => {
    const inventory = parseFixture(name);
    expect(inventory.system).toMatchObject({ key: 'centos:7', name: 'CentOS 7.6.1810' });
    expect(inventory.packages.map(short)).toEqual([
      'bash|4.2.46-31.el7|x86_64|bash|4.2.46-31.el7||',
      'openssl-libs|1:1.0.2k-16.el7|x86_64|openssl|1:1.0.2k-16.el7||',
    ]);
    expect(inventory.server.name).toBe('integration/testdata/fixtures/images/centos-7.tar.gz');
  });

  const json = {
    bomFormat: 'CycloneDX',
    specVersion: '1.5',
    metadata: {
      timestamp: '2024-05-01T10:00:00Z',
      tools: { components: [{ type: 'application', name: 'tool', purl: 'pkg:npm/tool@1.0.0' }] },
      component: { type: 'container', name: 'shop', purl: 'pkg:oci/shop@sha256:1' },
    },
    components: [
      {
        type: 'operating-system',
        name: 'debian',
        version: '12',
        properties: [{ name: 'syft:distro:versionID', value: '12' }],
      },
      {
        type: 'library',
        name: 'libssl3',
        version: '3.0.11-1',
        purl: 'pkg:deb/debian/libssl3@3.0.11-1?arch=amd64',
        properties: [
          { name: 'syft:metadata:source', value: 'openssl' },
          { name: 'syft:location:0:path', value: '/var/lib/dpkg/status' },
        ],
      },
      {
        type: 'library',
        name: 'outer',
        purl: 'pkg:npm/outer@1.0.0',
        evidence: { occurrences: [{ location: '/app/package.json' }] },
        pedigree: { ancestors: [{ type: 'library', name: 'old', purl: 'pkg:npm/old@0.1.0' }] },
        components: [{ type: 'library', name: 'inner', purl: 'pkg:npm/inner@2.0.0' }],
      },
      { type: 'library', name: 'unshipped', purl: 'pkg:npm/unshipped@1.0.0', scope: 'excluded' },
      { type: 'library', name: 'nameless' },
      { type: 'library', name: 'bad', purl: 'not a purl' },
    ],
  };

  it('walks nested components, keeps paths, and leaves out tools, ancestors and what was not shipped', () => {
    const inventory = parseValue(json);
    expect(inventory.packages.map((item) => [item.ecosystem, item.name, item.source, item.paths])).toEqual([
      ['debian:12', 'libssl3', 'openssl', []],
      ['npm', 'outer', 'outer', ['/app/package.json']],
      ['npm', 'inner', 'inner', []],
    ]);
    expect(inventory.collectedAt).toBe(Date.parse('2024-05-01T10:00:00Z'));
    expect(inventory.problems.join('\n')).toMatch(
      /no package URL[\s\S]*type oci[\s\S]*without a package URL \(first: nameless\)/,
    );
  });

  it('reads the same from XML', () => {
    const xml = `<?xml version="1.0"?>
<!-- an SBOM -->
<bom xmlns="http://cyclonedx.org/schema/bom/1.5" version="1">
  <metadata><timestamp>2024-05-01T10:00:00Z</timestamp>
    <tools><components><component type="application"><name>tool</name><purl>pkg:npm/tool@1.0.0</purl></component></components></tools>
    <component type="container"><name>shop</name></component></metadata>
  <components>
    <component type="operating-system"><name>debian</name><version>12</version></component>
    <component type="library"><name>libssl3</name><version>3.0.11-1</version>
      <purl>pkg:deb/debian/libssl3@3.0.11-1?arch=amd64&amp;distro=debian-12</purl>
      <properties><property name="syft:metadata:source">openssl</property></properties></component>
    <component type="library"><name>outer</name><purl><![CDATA[pkg:npm/outer@1.0.0]]></purl>
      <pedigree><ancestors><component type="library"><name>old</name><purl>pkg:npm/old@0.1.0</purl></component></ancestors></pedigree>
      <components><component type="library"><name>inner</name><purl>pkg:npm/inner@2.0.0</purl></component></components></component>
  </components>
</bom>`;
    const inventory = parseText(xml);
    expect(inventory.server.name).toBe('shop');
    expect(inventory.collectedAt).toBe(Date.parse('2024-05-01T10:00:00Z'));
    expect(inventory.packages.map((item) => [item.ecosystem, item.name, item.source])).toEqual([
      ['debian:12', 'libssl3', 'openssl'],
      ['npm', 'outer', 'outer'],
      ['npm', 'inner', 'inner'],
    ]);
  });

  it('refuses broken and hostile XML in words', () => {
    const start = '<bom xmlns="http://cyclonedx.org/schema/bom/1.5">';
    for (const text of [
      `${start}<components>`,
      `${start}<components></bom>`,
      `${start}${'<a>'.repeat(100_000)}`,
      `${start}<components>&b;</components></bom>`,
    ]) {
      expect(
        codeOf(() => parseText(text)),
        text.slice(0, 80),
      ).toBe('inventory-unreadable');
    }
    const bomb = `<!DOCTYPE bom [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">]>${start}<components>&b;</components></bom>`;
    expect(codeOf(() => parseText(bomb))).toBe('inventory-unrecognised');
  });
});

describe('SPDX', () => {
  it.each(['centos-7-spdx.json', 'centos-7-spdx.txt'])('reads %s', (name) => {
    const inventory = parseFixture(name);
    expect(inventory.system?.key).toBe('centos:7');
    expect(inventory.packages.map(short)).toEqual([
      'bash|4.2.46-31.el7|x86_64|bash|4.2.46-31.el7||',
      'openssl-libs|1:1.0.2k-16.el7|x86_64|openssl-libs|1:1.0.2k-16.el7||',
    ]);
  });

  it('finds the system in the package URLs, the paths in what Syft says, and passes over quoted text', () => {
    const text = `SPDXVersion: SPDX-2.3
DocumentName: shop
Created: 2022-11-09T14:33:54Z
PackageName: libc6
PackageVersion: 2.31-13
PackageComment: <text>
PackageName: trap
</text>
ExternalRef: PACKAGE-MANAGER purl pkg:deb/debian/libc6@2.31-13?upstream=glibc&distro=debian-11
PackageName: a/b
PackageVersion: 1.0.0
PackageSourceInfo: acquired package info from PHP composer manifest: /x/installed.json, /y/installed.json
ExternalRef: PACKAGE_MANAGER purl pkg:composer/a/b@1.0.0
FileName: ./file
ExternalRef: PACKAGE_MANAGER purl pkg:composer/not/mine@1.0.0
`;
    const inventory = parseText(text);
    expect(inventory.system?.key).toBe('debian:11');
    expect(inventory.server.name).toBe('shop');
    expect(inventory.packages.map((item) => [item.name, item.source, item.paths])).toEqual([
      ['libc6', 'glibc', []],
      ['a/b', 'a/b', ['/x/installed.json', '/y/installed.json']],
    ]);
  });

  it('says of SPDX 3 that it is not read', () => {
    expect(() =>
      parseValue({ '@context': 'https://spdx.org/rdf/3.0.1/spdx-context.jsonld', '@graph': [] }),
    ).toThrow(/SPDX 3/);
  });
});

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

describe('what is given with a file', () => {
  it('decides over what the file says', () => {
    const given = parseFixture('centos-7-spdx.json', { system: 'rhel:7', name: 'db-1' });
    expect(given.system?.key).toBe('rhel:7');
    expect(given.server.name).toBe('db-1');
    expect(parseFixture('centos-7-spdx.json', { osRelease: 'ID=ol\nVERSION_ID=7.9' }).system?.key).toBe(
      'oracle:7',
    );
  });

  it('is refused in words where it names no system', () => {
    expect(codeOf(() => parseFixture('dpkg-status', { system: 'nonsense' }))).toBe('system-name-invalid');
    expect(codeOf(() => parseFixture('dpkg-status', { osRelease: 'nonsense' }))).toBe('inventory-unreadable');
  });
});

describe('files that are no inventory', () => {
  it('are refused with all that is understood', () => {
    for (const text of [
      '',
      '   \n',
      'null',
      '{}',
      '[]',
      '[1,2]',
      '<html></html>',
      '{"a":1}',
      '"text"',
      '\u0000\u0001',
    ]) {
      expect(
        codeOf(() => parseText(text)),
        JSON.stringify(text),
      ).toBe('inventory-unrecognised');
    }
    expect(INVENTORY_FORMATS).toHaveLength(15);
    expect(() => parseText('{}', { file: 'x.json' })).toThrow(
      /^x\.json is not an inventory.*rpm -qa.*Vuls JSON/s,
    );
  });

  it('are refused where they are broken, cut short or too deep', () => {
    expect(codeOf(() => parseText('{"bomFormat":'))).toBe('inventory-unreadable');
    expect(codeOf(() => parseText('['.repeat(100_000)))).toBe('inventory-unreadable');
    const packed = gzipSync('Package: a\nVersion: 1\n');
    expect(codeOf(() => parseInventory(packed.subarray(0, packed.length - 4)))).toBe('inventory-unreadable');
  });

  it('are refused where they unpack to more than the limit', () => {
    const bomb = gzipSync(Buffer.alloc(129 * 1024 * 1024, 0x20));
    expect(codeOf(() => parseInventory(bomb))).toBe('inventory-too-large');
  });
});

describe('packages of a hostile file', () => {
  it('cost only themselves', () => {
    const text = JSON.stringify([
      { Name: 'good', Version: '1' },
      { Name: 'x'.repeat(600), Version: '1' },
      { Name: 'nul\u0000', Version: '1' },
      { Name: 'tab\there', Version: '1' },
      { Name: 'constructor', Version: '1' },
      { Name: 'ünïcødé-包', Version: '1' },
      { Name: 'none', Version: '' },
    ]).replace('"Name":"constructor"', '"__proto__":{"Version":"9"},"Name":"__proto__"');
    const { packages, problems } = parseText(text, { system: 'debian:12' });
    expect(packages.map((item) => item.name)).toEqual(['good', '__proto__', 'ünïcødé-包']);
    expect(problems).toHaveLength(4);
    expect(problems.every((problem) => problem.length <= 300 && !/[\u0000-\u001f]/.test(problem))).toBe(true);
  });

  it('are bounded in number', () => {
    const text = Array.from({ length: 200_001 }, (_, index) => `P:p${index}\nV:1\n`).join('\n');
    expect(codeOf(() => parseText(text, { system: 'alpine:3.19' }))).toBe('inventory-too-large');
  });

  it('have no more problems listed than the limit, and the rest counted', () => {
    const text = `P:good\nV:1\n\n${Array.from({ length: 5000 }, (_, index) => `P:p${index}\n`).join('\n')}`;
    const { problems } = parseText(text, { system: 'alpine:3.19' });
    expect(problems).toHaveLength(201);
    expect(problems.at(-1)).toBe('and 4800 further problems');
  });

  it('may stray into the SBOM of an application without a system', () => {
    const application = ['a', 'b', 'c'].map((name) => ({
      type: 'library',
      name,
      purl: `pkg:npm/${name}@1.0.0`,
    }));
    const strays = [{ type: 'library', name: 'dive', purl: 'pkg:rpm/dive@0.9.2-1' }];
    const bom = { bomFormat: 'CycloneDX', specVersion: '1.4', components: [...application, ...strays] };
    const { packages, problems, system } = parseValue(bom);
    expect(system).toBeUndefined();
    expect(packages).toHaveLength(3);
    expect(problems[0]).toContain('1 system packages left out');
    expect(codeOf(() => parseValue({ ...bom, components: strays }))).toBe('inventory-system-unknown');
  });
});
