import { describe, expect, it } from 'vitest';
import { codeOf, parseFixture, parseText, parseValue, short } from './parse-fixture.ts';

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

describe('items of a document that are no objects', () => {
  const npm = 'pkg:npm/a@1.0.0';
  it.each([
    [
      'CycloneDX',
      {
        bomFormat: 'CycloneDX',
        specVersion: '1.5',
        components: [
          'openssl',
          null,
          ['bash'],
          {},
          { type: 'library' },
          { type: 'library', name: 'a', purl: npm },
        ],
      },
      [
        '3 records left out: items that are no objects (first: component 1: openssl)',
        '1 record left out: components without a type and a package URL (first: component 4)',
        '1 record left out: components without a package URL (first: component 5)',
      ],
    ],
    [
      'SPDX',
      {
        spdxVersion: 'SPDX-2.3',
        packages: [
          7,
          { versionInfo: '1' },
          { name: 'a', externalRefs: [{ referenceType: 'purl', referenceLocator: npm }] },
        ],
      },
      [
        '1 record left out: items that are no objects (first: package 1: 7)',
        '1 record left out: packages without a package URL (first: package 1)',
      ],
    ],
    [
      'Syft',
      { artifacts: [null, {}, { name: 'a', purl: npm }], source: {} },
      [
        '1 record left out: items that are no objects (first: artifact 1: null)',
        '1 record left out: artifacts of no type without a package URL (first: artifact 2)',
      ],
    ],
    [
      'Trivy',
      {
        SchemaVersion: 2,
        Results: [
          'x',
          { Target: 'lock', Class: 'lang-pkgs', Type: 'npm', Packages: [[], { Name: 'a', Version: '1' }] },
          { Target: 'other', Type: 'npm', Vulnerabilities: ['CVE-2021-44228'] },
        ],
      },
      ['3 records left out: items that are no objects (first: result 1: x)'],
    ],
    [
      'Grype',
      { matches: ['x', { artifact: { name: 'a', purl: npm } }], source: {} },
      ['1 record left out: items that are no objects (first: match 1: x)'],
    ],
  ])('are counted and the first is named: %s', (_name, document, leftOut) => {
    const { packages, problems } = parseValue(document);
    expect(packages.map(({ name }) => name)).toEqual(['a']);
    expect(problems.filter((problem) => problem.includes('left out:'))).toEqual(leftOut);
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
