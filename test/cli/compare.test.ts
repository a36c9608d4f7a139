/** `parapet compare`: real reports of other scanners against what Parapet says of the same server. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Comparison } from '../../src/second-opinion/compare-opinions.ts';
import { FIXTURES, reportOf, testCommandLine } from './command-line.ts';

const cli = await testCommandLine();
const SNAPSHOT = fileURLToPath(new URL('../../snapshot/advisories/debian.osv.jsonl.gz', import.meta.url));
const TRIVY = join(FIXTURES, 'quality/ground-truth/trivy');
const IMAGE = ['--inventory', join(TRIVY, 'packages/debian-buster.json.gz'), '--system', 'debian:10'];
const DEBSECAN = [
  'CVE-2023-1393 xserver-xorg-core (remotely exploitable, high urgency, fixed)',
  'CVE-2011-4116 perl-base (low urgency)',
  '',
].join('\n');

beforeAll(async () => {
  const report = join(cli.folder, 'report');
  writeFileSync(report, reportOf('web-01'));
  for (const args of [
    ['advisories', 'import', join(FIXTURES, 'advisories')],
    ['inventory', 'import', report],
  ]) {
    const { code, err } = await cli.run(args);
    if (code !== 0) throw new Error(err);
  }
});

describe('parapet compare', () => {
  it("sets Trivy's report of an image beside what the advisories say", async () => {
    const args = ['compare', join(TRIVY, 'findings/debian-buster.json'), ...IMAGE, '--advisories', SNAPSHOT];
    const result = await cli.json<Comparison>(args);
    expect(result).toMatchObject({ scanner: 'Trivy', scanner_system: 'debian:10' });
    expect(result.agree).toMatchObject([
      {
        id: 'CVE-2019-18224',
        ours: [{ vul_id: 'DSA-4613-1', package: 'libidn2-0', fixed_version: '2.0.5-1+deb10u1' }],
        theirs: [{ id: 'CVE-2019-18224', package: 'libidn2-0', version: '2.0.5-1' }],
      },
    ]);
    expect(result.only_them).toMatchObject([{ id: 'CVE-2019-18276', why_not: 'no-record' }]);
    expect(result.only_us.length).toBeGreaterThan(20);
    for (const { ours } of result.only_us) for (const { verdict } of ours) expect(verdict).not.toBe('');
    const { out, err } = await cli.run(args);
    expect(out).toContain('Both: 1. Only Trivy: 1. Only Parapet:');
    expect(out).toContain('No record of CVE-2019-18276 names bash in debian:10.');
    expect(err).toContain('note: coverage is stale.');
  });

  it("takes Grype's report as the inventory too", async () => {
    const grype = join(FIXTURES, 'reports/grype-debian-10.json');
    const args = ['compare', grype, '--inventory', grype, '--advisories', SNAPSHOT];
    const result = await cli.json<Comparison>(args);
    expect(result.agree.map(({ id }) => id)).toContain('CVE-2020-8177');
    expect(result.only_them.map(({ why_not }) => why_not)).not.toContain('not-installed');
  });

  it('compares with a server that has reported, and the report may come through a pipe', async () => {
    const result = await cli.json<Comparison>(['compare', '-', '--server', 'web-01'], { stdin: DEBSECAN });
    expect(result.server).toMatchObject({ name: 'web-01', system: 'debian:11', packages: 2 });
    expect(result.agree).toMatchObject([
      { id: 'CVE-2023-1393', ours: [{ vul_id: 'DSA-5380-1', package: 'xserver-xorg-core' }] },
    ]);
    expect(result.only_them).toMatchObject([{ id: 'CVE-2011-4116', why_not: 'not-installed' }]);
    expect(result.only_us.map(({ id }) => id)).toContain('CVE-2025-24813');
  });

  it('says what is wrong in words', async () => {
    const report = join(TRIVY, 'findings/debian-buster.json');
    const both = await cli.run(['compare', report, '--inventory', report, '--server', 'web-01']);
    expect([both.code, both.err]).toEqual([
      2,
      expect.stringContaining('give --inventory or --server, not both'),
    ]);
    const stdinTwice = await cli.run(['compare', '-', '--inventory', '-']);
    expect(stdinTwice.code).toBe(2);
    const unknown = await cli.run(['compare', report, '--server', 'web-99']);
    expect([unknown.code, unknown.err]).toEqual([1, expect.stringContaining('web-99')]);
    const sbom = await cli.run(['compare', join(FIXTURES, 'inventories/centos-7-spdx.json'), ...IMAGE]);
    expect(sbom.code).toBe(1);
    expect(sbom.err).toContain(
      'is no report of a scanner that can be compared: its JSON is in no known form',
    );
    const cut = join(cli.folder, 'cut.json');
    writeFileSync(cut, readFileSync(report).subarray(0, 300));
    expect((await cli.run(['compare', cut, ...IMAGE])).err).toContain(`The report ${cut} could not be read`);
  });

  it('notes a report of another system', async () => {
    const args = ['compare', join(TRIVY, 'findings/alpine-310.json'), ...IMAGE, '--advisories', SNAPSHOT];
    expect((await cli.run(args)).err).toContain('saw alpine:3.10, the inventory is of debian:10');
  });
});
