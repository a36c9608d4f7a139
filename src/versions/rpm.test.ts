import { describe, expect, it } from 'vitest';
import { compareRpm, isWellFormedRpm } from './rpm.ts';

const OLDER_THEN_NEWER: readonly (readonly [why: string, older: string, newer: string])[] = [
  ['epochs are numbers, not text', '9:1.0-1', '10:1.0-1'],
  ['a missing epoch is 0', '7.4.0-1', '1:1.0-1'],
  ['a tilde comes before the end', '1.0~rc1-1', '1.0-1'],
  ['a caret comes after the end', '1.0-1', '1.0^20240101git-1'],
  ['a caret comes before any further part', '1.0^20240101git-1', '1.0.1-1'],
  ['letters come before digits', '1.0.a-1', '1.0.1-1'],
  ['el8_9 comes after el8_8', '4.18.0-513.el8_8', '4.18.0-513.el8_9'],
  ['el8 comes before el8_9', '4.18.0-513.el8', '4.18.0-513.el8_9'],
  ['kernel release 96 comes before 100', '5.14.0-96.el9', '5.14.0-100.el9'],
  ['a kernel without a point release comes before one with', '4.18.0-513.el8', '4.18.0-513.9.1.el8_9'],
  ['a FIPS build comes after its base', '1.1.1k-9.el8', '1.1.1k-9.el8.fips'],
  [
    'module builds count by their platform',
    '1:14.21.1-2.module_el8.5.0+119+9a9ec082',
    '1:14.21.1-2.module_el8.7.0+3342+f5a9b8d7',
  ],
  [
    'module builds of one platform count by their number',
    '1:14.21.1-2.module_el8.7.0+999+f5a9b8d7',
    '1:14.21.1-2.module_el8.7.0+3342+0a9b8d7f',
  ],
  ['a missing release is older than any', '1.0', '1.0-0'],
];

describe('compareRpm', () => {
  for (const [why, older, newer] of OLDER_THEN_NEWER) {
    it(`knows that ${why}`, () => {
      expect(compareRpm(older, newer)).toBeLessThan(0);
      expect(compareRpm(newer, older)).toBeGreaterThan(0);
    });
  }

  it('takes separators, their number and characters beyond ASCII for nothing', () => {
    expect(compareRpm('1.2_3-1.el8', '1..2+3-1é.el8')).toBe(0);
    expect(compareRpm('1.1.α', '1.1')).toBe(0);
    expect(compareRpm('0:1.0-1', '1.00-1')).toBe(0);
  });
});

describe('isWellFormedRpm', () => {
  it('accepts epochs, tildes, carets and module builds', () => {
    for (const version of [
      '1',
      '1:2.3-4.el8',
      '1.0~rc1-1',
      '1.0^git1-1',
      '1-2.module_el8.5.0+119+9a9ec082',
    ]) {
      expect(isWellFormedRpm(version), version).toBe(true);
    }
  });

  it('refuses empty parts, blanks and characters that rpmbuild refuses', () => {
    for (const version of ['', ':1-1', '1:', '-1', '1-', '1 2', '1.é', '1\0', '(none)']) {
      expect(isWellFormedRpm(version), version).toBe(false);
    }
  });
});
