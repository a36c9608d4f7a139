import { describe, expect, it } from 'vitest';
import { compareDeb, isWellFormedDeb } from './deb.ts';

const OLDER_THEN_NEWER: readonly (readonly [why: string, older: string, newer: string])[] = [
  ['epochs are numbers, not text', '9:1.0-1', '10:1.0-1'],
  ['a missing epoch is 0', '7.4.0-1', '1:1.0-1'],
  ['a tilde comes before the end', '1.0~rc1-1', '1.0-1'],
  ['a tilde comes before a tilde and more', '1.0~~-1', '1.0~-1'],
  ['a backport comes before the release it was made from', '2.36.1-8~bpo11+1', '2.36.1-8'],
  ['a security update comes after its base', '2.36-9', '2.36-9+deb12u1'],
  ['deb12u9 comes before deb12u10', '2.36-9+deb12u9', '2.36-9+deb12u10'],
  ['an ESM build comes after the release', '1.1.1-1ubuntu2.1~18.04.23', '1.1.1-1ubuntu2.1~18.04.23+esm1'],
  ['ESM builds count up', '7.52.1-5+esm9', '7.52.1-5+esm10'],
  ['a FIPS build comes after its base', '1.1.1f-1ubuntu2', '1.1.1f-1ubuntu2.fips.2.8'],
  ['kernel 96 comes before kernel 100', '5.15.0-96.106', '5.15.0-100.110'],
  ['a missing revision is revision 0', '1.0', '1.0-1'],
  ['a hyphen in upstream is kept while a revision follows', '1.0-rc1-1', '1.0-rc2-1'],
  ['letters come before other characters', '1.0a', '1.0+'],
  ['the rebuild of a binary comes after it', '1.0-1', '1.0-1+b1'],
];

describe('compareDeb', () => {
  for (const [why, older, newer] of OLDER_THEN_NEWER) {
    it(`knows that ${why}`, () => {
      expect(compareDeb(older, newer)).toBeLessThan(0);
      expect(compareDeb(newer, older)).toBeGreaterThan(0);
    });
  }

  it('does not count zeros in front, an epoch of 0 and a revision of 0', () => {
    expect(compareDeb('0:1.01-0', '1.1')).toBe(0);
    expect(compareDeb('000:1.1', '1.1-00')).toBe(0);
  });
});

describe('isWellFormedDeb', () => {
  it('accepts what dpkg accepts', () => {
    for (const version of ['1', '1:2.3-4', '2.36-9+deb12u1', '1.0~rc1', '1.0-rc1-1', '1:2:3-1']) {
      expect(isWellFormedDeb(version), version).toBe(true);
    }
  });

  it('refuses an epoch that is no number, empty parts and foreign characters', () => {
    for (const version of [
      '',
      ':1',
      'a:1',
      '1:',
      '1-',
      '1:-1',
      '1 2',
      '1.é',
      '1\0',
      '<end-of-life>',
      '2.1:3',
    ]) {
      expect(isWellFormedDeb(version), version).toBe(false);
    }
  });
});
