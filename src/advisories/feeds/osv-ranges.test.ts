import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { comparerOf, isInRange } from '../../versions/compare.ts';
import { RecordProblem, rangesOf, versionsBeyond } from './osv-ranges.ts';

function rangesFrom(events: readonly unknown[], type = 'ECOSYSTEM'): string[] {
  return rangesOf({ ranges: [{ type, events }] }, 'semver').map(
    ({ introduced, fixed, lastAffected }) =>
      `${introduced || 'first'}..${fixed || (lastAffected === '' ? '' : `=${lastAffected}`)}`,
  );
}

describe('rangesOf', () => {
  it.each<[string, readonly object[], readonly string[]]>([
    ['from the first to a fix', [{ introduced: '0' }, { fixed: '1.2.0' }], ['first..1.2.0']],
    ['without a fix', [{ introduced: '1.0.0' }], ['1.0.0..']],
    ['up to and with a version', [{ introduced: '0' }, { last_affected: '2.0.0' }], ['first..=2.0.0']],
    ['one version only', [{ introduced: '1.5.0' }, { last_affected: '1.5.0' }], ['1.5.0..=1.5.0']],
    ['a limit', [{ introduced: '1.0.0' }, { limit: '2.0.0' }], ['1.0.0..2.0.0']],
    ['no limit', [{ introduced: '1.0.0' }, { limit: '*' }], ['1.0.0..']],
    [
      'several pairs',
      [{ introduced: '1.0.0' }, { fixed: '1.2.0' }, { introduced: '2.0.0' }, { fixed: '2.3.0' }],
      ['1.0.0..1.2.0', '2.0.0..2.3.0'],
    ],
    [
      'introductions before fixes',
      [{ introduced: '2.0.0' }, { introduced: '1.0.0' }, { fixed: '2.3.0' }, { fixed: '1.2.0' }],
      ['1.0.0..1.2.0', '2.0.0..2.3.0'],
    ],
    ['a fix listed first', [{ fixed: '1.2.0' }, { introduced: '0' }], ['first..1.2.0']],
    [
      'fixes on several branches',
      [{ introduced: '0' }, { fixed: '1.2.0' }, { fixed: '2.3.0' }],
      ['first..1.2.0'],
    ],
    ['an empty interval', [{ introduced: '1.0.0' }, { fixed: '1.0.0' }], []],
    [
      'a fix and a new introduction at one version',
      [{ introduced: '0' }, { fixed: '2.0.0' }, { introduced: '2.0.0' }, { fixed: '2.1.0' }],
      ['first..2.0.0', '2.0.0..2.1.0'],
    ],
    ['no introduction at all', [{ fixed: '1.2.0' }], ['first..1.2.0']],
    ['no events', [], []],
  ])('reads %s', (_, events, ranges) => {
    expect(rangesFrom(events)).toEqual(ranges);
  });

  it('passes over commits', () => {
    expect(
      rangesFrom([{ introduced: '0' }, { fixed: 'b42dd4badf803bb9fb71ac34cd9cb0c249262f2c' }], 'GIT'),
    ).toEqual([]);
  });

  it.each<[readonly unknown[]]>([
    [[{ fixed: 3 }]],
    [[{ introduced: null }]],
    [[{ fixed: '' }]],
    [[{ fixed: 'x\u0000' }]],
    [['0']],
  ])('names events that are no events: %j', (events) => {
    expect(() => rangesFrom(events)).toThrow(RecordProblem);
  });

  it('says of every version what the evaluation of the OSV schema says', () => {
    const version = fc.integer({ min: 1, max: 9 }).map((major) => `${major}.0.0`);
    const kind = fc.constantFrom('introduced', 'fixed', 'last_affected');
    const events = fc.uniqueArray(fc.tuple(kind, version), {
      selector: ([, at]) => at,
      minLength: 1,
      maxLength: 8,
    });
    const compare = comparerOf('semver');
    fc.assert(
      fc.property(events, version, (pairs, asked) => {
        fc.pre(pairs.some(([name]) => name === 'introduced'));
        const ranges = rangesOf(
          { ranges: [{ type: 'SEMVER', events: pairs.map(([name, at]) => ({ [name]: at })) }] },
          'semver',
        );
        let isAffected = false;
        for (const [name, at] of [...pairs].sort((a, b) => compare(a[1], b[1]))) {
          if (name === 'introduced' && compare(asked, at) >= 0) isAffected = true;
          if (name === 'fixed' && compare(asked, at) >= 0) isAffected = false;
          if (name === 'last_affected' && compare(asked, at) > 0) isAffected = false;
        }
        expect(ranges.some((range) => isInRange(compare, asked, range))).toBe(isAffected);
      }),
    );
  });
});

describe('versionsBeyond', () => {
  it('keeps only the listed versions that no range covers', () => {
    const ranges = [{ introduced: '1.0.0', fixed: '2.0.0', lastAffected: '' }];
    expect(versionsBeyond({ versions: ['0.9.0', '1.0.0', '1.9.0', '2.0.0'] }, ranges, 'semver')).toEqual([
      '0.9.0',
      '2.0.0',
    ]);
    expect(versionsBeyond({ versions: ['0.9.0'] }, [], 'semver')).toEqual(['0.9.0']);
    expect(versionsBeyond({}, ranges, 'semver')).toEqual([]);
  });

  it('names a version that is none', () => {
    expect(() => versionsBeyond({ versions: [1] }, [], 'semver')).toThrow(RecordProblem);
  });
});
