import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { comparerOf, compareVersions, isInRange } from '../versions/compare.ts';
import { parseConstraint, rangesOfIntervals } from './version-constraint.ts';

describe('parseConstraint', () => {
  it.each([
    ['<=1.5.1', [{ from: '', to: '1.5.1', withTo: true }]],
    ['8.x || 9', [{ from: '8.0.0', to: '10.0.0', withTo: false }]],
    ['^0.2.3', [{ from: '0.2.3', to: '0.3.0', withTo: false }]],
    ['^0.0.3', [{ from: '0.0.3', to: '0.0.4', withTo: false }]],
    [
      '^8.1.4 || ^4.8.4',
      [
        { from: '4.8.4', to: '5.0.0', withTo: false },
        { from: '8.1.4', to: '9.0.0', withTo: false },
      ],
    ],
    ['~1.2.3', [{ from: '1.2.3', to: '1.3.0', withTo: false }]],
    ['>= 1.0.0 <2.0.0', [{ from: '1.0.0', to: '2.0.0', withTo: false }]],
    ['>1.0.0', [{ from: '1.0.1-0', to: '', withTo: false }]],
    ['1.0.0 - 1.4.2', [{ from: '1.0.0', to: '1.4.2', withTo: true }]],
    ['2.0.0-M1', [{ from: '2.0.0-M1', to: '2.0.0-M1', withTo: true }]],
    ['*', [{ from: '', to: '', withTo: false }]],
  ])('reads %s as node-semver does', (text, intervals) => {
    expect(parseConstraint(text, 'semver')).toEqual(intervals);
  });

  it("reads Composer's and Wordfence's constraints, where one number is one version", () => {
    expect(parseConstraint('>=2.0,<2.1.5|=3', 'packagist')).toEqual([
      { from: '2.0', to: '2.1.5', withTo: false },
      { from: '3', to: '3', withTo: true },
    ]);
    expect(parseConstraint('<1.0.13 || >=1.1.0-beta1 <1.1.0-beta3', 'packagist')).toEqual([
      { from: '', to: '1.0.13', withTo: false },
      { from: '1.1.0-beta1', to: '1.1.0-beta3', withTo: false },
    ]);
  });

  it('reads zero as the first version, whatever came before it', () => {
    expect(parseConstraint('>=0,<8.5', 'packagist')).toEqual([{ from: '', to: '8.5', withTo: false }]);
    expect(parseConstraint('>=0.0.0', 'semver')).toEqual([{ from: '', to: '', withTo: false }]);
  });

  it('makes one of intervals that touch, and none of a contradiction', () => {
    expect(parseConstraint('>=1,<2|>=1.5,<3|>=3,<4', 'packagist')).toEqual([
      { from: '1', to: '4', withTo: false },
    ]);
    expect(parseConstraint('>=2 <1', 'semver')).toEqual([]);
  });

  it.each(['', '  ', '>=', '1.0 || ', 'latest', '>=1.0,,', `<${'1'.repeat(600)}`, '<1.0'.repeat(5_000)])(
    'does not guess at %j',
    (text) => {
      expect(parseConstraint(text, 'packagist')).toBeUndefined();
    },
  );

  it('never throws, and yields only intervals that are not upside down', () => {
    const piece = fc.constantFrom(
      '<',
      '>',
      '=',
      '^',
      '~',
      '|',
      '||',
      ',',
      ' ',
      ' - ',
      '1',
      '0.2.3',
      'x',
      '*',
      '-rc',
      'v',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        for (const { from, to } of parseConstraint(pieces.join(''), 'semver') ?? []) {
          if (from !== '' && to !== '') expect(compareVersions('semver', from, to)).toBeLessThanOrEqual(0);
        }
      }),
    );
  });
});

describe('rangesOfIntervals', () => {
  const ranges = (vulnerable: string, patched: string) =>
    rangesOfIntervals(
      parseConstraint(vulnerable, 'semver') ?? [],
      parseConstraint(patched, 'semver') ?? [],
      'semver',
    );

  it('takes what is fixed out of each line, and carries a line without a fix on to the next one', () => {
    expect(ranges('8.x || 7.x || 4.x || 6.x || 5.x', '^8.1.4 || ^7.10.1 || ^4.8.4 || ^6.11.1')).toEqual([
      { introduced: '4.0.0', fixed: '4.8.4', lastAffected: '' },
      { introduced: '5.0.0', fixed: '6.11.1', lastAffected: '' },
      { introduced: '7.0.0', fixed: '7.10.1', lastAffected: '' },
      { introduced: '8.0.0', fixed: '8.1.4', lastAffected: '' },
    ]);
  });

  it('ends in the fix where one is known, also behind versions that nobody named', () => {
    expect(ranges('<=1.5.1', '>=1.5.2')).toEqual([{ introduced: '', fixed: '1.5.2', lastAffected: '' }]);
    expect(ranges('<=1.5.1', '')).toEqual([{ introduced: '', fixed: '', lastAffected: '1.5.1' }]);
    expect(ranges('*', '')).toEqual([{ introduced: '', fixed: '', lastAffected: '' }]);
    expect(ranges('<1.0.0', '')).toEqual([{ introduced: '', fixed: '1.0.0', lastAffected: '' }]);
  });

  it('says of any version what the two constraints say', () => {
    const version = fc.tuple(fc.nat(5), fc.nat(3), fc.nat(3)).map((parts) => parts.join('.'));
    const isIn = (text: string, one: string): boolean =>
      (parseConstraint(text, 'semver') ?? []).some(
        ({ from, to, withTo }) =>
          (from === '' || compareVersions('semver', one, from) >= 0) &&
          (to === '' || compareVersions('semver', one, to) < (withTo ? 1 : 0)),
      );
    fc.assert(
      fc.property(
        fc.array(fc.tuple(version, version), { minLength: 1, maxLength: 4 }),
        fc.array(version, { maxLength: 4 }),
        version,
        (affected, fixes, one) => {
          const vulnerable = affected.map(([from, to]) => `>=${from} <${to}`).join(' || ');
          const patched = fixes.map((fix) => `^${fix}`).join(' || ');
          const expected = isIn(vulnerable, one) && !isIn(patched, one);
          const found = ranges(vulnerable, patched).some((range) =>
            isInRange(comparerOf('semver'), one, range),
          );
          expect(found).toBe(expected);
        },
      ),
    );
  });
});
