import { describe, expect, it } from 'vitest';
import { comparerOf, compareVersions, isInRange, isWellFormed } from './compare.ts';
import { VERSION_SCHEMES } from './scheme.ts';

const LONG = '9'.repeat(400);

describe('every scheme', () => {
  for (const scheme of VERSION_SCHEMES) {
    it(`compares 400 digits by ${scheme} to the last one`, () => {
      const lower = `1.${LONG.slice(0, -1)}8`;
      const higher = `1.${LONG}`;
      expect(compareVersions(scheme, lower, higher)).toBeLessThan(0);
      expect(compareVersions(scheme, higher, lower)).toBeGreaterThan(0);
      expect(compareVersions(scheme, higher, `1.1${'0'.repeat(400)}`)).toBeLessThan(0);
    });

    it(`gives empty text, NUL, lone surrogates and prototype names a place by ${scheme}`, () => {
      const hostile = [
        '',
        '\0',
        '1\0',
        '\ud800',
        '__proto__',
        'constructor',
        'toString',
        '-',
        ':',
        '.',
        '💥',
        ' ',
      ];
      const compare = comparerOf(scheme);
      for (const a of hostile) {
        for (const b of hostile) {
          const sum = Math.sign(compare(a, b)) + Math.sign(compare(b, a));
          expect(sum, JSON.stringify([a, b])).toBe(0);
        }
      }
    });

    it(`refuses empty text and NUL as versions of ${scheme}`, () => {
      expect(isWellFormed(scheme, '')).toBe(false);
      expect(isWellFormed(scheme, '1.0\0')).toBe(false);
      expect(isWellFormed(scheme, '1.0')).toBe(true);
    });
  }
});

describe('isInRange', () => {
  const compare = comparerOf('deb');
  const range = { introduced: '', fixed: '', lastAffected: '' };

  it('begins with the introduced version and ends before the fixed one', () => {
    const bounded = { ...range, introduced: '1:2.0', fixed: '1:2.5-1' };
    expect(isInRange(compare, '9.0', bounded)).toBe(false);
    expect(isInRange(compare, '1:2.0', bounded)).toBe(true);
    expect(isInRange(compare, '1:2.5~rc1-1', bounded)).toBe(true);
    expect(isInRange(compare, '1:2.5-1', bounded)).toBe(false);
  });

  it('includes the last affected version', () => {
    const bounded = { ...range, lastAffected: '2.0' };
    expect(isInRange(compare, '2.0', bounded)).toBe(true);
    expect(isInRange(compare, '2.0+b1', bounded)).toBe(false);
  });

  it('has no beginning without an introduced version and no end without a fixed one', () => {
    expect(isInRange(compare, '0~~', range)).toBe(true);
    expect(isInRange(compare, '999:1', { ...range, introduced: '1' })).toBe(true);
  });

  it('lets the fixed version decide where a last affected one is given besides', () => {
    expect(isInRange(compare, '1.5', { ...range, fixed: '2.0', lastAffected: '1.0' })).toBe(true);
  });
});
