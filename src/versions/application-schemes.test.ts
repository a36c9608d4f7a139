import { describe, expect, it } from 'vitest';
import { compareVersions, isWellFormed } from './compare.ts';
import type { VersionScheme } from './scheme.ts';

/** What the published pairs (pairs.test.ts) leave out, each oldest first. */
const ASCENDING: readonly (readonly [scheme: VersionScheme, versions: readonly string[]])[] = [
  [
    'maven',
    ['4.0.0.Alpha2', '4.0.0.Beta1', '4.0.0.CR1', '4.0.0-SNAPSHOT', '4.0.0.Final', '4.0.0.SP1', '4.0.1'],
  ],
  ['maven', ['1-alpha', '1', '1.sp', '1-1', '1.0.1']],
  ['maven', ['31.0.1-jre', '31.1-android', '31.1-jre', '32.0.0-android']],
  ['maven', ['2.13.4', '2.13.4.1', '2.13.4.2', '2.14.0-rc1', '2.14.0']],
  [
    'pypi',
    [
      '1.0.dev1',
      '1.0a1.dev1',
      '1.0a1',
      '1.0b2',
      '1.0rc1',
      '1.0',
      '1.0+local',
      '1.0.post1.dev1',
      '1.0.post1',
      '1!0',
    ],
  ],
  ['rubygems', ['1.0.a', '1.0.0.rc1', '1.0', '1.0.1', '1.9', '1.10']],
  ['nuget', ['1.0.0-alpha.9', '1.0.0-ALPHA.10', '1.0.0-beta', '1.0', '1.0.0.1', '1.9', '1.10']],
  [
    'packagist',
    ['dev-main', '1.0-dev', '1.0a1', '1.0-beta2', '1.0RC1', '1.0', '1.0.0', '1.0.0-p1', 'v1.9', '1.10'],
  ],
];

const SAME: readonly (readonly [scheme: VersionScheme, a: string, b: string])[] = [
  ['maven', '4.0.0.Final', '4'],
  ['maven', '1.0.RC1', '1-cr-1'],
  ['pypi', 'v1.0-ALPHA_1.post', '1a1.post0'],
  ['pypi', ' 1.0 ', '1'],
  ['rubygems', '1.0.0', '1'],
  ['rubygems', '1-2', '1.pre.2'],
  ['nuget', '1.0.0-RC+a', '01.0-rc'],
  ['packagist', 'v1.0-RC1', '1.0.rc.1'],
];

const REFUSED: readonly (readonly [scheme: VersionScheme, versions: readonly string[]])[] = [
  ['maven', ['', '$revision', '[1.0,2.0)', '1 0', '../1', '1\0']],
  ['pypi', ['', 'unknown', '1.0-SNAPSHOT', '>=1', '1.0.é', '1\0', '1.0++a']],
  ['rubygems', ['', 'a', '~> 1.0', '1..2', '1.é', '1\0']],
  ['nuget', ['', 'a', '1.2.3.4.5', '[1.0]', '1.0-', '1\0']],
  ['packagist', ['', '^1.0', '1.2.3.#', '1 || 2', 'main', '1\0']],
];

describe('versions of application packages', () => {
  for (const [scheme, versions] of ASCENDING) {
    it(`go up by ${scheme} from ${versions[0]} to ${versions.at(-1)}`, () => {
      for (const [i, older] of versions.entries()) {
        for (const newer of versions.slice(i + 1)) {
          expect(compareVersions(scheme, older, newer), `${older} < ${newer}`).toBeLessThan(0);
        }
      }
    });
  }

  for (const [scheme, a, b] of SAME) {
    it(`are the same by ${scheme} when spelled ${a} and ${b}`, () => {
      expect(compareVersions(scheme, a, b)).toBe(0);
    });
  }

  for (const [scheme, versions] of REFUSED) {
    it(`are refused by ${scheme} when they are no versions`, () => {
      for (const version of versions) expect(isWellFormed(scheme, version), version).toBe(false);
    });
  }

  it('are accepted in the spellings that real packages use', () => {
    const real: readonly (readonly [VersionScheme, string])[] = [
      ['maven', '31.1-jre'],
      ['maven', 'Finchley.SR1'],
      ['pypi', '2.0.post1+cu118'],
      ['rubygems', '7.0.4.3'],
      ['rubygems', '1.0.0.rc1'],
      ['nuget', '6.0.0-preview.7.21377.19'],
      ['packagist', 'v5.4.0-BETA1'],
      ['packagist', 'dev-feature/x'],
    ];
    for (const [scheme, version] of real) expect(isWellFormed(scheme, version), version).toBe(true);
  });

  it('give the wildcard of PHP its place beside any number or none', () => {
    expect(compareVersions('packagist', '1.2.3.#', '1.2.3')).toBe(0);
    expect(compareVersions('packagist', '1.2.3.#', '1.2.3.1')).toBe(0);
    expect(compareVersions('packagist', '1.2.3.#', '1.2.3-p1')).toBeLessThan(0);
  });
});
