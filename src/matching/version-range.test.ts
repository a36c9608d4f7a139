import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { VERSION_SCHEMES } from '../versions/scheme.ts';
import { intervalOf, parseVersionRange, rangeProblem, rangeProblemAnywhere } from './version-range.ts';

function within(text: string, version: string, scheme: (typeof VERSION_SCHEMES)[number] = 'maven'): boolean {
  const parsed = parseVersionRange(text);
  if (!parsed.ok) throw new Error(parsed.problem);
  return intervalOf(parsed.range, version, scheme) !== undefined;
}

describe('a range as a person writes it', () => {
  it.each([
    ['>=2.0 <2.17.1', ['2.0', '2.14.1', '2.17.0'], ['1.2.17', '2.17.1', '3']],
    ['>= 2.0, < 2.17.1', ['2.0'], ['2.17.1']],
    ['>1.0 <=2.0', ['1.1', '2.0'], ['1.0', '2.0.1']],
    ['<2', ['1.9'], ['2']],
    ['=1.5', ['1.5', '1.5.0'], ['1.5.1']],
    ['1.5 || >=3 <3.1', ['1.5', '3.0.9'], ['1.6', '3.1']],
    ['*', ['0', '99'], []],
  ])('%s', (text, inside, outside) => {
    for (const version of inside)
      expect({ version, in: within(text, version) }).toEqual({ version, in: true });
    for (const version of outside)
      expect({ version, in: within(text, version) }).toEqual({ version, in: false });
  });

  it('is read by the rules of each ecosystem', () => {
    expect(within('<1.0', '1.0~rc1', 'deb')).toBe(true);
    expect(within('<1.0', '1.0-1', 'deb')).toBe(false);
    expect(within('<1.0', '1.0-1', 'semver')).toBe(true);
    expect(within('<1.0', '1.0rc1', 'pypi')).toBe(true);
  });

  it.each([
    ['', 'is empty'],
    ['>=1 ||', 'is empty'],
    ['>=1 >2', 'two lower bounds, 1 and 2'],
    ['<1 <=2', 'two upper bounds'],
    ['1.0 <2', '1.0 is one version'],
    ['<2 =1', '1 is one version'],
    ['>=', 'cannot be read from ">="'],
    ['~>1', '~ is one version'],
    ['x'.repeat(300), '256 characters'],
    [Array.from({ length: 20 }, () => '1').join('||'), '16 alternatives'],
  ])('%j is refused in words', (text, problem) => {
    expect(parseVersionRange(text)).toEqual({ ok: false, problem: expect.stringContaining(problem) });
  });

  it('is refused by a scheme of which a bound is no version, or where its bounds cross', () => {
    const problem = (text: string): string | undefined => {
      const parsed = parseVersionRange(text);
      return parsed.ok ? rangeProblem(parsed.range, 'semver') : parsed.problem;
    };
    expect(problem('<$revision')).toContain('is no version as semver writes them');
    expect(problem('>=3 <2')).toBe('begins with 3, which is later than its end 2 (semver)');
    expect(problem('>=2 <3')).toBeUndefined();
    expect(problem('>=2 <2')).toBe(
      'holds no version: it begins and ends with 2, which is not included (semver)',
    );
    expect(problem('>2 <=2.0.0')).toContain('holds no version');
    expect(problem('>=2 <=2')).toBeUndefined();
  });

  it.each([
    ['>=2 <1', 'begins with 2, which is later than its end 1'],
    ['<1 || >3 <3', 'holds no version'],
    ['>=2 <=2', undefined],
    // Before its release by Debian's rules, after it by none of the others.
    ['>=1.0~rc1 <1.0', undefined],
    ['*', undefined],
  ])('%s of any ecosystem has the problem %j', (text, problem) => {
    const parsed = parseVersionRange(text);
    if (!parsed.ok) throw new Error(parsed.problem);
    const found = rangeProblemAnywhere(parsed.range);
    if (problem === undefined) expect(found).toBeUndefined();
    else expect(found).toContain(problem);
  });

  it('never fails on any text, and never takes what it did not understand', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 60 }), fc.constantFrom(...VERSION_SCHEMES), (text, scheme) => {
        const parsed = parseVersionRange(text);
        if (!parsed.ok) return;
        expect(parsed.range.length).toBeGreaterThan(0);
        rangeProblem(parsed.range, scheme);
        intervalOf(parsed.range, '1.0', scheme);
      }),
    );
  });
});
