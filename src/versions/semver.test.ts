import { describe, expect, it } from 'vitest';
import { compareSemver, isWellFormedSemver, withoutBitnamiRevision } from './semver.ts';

const OLDER_THEN_NEWER: readonly (readonly [why: string, older: string, newer: string])[] = [
  ['numbers are numbers', '1.9.0', '1.10.0'],
  ['a pre-release comes before the release', '1.0.0-rc.1', '1.0.0'],
  ['numeric identifiers come before words', '1.0.0-alpha.1', '1.0.0-alpha.beta'],
  ['a leading v changes nothing', 'v1.2.3', '1.2.4'],
  ['a missing part is 0', '1.2', '1.2.1'],
  ['a pre-release of a short version comes before it', '1.2-rc.1', '1.2.0'],
  [
    'Go pseudo-versions count by their time',
    'v0.0.0-20191109021931-daa7c04131f5',
    'v0.0.0-20220314234659-0a0b0c0d0e0f',
  ],
  [
    'a Go pseudo-version comes before the release it precedes',
    'v1.2.4-0.20191109021931-daa7c04131f5',
    'v1.2.4',
  ],
  ['a Go pseudo-version comes after the release before it', 'v1.2.3', 'v1.2.4-0.20191109021931-daa7c04131f5'],
  ['a fourth number counts', '1.2.3.4', '1.2.3.5'],
  ['text where a number should be makes a pre-release', '1.21rc2', '1.21'],
];

describe('compareSemver', () => {
  for (const [why, older, newer] of OLDER_THEN_NEWER) {
    it(`knows that ${why}`, () => {
      expect(compareSemver(older, newer)).toBeLessThan(0);
      expect(compareSemver(newer, older)).toBeGreaterThan(0);
    });
  }

  it('does not count +incompatible, other build metadata, the v and zeros at the end', () => {
    expect(compareSemver('v2.0.0+incompatible', '2.0.0')).toBe(0);
    expect(compareSemver('1.0.0-rc.1+build.5', '1.0.0-rc.1')).toBe(0);
    expect(compareSemver('1', 'V1.0.0')).toBe(0);
  });
});

describe('withoutBitnamiRevision', () => {
  it('takes off the revision, with or without the distribution it was built on', () => {
    for (const suffix of [
      '0',
      '17',
      'r5',
      'debian-12',
      'debian-12-r3',
      '4-debian-12',
      '7-linux-amd64-debian-12',
      'photon-5-r1',
    ]) {
      expect(withoutBitnamiRevision(`2.4.44-${suffix}`), suffix).toBe('2.4.44');
    }
  });

  it('keeps pre-releases, Go pseudo-versions and what has no revision', () => {
    for (const version of [
      '2.4.44',
      '1.0.0-rc.1',
      '1.0.0-beta',
      '0.0.0-20250807212521-c52795c1ef74',
      '',
      '-1',
    ]) {
      expect(withoutBitnamiRevision(version)).toBe(version);
    }
  });

  it('makes a rebuild of the fixed version count as fixed', () => {
    expect(compareSemver('2.4.44-0', '2.4.44')).toBeLessThan(0);
    expect(compareSemver(withoutBitnamiRevision('2.4.44-0'), '2.4.44')).toBe(0);
  });
});

describe('isWellFormedSemver', () => {
  it('accepts full, short and prefixed versions', () => {
    for (const version of ['1', '1.2', 'v1.2.3', '1.2.3-rc.1+b.2', '2.0.0+incompatible', '1.2.3.4']) {
      expect(isWellFormedSemver(version), version).toBe(true);
    }
  });

  it('refuses ranges, words and empty text', () => {
    for (const version of ['', 'v', 'latest', '^1.2', '1.x', '1..2', '1.2.3-', '>= 1', '1\0', '1.é']) {
      expect(isWellFormedSemver(version), version).toBe(false);
    }
  });
});
