import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { WindowsUpdate } from '../advisories/advisory.ts';
import type { Package } from '../inventory/package.ts';
import type { Candidate } from './candidate.ts';
import { explainPackage } from './explain.ts';
import { kernelVerdict } from './kernel.ts';
import { matchPackage } from './match.ts';
import { windowsState } from './windows.ts';

const SERVER_2019 = 'windows:Windows Server 2019';

function windows(updates: string, over: Partial<Package> = {}): Package {
  return {
    ecosystem: SERVER_2019,
    name: 'Windows',
    version: '10.0.17763',
    arch: '',
    source: 'Windows',
    sourceVersion: '10.0.17763',
    module: '',
    origin: '',
    updates,
    ...over,
  };
}

function update(
  number: string,
  cves: readonly string[],
  supersedes: readonly string[] = [],
  over: Partial<WindowsUpdate> = {},
  ecosystem = SERVER_2019,
): Candidate {
  const facts = { number, component: '', cves, supersedes, build: '', isHotpatch: false, ...over };
  return {
    feed: 'msrc',
    advisoryId: `2025-Mar/${number}`,
    cves,
    vulnerabilities: [{ type: 'windows_vul', id: number }],
    affected: {
      ecosystem,
      name: 'Windows',
      matchOn: 'binary',
      scheme: 'nuget',
      ranges: [],
      versions: [],
      architectures: [],
      module: '',
      pocket: '',
      update: facts,
    },
  };
}

function listed(pkg: Package, candidates: readonly Candidate[]): Readonly<Record<string, readonly string[]>> {
  return Object.fromEntries(windowsState(pkg, candidates).listed);
}

const JAN = update('KB1000001', ['CVE-2025-0001']);
const FEB = update('KB1000002', ['CVE-2025-0002'], ['KB1000001']);
const MAR = update('KB1000003', ['CVE-2025-0003'], ['KB1000002']);

describe('Windows updates', () => {
  it('count beside the listed one those that it replaces and that are missing too', () => {
    const replacedOf = (updates: string) => matchPackage(windows(updates), [JAN, FEB, MAR])[0]?.replaced;
    const [jan, feb] = ['KB1000001', 'KB1000002'].map((id) => ({ type: 'windows_vul', id }));
    expect(replacedOf('')).toEqual([jan, feb]);
    expect(replacedOf('KB1000001')).toEqual([feb]);
    expect(replacedOf('KB1000002')).toBeUndefined();
  });

  it('do not count one whose every CVE something else fixes', () => {
    const other = update('KB2000000', ['CVE-2025-0001']);
    const [match] = matchPackage(windows('KB2000000'), [JAN, FEB, MAR, other]);
    expect(match?.replaced).toEqual([{ type: 'windows_vul', id: 'KB1000002' }]);
  });

  it('lists the newest update with everything that it closes', () => {
    expect(listed(windows(''), [JAN, FEB, MAR])).toEqual({
      KB1000003: ['CVE-2025-0001', 'CVE-2025-0002', 'CVE-2025-0003'],
    });
  });

  it('counts what an installed update replaces over several steps as installed', () => {
    expect(listed(windows('KB1000002'), [JAN, FEB, MAR])).toEqual({ KB1000003: ['CVE-2025-0003'] });
    expect(listed(windows('KB1000003'), [JAN, FEB, MAR])).toEqual({});
    expect(windowsState(windows('KB1000003'), [JAN, FEB, MAR]).inEffect.get('KB1000001')).toEqual({
      by: 'superseded',
      chain: ['KB1000003', 'KB1000002', 'KB1000001'],
    });
  });

  it('takes any update that fixes a CVE for enough', () => {
    const rollup = update('KB2000001', ['CVE-2025-0009']);
    const securityOnly = update('KB2000002', ['CVE-2025-0009']);
    expect(listed(windows('KB2000001'), [rollup, securityOnly])).toEqual({});
    expect(Object.keys(listed(windows(''), [rollup, securityOnly]))).toEqual(['KB2000001', 'KB2000002']);
  });

  it('unites records of one update from several documents', () => {
    const later = { ...update('KB1000001', ['CVE-2025-0005']), advisoryId: '2025-Apr/KB1000001' };
    const [match] = matchPackage(windows(''), [JAN, later]);
    expect(match).toMatchObject({
      vulnerabilities: [{ type: 'windows_vul', id: 'KB1000001' }],
      cves: ['CVE-2025-0001', 'CVE-2025-0005'],
      advisoryId: '2025-Apr/KB1000001',
      fixedVersion: 'KB1000001',
    });
  });

  it('adds the emergency ones of the open CVEs alone', () => {
    const exploited = new Set(['CVE-2025-0001', 'CVE-2025-0003']);
    const [match] = matchPackage(windows('KB1000001'), [JAN, FEB, MAR], exploited);
    expect(match?.vulnerabilities.map(({ id }) => id)).toEqual(['KB1000003', 'URGENT-CVE-2025-0003']);
  });

  it('takes the build for what is in effect, also the one that an installed update brings', () => {
    const builds = [
      update('KB1000001', ['CVE-2025-0001'], [], { build: '10.0.17763.100' }),
      update('KB1000002', ['CVE-2025-0002'], [], { build: '10.0.17763.200' }),
      update('KB1000003', ['CVE-2025-0003'], [], { build: '10.0.17763.300' }),
    ];
    expect(listed(windows('', { version: '10.0.17763.200' }), builds)).toEqual({
      KB1000003: ['CVE-2025-0003'],
    });
    expect(listed(windows('KB1000002'), builds)).toEqual({ KB1000003: ['CVE-2025-0003'] });
    // Without a record that says so, the one with the highest build replaces the others: they are cumulative.
    expect(Object.keys(listed(windows(''), builds))).toEqual(['KB1000003']);
  });

  it('does not take the build for an update that stands by itself', () => {
    const secureBoot = update('KB5012170', ['CVE-2022-34301'], ['KB4535680'], { build: '10.0.17763.3284' });
    expect(Object.keys(listed(windows('', { version: '10.0.17763.7000' }), [secureBoot]))).toEqual([
      'KB5012170',
    ]);
  });

  it('lets a hotpatch fix and never lists it', () => {
    const hotpatch = update('KB3000001', ['CVE-2025-0003'], [], { isHotpatch: true });
    expect(Object.keys(listed(windows(''), [MAR, hotpatch]))).toEqual(['KB1000003']);
    expect(listed(windows('KB3000001'), [MAR, hotpatch])).toEqual({});
  });

  it('lists both of two updates that replace each other', () => {
    const a = update('KB4000001', ['CVE-2025-0001'], ['KB4000002']);
    const b = update('KB4000002', ['CVE-2025-0001'], ['KB4000001']);
    expect(Object.keys(listed(windows(''), [a, b]))).toEqual(['KB4000001', 'KB4000002']);
  });

  it('lists of .NET Framework only the newest for the version that is there', () => {
    const net = (number: string, versions: string): Candidate =>
      update(number, [`CVE-${number}`], [], { component: `Microsoft .NET Framework ${versions}` });
    const updates = [
      net('KB5000001', '3.5 AND 4.7.2'),
      net('KB5000002', '3.5 AND 4.8'),
      net('KB5000003', '3.5 AND 4.7.2'),
    ];
    expect(Object.keys(listed(windows(''), updates))).toEqual(['KB5000003']);
    expect(Object.keys(listed(windows('KB5000002'), [...updates, net('KB5000004', '3.5 AND 4.8')]))).toEqual([
      'KB5000004',
    ]);
  });

  it('passes over an update whose build is of another release', () => {
    const wrong = update('KB6000001', ['CVE-2025-0001'], [], { build: '10.0.19044.5737' });
    expect(listed(windows(''), [wrong])).toEqual({});
  });

  it('waits for a restart where what is installed is not running yet', () => {
    const candidates = [update('KB1000003', ['CVE-2025-0003'], [], { build: '10.0.17763.300' })];
    const running = windows('KB1000003', { version: '10.0.17763.200', origin: 'restart-pending' });
    const after = windows('KB1000003', { version: '10.0.17763.200', name: 'Windows after restart' });
    const entries = [running, after].map((pkg) => ({
      pkg,
      vulnerabilities: matchPackage(pkg, candidates).flatMap((match) =>
        match.vulnerabilities.map((v) => v.id),
      ),
    }));
    const verdict = kernelVerdict(entries, { release: '10.0.17763.200', version: '' });
    expect(verdict.raising).toEqual(new Set([0]));
    expect([...verdict.restartPending]).toEqual(['KB1000003']);
  });

  it('agrees with a plain search on any updates', () => {
    const number = fc.integer({ min: 1, max: 12 }).map((n) => `KB${1_000_000 + n}`);
    const cve = fc.integer({ min: 1, max: 8 }).map((n) => `CVE-2025-${1_000 + n}`);
    const record = fc.record({
      number,
      cves: fc.uniqueArray(cve, { maxLength: 3 }),
      supersedes: fc.uniqueArray(number, { maxLength: 2 }),
    });
    const records = fc.array(record, { maxLength: 14 });
    fc.assert(
      fc.property(records, fc.uniqueArray(number, { maxLength: 3 }), (updates, installed) => {
        const candidates = updates.map((one) => update(one.number, one.cves, one.supersedes));
        const found = listed(windows(installed.join(' ')), candidates);
        expect(found).toEqual(plainSearch(updates, installed));
      }),
      { numRuns: 300 },
    );
  });
});

describe('explaining Windows updates', () => {
  const explained = (updates: string, about: string, candidates = [JAN, FEB, MAR]) => {
    const { decision, reason, records } = explainPackage(windows(updates), candidates, about);
    return {
      decision,
      reason,
      rules: records.map((record) => `${record.advisory_id.slice(9)} ${record.rule}`),
    };
  };

  it('says that an update is missing, and under which one it is listed', () => {
    expect(explained('KB1000001', 'KB1000002')).toEqual({
      decision: 'affected',
      reason:
        'KB1000003 is not installed, nothing installed replaces it and build 10.0.17763 does not hold it; it closes 2 open CVEs, 1 of them of updates that it replaces.',
      rules: ['KB1000003 update-missing', 'KB1000002 update-replaced'],
    });
    expect(explained('KB1000001', 'URGENT-CVE-2025-0002').rules[0]).toBe('KB1000003 update-missing');
  });

  it('says once what a record says for several parts and products, with the CVEs of all of them', () => {
    const other = update('KB1000003', ['CVE-2025-0004'], ['KB1000002']);
    const { records } = explainPackage(windows('KB1000002'), [FEB, MAR, other], 'KB1000003');
    expect(records).toMatchObject([{ rule: 'update-missing', cves: ['CVE-2025-0003', 'CVE-2025-0004'] }]);
    // Another feed's word on the same update is a record of its own.
    const elsewhere = { ...MAR, feed: 'wesng', advisoryId: 'KB1000003' };
    expect(explained('KB1000002', 'KB1000003', [FEB, MAR, elsewhere]).rules).toHaveLength(2);
  });

  it('says by which chain an update is replaced', () => {
    expect(explained('KB1000003', 'CVE-2025-0001')).toEqual({
      decision: 'not-affected',
      reason: 'KB1000003 is in effect and replaces KB1000001 (KB1000003 > KB1000002 > KB1000001).',
      rules: ['KB1000001 update-superseded'],
    });
  });

  it('says that it is installed, or held by the build', () => {
    expect(explained('KB1000001', 'KB1000001').rules).toEqual(['KB1000001 update-installed']);
    const built = update('KB1000009', ['CVE-2025-0009'], [], { build: '10.0.17763.100' });
    const pkg = windows('', { version: '10.0.17763.200' });
    expect(explainPackage(pkg, [built], 'KB1000009').records[0]).toMatchObject({
      decision: 'not-affected',
      rule: 'update-build',
      comparison: '10.0.17763.200 >= 10.0.17763.100',
    });
  });

  it('says that it is for a part that is not there, a hotpatch, or not needed', () => {
    const net = update('KB5000002', ['CVE-2025-1'], [], {
      component: 'Microsoft .NET Framework 3.5 AND 4.8',
    });
    const hotpatch = update('KB3000001', ['CVE-2025-0003'], [], { isHotpatch: true });
    const other = update('KB2000002', ['CVE-2025-0001']);
    expect(explained('', 'KB5000002', [net])).toMatchObject({ rules: ['KB5000002 other-part'] });
    expect(explained('', 'KB3000001', [hotpatch])).toMatchObject({ rules: ['KB3000001 hotpatch'] });
    expect(explained('KB1000001', 'KB2000002', [JAN, other])).toMatchObject({
      decision: 'not-affected',
      rules: ['KB2000002 fixed-otherwise'],
    });
    expect(explained('', 'KB9999999')).toMatchObject({ decision: 'unknown', rules: [] });
  });
});

interface PlainRecord {
  readonly number: string;
  readonly cves: readonly string[];
  readonly supersedes: readonly string[];
}

/** The rule said once more, without any of the shortcuts: asks for every pair whether the one replaces the other. */
function plainSearch(
  records: readonly PlainRecord[],
  installed: readonly string[],
): Readonly<Record<string, readonly string[]>> {
  const replaces = (a: string, b: string, seen: readonly string[] = []): boolean =>
    records.some(
      (record) =>
        record.number === a &&
        record.supersedes.some(
          (next) => next === b || (!seen.includes(next) && replaces(next, b, [...seen, next])),
        ),
    );
  const isInEffect = (number: string): boolean =>
    installed.some((one) => one === number || replaces(one, number));
  const known = [...new Set(records.map((record) => record.number))];
  const missing = known.filter((number) => !isInEffect(number));
  const fixes = (number: string, cve: string): boolean =>
    records.some((record) => record.number === number && record.cves.includes(cve));
  const open = [...new Set(records.flatMap((record) => record.cves))].filter(
    (cve) => !known.some((number) => fixes(number, cve) && isInEffect(number)),
  );
  const result: Record<string, readonly string[]> = {};
  for (const number of missing.sort()) {
    const isReplaced = missing.some(
      (other) => other !== number && replaces(other, number) && !replaces(number, other),
    );
    const closes = open.filter(
      (cve) => fixes(number, cve) || known.some((below) => replaces(number, below) && fixes(below, cve)),
    );
    if (!isReplaced && closes.length > 0) result[number] = closes.sort();
  }
  return result;
}
