import { describe, expect, it } from 'vitest';
import { findingLines, type ShownFinding } from './finding-lines.ts';
import { widthOf } from './table.ts';

const DAY = Date.UTC(2025, 2, 20, 12);
const FINDING: ShownFinding = {
  type: 'app_vul',
  id: 'HCVD-APP-CVE-2021-44228',
  title: 'Remote code injection in Log4j',
  cves: ['CVE-2021-44228'],
  publishedAt: DAY,
  fetchedAt: null,
  status: 'vul_status_unfix',
  priority: 'Critical',
  fixable: true,
  firstSeenAt: DAY,
  statusSince: DAY,
  packages: [
    {
      ecosystem: 'Maven',
      name: 'org.apache.logging.log4j:log4j-core',
      version: '2.14.1',
      fixedVersion: '2.15.0',
      paths: ['/opt/a.jar', '/opt/b.jar', '/opt/c.jar'],
    },
  ],
};

describe('the findings of a server', () => {
  it('stand in a row each, with their packages below', () => {
    const [header, row, pkg, ...more] = findingLines([FINDING]);
    expect(header).toMatch(/^priority +vulnerability +status +published +fetched +matched +title$/);
    expect(row).toMatch(/^Critical +HCVD-APP-CVE-2021-44228 +unfix +2025-03-\d\d +2025-03-\d\d +Remote code/);
    expect(pkg?.trim()).toBe(
      'org.apache.logging.log4j:log4j-core 2.14.1, fixed in 2.15.0, at /opt/a.jar and 2 more',
    );
    expect(more).toEqual([]);
  });

  it('say where no fix is known, and have no package once they are fixed', () => {
    const [first] = FINDING.packages;
    if (first === undefined) throw new Error('the finding has no package');
    const unfixed = { ...first, fixedVersion: undefined, paths: [] };
    expect(findingLines([{ ...FINDING, fixable: false, packages: [unfixed] }])[2]).toMatch(/, no fix yet$/);
    expect(findingLines([{ ...FINDING, status: 'vul_status_fixed', packages: [] }])).toHaveLength(2);
    expect(findingLines([])).toEqual(['No findings.']);
  });

  it.each(['x', '漏'])('take no more than 200 columns, whatever they are called (%s)', (letter) => {
    const long = letter.repeat(300);
    const pkg = { ecosystem: 'npm', name: long, version: long, fixedVersion: long, paths: [long, long] };
    const finding = { ...FINDING, id: long, title: long, packages: [pkg] };
    const lines = findingLines([{ ...finding, status: 'vul_status_fix_after_reboot' }]);
    expect(lines).toHaveLength(3);
    for (const line of lines) expect(widthOf(line)).toBeLessThanOrEqual(200);
  });
});
