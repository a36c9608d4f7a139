import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { comparerOf } from './compare.ts';
import { VERSION_SCHEMES, type VersionScheme } from './scheme.ts';

const RUNS_PER_LAW = 2000;

/** Pieces from which versions of a scheme are put together: few, so that equal and nearly equal ones come up often. */
const PIECES: Readonly<Record<VersionScheme, readonly string[]>> = {
  deb: [
    '0',
    '1',
    '9',
    '10',
    '010',
    '.',
    '-',
    ':',
    '~',
    '+',
    'a',
    'Z',
    'bpo',
    'deb12u1',
    'ubuntu1',
    'esm',
    '1:',
  ],
  rpm: [
    '0',
    '1',
    '9',
    '10',
    '010',
    '.',
    '-',
    ':',
    '~',
    '^',
    '_',
    'a',
    'Z',
    'el8',
    '.module_el8+1',
    'fips',
    '1:',
  ],
  apk: ['0', '1', '9', '10', '05', '.', 'a', 'p', '_alpha', '_p', '_rc1', '_x', '-r', '-r1', '~ab', '-'],
  semver: ['v', '0', '1', '10', '01', '.', '-', '+', 'alpha', 'rc', '-0.2019', '+incompatible', 'x'],
  maven: [
    '0',
    '1',
    '10',
    '01',
    '.',
    '-',
    'a',
    'alpha',
    'beta',
    'm',
    'cr',
    'snapshot',
    'ga',
    'sp',
    'x',
    'Final',
  ],
  pypi: ['v', '0', '1', '10', '.', '-', '!', '1!', 'a', 'b1', 'rc', 'post', '.dev1', '+', 'local', '-1', 'x'],
  rubygems: ['0', '1', '10', '01', '.', '-', 'a', 'b', 'rc', 'pre', 'A'],
  nuget: ['0', '1', '10', '01', '.', '-', '+', 'alpha', 'BETA', 'beta', 'x'],
  packagist: ['v', 'V', '0', '1', '10', '01', '.', '-', '_', 'dev', 'a', 'beta', 'RC', 'pl', 'x', 'BETA'],
  wordpress: ['0', '1', '10', '.', '-', 'v', 'a', 'beta', 'RC', 'p', '>', '>1'],
};

function realistic(scheme: VersionScheme): fc.Arbitrary<string> {
  return fc.array(fc.constantFrom(...PIECES[scheme]), { maxLength: 7 }).map((pieces) => pieces.join(''));
}

/** Schemes in which `#` stands for any number or none: the one sign that no order can place (see packagist.ts). */
const SCHEMES_WITH_WILDCARD: ReadonlySet<VersionScheme> = new Set(['packagist', 'wordpress']);

/** Any text, without a wildcard. */
function arbitrary(scheme: VersionScheme): fc.Arbitrary<string> {
  const text = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 12 }),
    fc.string({ unit: 'grapheme-ascii', maxLength: 12 }),
    fc.string({
      unit: fc.constantFrom('0', '1', '.', '-', '~', '^', ':', 'a', 'A', '_', 'é', '\0'),
      maxLength: 6,
    }),
  );
  return SCHEMES_WITH_WILDCARD.has(scheme) ? text.map((version) => version.replaceAll('#', '')) : text;
}

function expectLaws(scheme: VersionScheme, versions: fc.Arbitrary<string>): void {
  const compare = comparerOf(scheme);
  const sign = (a: string, b: string) => Math.sign(compare(a, b));
  fc.assert(
    fc.property(versions, versions, versions, (a, b, c) => {
      expect(sign(a, a)).toBe(0);
      // A copy under another identity, so that the shortcut for one and the same text does not answer.
      expect(sign(`${a}`, [...a].join(''))).toBe(0);
      expect(sign(a, b) + sign(b, a)).toBe(0);
      const [low, middle, high] = [a, b, c].sort(compare);
      if (low === undefined || middle === undefined || high === undefined) return;
      expect(sign(low, middle)).toBeLessThanOrEqual(0);
      expect(sign(middle, high)).toBeLessThanOrEqual(0);
      const isEqual = sign(low, middle) === 0 && sign(middle, high) === 0;
      expect(sign(low, high)).toBe(isEqual ? 0 : -1);
    }),
    { numRuns: RUNS_PER_LAW },
  );
}

describe('the order of versions', () => {
  for (const scheme of VERSION_SCHEMES) {
    it(`is reflexive, antisymmetric and transitive for ${scheme} versions`, () => {
      expectLaws(scheme, realistic(scheme));
    });

    it(`is reflexive, antisymmetric and transitive for any text taken as ${scheme}`, () => {
      expectLaws(scheme, fc.oneof(arbitrary(scheme), realistic(scheme)));
    });
  }
});
