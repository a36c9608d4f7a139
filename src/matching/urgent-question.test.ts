import { describe, expect, it } from 'vitest';
import type { Package } from '../inventory/package.ts';
import type { PackageMatch } from './match.ts';
import { judgeQuestion, type UrgentQuestion, urgentMatches } from './urgent-question.ts';
import { parseVersionRange } from './version-range.ts';

function question(name: string, rangeText: string, ecosystem = ''): UrgentQuestion {
  const parsed = parseVersionRange(rangeText);
  if (!parsed.ok) throw new Error(parsed.problem);
  return { id: `URGENT-${name}`, name, ecosystem, range: parsed.range, rangeText };
}

function pkg(ecosystem: string, name: string, version: string, more: Partial<Package> = {}): Package {
  return {
    ecosystem,
    name,
    version,
    arch: '',
    source: name,
    sourceVersion: version,
    module: '',
    origin: '',
    ...more,
  };
}

const decide = (asked: UrgentQuestion, one: Package) => judgeQuestion(asked, one)?.decision;

describe('a question by name and range', () => {
  const log4j = question('log4j-core', '>=2.0 <2.17.1');

  it("means Maven's artifact by its name alone, and says what was compared and what is fixed", () => {
    expect(judgeQuestion(log4j, pkg('Maven', 'org.apache.logging.log4j:log4j-core', '2.14.1'))).toEqual({
      decision: 'affected',
      installedVersion: '2.14.1',
      compared: 'binary',
      comparison: '2.14.1 is in >=2.0 <2.17.1 (maven)',
      fixedVersion: '2.17.1',
    });
    expect(decide(log4j, pkg('Maven', 'org.apache.logging.log4j:log4j-core', '2.17.1'))).toBe('not-affected');
    expect(decide(log4j, pkg('Maven', 'org.apache.logging.log4j:log4j-api', '2.14.1'))).toBeUndefined();
    expect(decide(log4j, pkg('npm', 'x:log4j-core', '2.14.1'))).toBeUndefined();
  });

  it('means binaries by the name of their source, at the version of the source', () => {
    const openssl = question('openssl', '<3.0.7');
    const libssl = pkg('ubuntu:22.04', 'libssl3', '3.0.2-0ubuntu1.12+b1', {
      source: 'openssl',
      sourceVersion: '3.0.2-0ubuntu1.12',
    });
    expect(judgeQuestion(openssl, libssl)).toMatchObject({ decision: 'affected', compared: 'source' });
    const own = pkg('ubuntu:22.04', 'openssl', '3.0.8', { source: 'openssl-legacy', sourceVersion: '1.0' });
    expect(judgeQuestion(openssl, own)).toMatchObject({ decision: 'not-affected', compared: 'binary' });
  });

  it('leaves epochs out of account unless it writes one', () => {
    const bind = pkg('almalinux:9', 'bind', '32:9.16.23-1.el9');
    expect(decide(question('bind', '<9.18'), bind)).toBe('affected');
    expect(decide(question('bind', '<32:9.16'), bind)).toBe('not-affected');
    expect(decide(question('bind', '<33:0'), bind)).toBe('affected');
  });

  it('stays within an ecosystem, or a family of systems', () => {
    const bash = pkg('debian:12', 'bash', '5.2');
    expect(decide(question('bash', '*', 'debian'), bash)).toBe('affected');
    expect(decide(question('bash', '*', 'debian:12'), bash)).toBe('affected');
    expect(decide(question('bash', '*', 'debian:11'), bash)).toBeUndefined();
    expect(decide(question('bash', '*', 'ubuntu'), bash)).toBeUndefined();
  });

  it.each([
    [pkg('Hex', 'log4j-core', '2.14.1'), 'how Hex orders versions is not known'],
    [pkg('npm', 'log4j-core', ''), 'it has no version'],
  ])('does not compare what it cannot, and says why', (one, why) => {
    expect(judgeQuestion(log4j, one)).toMatchObject({ decision: 'uncompared', comparison: why });
  });

  it('does not compare by a range that is none in that ecosystem', () => {
    const asked = question('tool', '<2.0~x^y!');
    expect(judgeQuestion(asked, pkg('npm', 'tool', '1.0.0'))).toMatchObject({
      decision: 'uncompared',
      comparison: expect.stringContaining('is no version as semver writes them'),
    });
  });
});

describe('what is urgent about a package', () => {
  const none = { cves: new Set<string>(), kbs: new Set<string>(), questions: [] };
  const match: PackageMatch = {
    vulnerabilities: [{ type: 'windows_vul', id: 'KB5034441' }],
    cves: ['CVE-2024-20666'],
    advisoryId: 'CVE-2024-20666',
    feed: 'msrc',
    fixedVersion: 'KB5034441',
    on: 'binary',
  };

  it('is an update asked for that it lacks, beside the ordinary finding', () => {
    const windows = pkg('windows:Windows 10', 'Windows 10', '10.0.19045');
    expect(urgentMatches(windows, [match], none)).toEqual([]);
    expect(urgentMatches(windows, [match], { ...none, kbs: new Set(['KB5034441']) })).toEqual([
      { ...match, vulnerabilities: [{ type: 'urgent_vul', id: 'URGENT-KB5034441' }] },
    ]);
  });

  it('is every question that it answers; an end that is in the range is no fix', () => {
    const questions = [question('a', '<2'), question('a', '<=2'), question('a', '>2'), question('b', '*')];
    const found = urgentMatches(pkg('npm', 'a', '1.0.0'), [], { ...none, questions });
    expect(found.map(({ fixedVersion }) => fixedVersion)).toEqual(['2', undefined]);
  });
});
