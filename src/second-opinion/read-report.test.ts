import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { REPORT_BYTES_MAX } from './other-report.ts';
import { readReport } from './read-report.ts';

function fixture(name: string): Buffer {
  return readFileSync(fileURLToPath(new URL(`../../test/fixtures/${name}`, import.meta.url)));
}

function read(text: string): ReturnType<typeof readReport> {
  return readReport(Buffer.from(text), 'report');
}

const OVAL = `<?xml version="1.0" encoding="UTF-8"?>
<oval_results xmlns="http://oval.mitre.org/XMLSchema/oval-results-5" xmlns:oval="http://oval.mitre.org/XMLSchema/oval-common-5">
  <oval_definitions xmlns="http://oval.mitre.org/XMLSchema/oval-definitions-5">
    <definitions>
      <definition class="patch" id="oval:com.redhat.rhsa:def:20231405" version="636">
        <metadata>
          <title>RHSA-2023:1405: openssl security update (Important)</title>
          <reference ref_id="RHSA-2023:1405" source="RHSA"/>
          <reference ref_id="CVE-2022-4304" source="CVE"/>
          <reference ref_id="CVE-2023-0286" source="CVE"/>
        </metadata>
      </definition>
      <definition class="vulnerability" id="oval:com.ubuntu.jammy:def:20231393000" version="1">
        <metadata><title>CVE-2023-1393 on Ubuntu 22.04 LTS (jammy) - high</title></metadata>
      </definition>
      <definition class="vulnerability" id="oval:x:def:2" version="1">
        <metadata><title>CVE-2023-2 on Ubuntu 22.04 LTS</title></metadata>
      </definition>
      <definition class="inventory" id="oval:x:def:3" version="1">
        <metadata><title>Red Hat Enterprise Linux 8 is installed</title></metadata>
      </definition>
    </definitions>
  </oval_definitions>
  <results><system><definitions>
    <definition definition_id="oval:com.redhat.rhsa:def:20231405" result="true" version="636"/>
    <definition definition_id="oval:com.ubuntu.jammy:def:20231393000" result="true" version="1"/>
    <definition definition_id="oval:x:def:2" result="false" version="1"/>
    <definition definition_id="oval:x:def:3" result="true" version="1"/>
  </definitions></system></results>
</oval_results>`;

const XCCDF = `<TestResult xmlns="http://checklists.nist.gov/xccdf/1.2" id="x">
  <rule-result idref="a"><result>fail</result><ident system="http://cve.mitre.org">CVE-2023-0286</ident></rule-result>
  <rule-result idref="b"><result>pass</result><ident system="http://cve.mitre.org">CVE-2023-0001</ident></rule-result>
  <rule-result idref="c"><result>fail</result><ident system="http://cce.mitre.org">CCE-80000-1</ident></rule-result>
</TestResult>`;

describe('readReport', () => {
  it("reads Trivy's report of an image", () => {
    const report = readReport(fixture('quality/ground-truth/trivy/findings/debian-buster.json'), 'report');
    expect(report).toMatchObject({ scanner: 'Trivy', system: { key: 'debian:10' }, problems: [] });
    expect(report.findings).toEqual([
      { id: 'CVE-2019-18276', cves: ['CVE-2019-18276'], package: 'bash', version: '5.0-4', fixedVersion: '' },
      {
        id: 'CVE-2019-18224',
        cves: ['CVE-2019-18224'],
        package: 'libidn2-0',
        version: '2.0.5-1',
        fixedVersion: '2.0.5-1+deb10u1',
      },
    ]);
  });

  it("reads Grype's report, with the CVEs behind advisories, plain and gzip", () => {
    const bytes = fixture('reports/grype-debian-10.json');
    const report = readReport(bytes, 'report');
    expect(report).toMatchObject({ scanner: 'Grype', system: { key: 'debian:10' } });
    expect(report.findings).toHaveLength(20);
    expect(readReport(gzipSync(bytes), 'report')).toEqual(report);
    const match = {
      vulnerability: { id: 'GHSA-jf85-cpcp-j695', fix: { versions: ['4.17.12'] } },
      relatedVulnerabilities: [{ id: 'CVE-2019-10744' }],
      artifact: { name: 'lodash', version: '4.17.11' },
    };
    const { findings } = read(JSON.stringify({ matches: [match], source: {} }));
    expect(findings).toEqual([
      {
        id: 'GHSA-jf85-cpcp-j695',
        cves: ['CVE-2019-10744'],
        package: 'lodash',
        version: '4.17.11',
        fixedVersion: '4.17.12',
      },
    ]);
  });

  it('reads a result of Vuls after its report: packages, libraries and Windows updates', () => {
    const report = read(
      JSON.stringify({
        jsonVersion: 4,
        serverName: 'web-01',
        family: 'debian',
        release: '12.5',
        packages: { bash: { name: 'bash', version: '5.2.15', release: '2' } },
        scannedCves: {
          'CVE-2024-1': { affectedPackages: [{ name: 'bash', fixedIn: '5.2.15-3' }] },
          'CVE-2024-2': { libraryFixedIns: [{ name: 'lodash', fixedIn: '4.17.21' }] },
          'CVE-2024-3': { windowsKBFixedIns: ['KB5034441'] },
          'CVE-2024-10000': {},
          __proto__: { affectedPackages: [{ name: 'x' }] },
        },
      }).replace('CVE-2024-1"', 'CVE-2024-1111"'),
    );
    expect(report).toMatchObject({ scanner: 'Vuls', system: { key: 'debian:12' } });
    expect(
      report.findings.map(({ id, package: name, version, fixedVersion }) => [
        id,
        name,
        version,
        fixedVersion,
      ]),
    ).toEqual([
      ['CVE-2024-1111', 'bash', '5.2.15-2', '5.2.15-3'],
      ['CVE-2024-2', 'lodash', '', '4.17.21'],
      ['CVE-2024-3', '', '', 'KB5034441'],
      ['CVE-2024-10000', '', '', ''],
    ]);
  });

  it('reads what debsecan prints, in a line a package and in detail', () => {
    const lines = [
      'CVE-2023-1393 xserver-common (remotely exploitable, high urgency, fixed)',
      'CVE-2023-1393 xserver-xorg-core (remotely exploitable, high urgency, fixed)',
      'TEMP-0841856-B18BAF bash',
      'CVE-2016-2781 coreutils (low urgency)',
    ];
    expect(read(`${lines.join('\n')}\n`).findings.map(({ id, package: name }) => [id, name])).toEqual([
      ['CVE-2023-1393', 'xserver-common'],
      ['CVE-2023-1393', 'xserver-xorg-core'],
      ['TEMP-0841856-B18BAF', 'bash'],
      ['CVE-2016-2781', 'coreutils'],
    ]);
    const detail =
      'CVE-2005-0448 (fixed)\n  installed: perl-modules 5.8.4-8\n             (built from perl 5.8.4-8)\n';
    expect(read(detail)).toMatchObject({
      scanner: 'debsecan',
      findings: [{ id: 'CVE-2005-0448', package: 'perl-modules', version: '5.8.4-8' }],
    });
  });

  it('reads OVAL results: what evaluated to true and is a vulnerability or a patch', () => {
    const report = read(OVAL);
    expect(report.scanner).toBe('OpenSCAP');
    expect(report.findings.map(({ id, cves }) => [id, cves])).toEqual([
      ['RHSA-2023:1405', ['CVE-2022-4304', 'CVE-2023-0286']],
      ['CVE-2023-1393', ['CVE-2023-1393']],
    ]);
    expect(read(XCCDF).findings.map(({ id }) => id)).toEqual(['CVE-2023-0286']);
  });

  it('counts findings that cannot be used, and takes the others', () => {
    const vulnerabilities = [
      { VulnerabilityID: 'CVE-2024-1000', PkgName: 'a\u001b[2J', InstalledVersion: '1' },
      { PkgName: 'b' },
      'nothing',
      { VulnerabilityID: 'CVE-2024-1001', PkgName: 'c', InstalledVersion: '1' },
    ];
    const report = read(
      JSON.stringify({ SchemaVersion: 2, Results: [{ Vulnerabilities: vulnerabilities }] }),
    );
    expect(report.findings.map(({ id }) => id)).toEqual(['CVE-2024-1001']);
    expect(report.problems).toEqual(['3 findings without a usable id, name or version']);
  });

  it.each([
    ['', 'report is no report of a scanner that can be compared: it is empty'],
    ['hello', 'its text is in no known form'],
    ['{"hello":"world"}', 'its JSON is in no known form'],
    ['{"matches":', 'The report report could not be read: it is broken JSON'],
    ['['.repeat(200), 'nested more than 128 levels deep'],
    [OVAL.slice(0, 400), 'no well-formed XML'],
    [`<oval_results>${'<a>'.repeat(300)}`, 'elements are nested deeper than 200'],
  ])('says what is wrong with a report (%#)', (text, problem) => {
    expect(() => read(text)).toThrow(problem);
  });

  it('stops at the limit of what a packed report may hold, and at a broken one', () => {
    const bomb = gzipSync(Buffer.alloc(REPORT_BYTES_MAX + 1));
    expect(() => readReport(bomb, 'bomb')).toThrow(`bomb is larger than ${REPORT_BYTES_MAX} bytes`);
    expect(() => readReport(bomb.subarray(0, 100), 'cut')).toThrow('gzip data is broken or cut short');
  });

  it('reads or refuses anything in words', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 5 }), (value) => {
        const documents = [
          { SchemaVersion: 2, Results: value },
          { matches: value, source: value },
          { jsonVersion: 4, scannedCves: value, packages: value },
        ];
        for (const document of documents)
          expect(read(JSON.stringify(document)).findings).toBeInstanceOf(Array);
      }),
    );
  });
});
