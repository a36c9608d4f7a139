import { describe, expect, it } from 'vitest';
import { compareApk, isWellFormedApk } from './apk.ts';

const OLDER_THEN_NEWER: readonly (readonly [why: string, older: string, newer: string])[] = [
  ['revisions are numbers', '1.36.1-r9', '1.36.1-r10'],
  ['a shorter version comes before a longer', '1.2', '1.2.0'],
  ['a number with a leading zero comes before one without', '1.05', '1.1'],
  ['the first number is a number whatever it starts with', '1.0', '006'],
  ['a letter comes after none', '1.1.1', '1.1.1w'],
  ['a letter comes before a further number', '1.1.1w', '1.1.1.1'],
  ['a pre-release comes before the release', '1.0_rc1', '1.0'],
  ['pre-releases keep their order', '1.0_alpha9', '1.0_beta1'],
  ['a patch comes after the release', '3.0-r9', '3.0_p1-r0'],
  ['git snapshots come before patches', '1.0_git20240101', '1.0_p1'],
  ['dates as suffix numbers are numbers', '1.0_pre20191002222144-r0', '1.0_pre20210530193627-r0'],
  ['a commit hash comes after none', '1.0', '1.0~ab12'],
  ['malformed text comes before none', '1.0-r1.x', '1.0-r1'],
];

describe('compareApk', () => {
  for (const [why, older, newer] of OLDER_THEN_NEWER) {
    it(`knows that ${why}`, () => {
      expect(compareApk(older, newer)).toBeLessThan(0);
      expect(compareApk(newer, older)).toBeGreaterThan(0);
    });
  }

  it('takes a missing revision for revision 0', () => {
    expect(compareApk('1.2.3', '1.2.3-r0')).toBe(0);
  });
});

describe('isWellFormedApk', () => {
  it('accepts every part that apk knows', () => {
    for (const version of ['1', '1.2.3-r4', '1.1.1w-r0', '1.0_rc1_p2-r3', '1.0~ab12-r1', '1.0_git-r0']) {
      expect(isWellFormedApk(version), version).toBe(true);
    }
  });

  it('refuses anything else', () => {
    for (const version of ['', 'a', '1.', '1..2', '1.0A', '1.0_x', '1-r', '1-1', '1.0-r1-r2', 'v1', '1\0']) {
      expect(isWellFormedApk(version), version).toBe(false);
    }
  });
});
