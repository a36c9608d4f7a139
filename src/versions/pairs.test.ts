import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { compareVersions } from './compare.ts';
import type { VersionScheme } from './scheme.ts';

/** Ordered pairs that others published, whole files each; test/fixtures/SOURCES.md says where they come from. */
const FIXTURES = fileURLToPath(new URL('../../test/fixtures/versions/', import.meta.url));

const PAIR_FILES: readonly (readonly [file: string, scheme: VersionScheme, pairs: number])[] = [
  ['alpine-versions.txt', 'apk', 778],
  ['debian-versions.txt', 'deb', 30],
  ['maven-versions.txt', 'maven', 102],
  ['nuget-versions.txt', 'nuget', 35],
  ['packagist-versions.txt', 'packagist', 95],
  ['packagist-versions-generated.txt.gz', 'packagist', 10630],
  ['pypi-versions.txt', 'pypi', 37],
  ['pypi-versions-generated.txt.gz', 'pypi', 12375],
  ['redhat-versions.txt', 'rpm', 165],
  ['rubygems-versions.txt', 'rubygems', 25],
  ['semver-versions.txt', 'semver', 86],
  ['dpkg-version.tsv', 'deb', 43],
  ['rpmvercmp.tsv', 'rpm', 91],
];

interface Pair {
  readonly a: string;
  readonly b: string;
  readonly sign: number;
}

function readFixture(file: string): string {
  const bytes = readFileSync(`${FIXTURES}${file}`);
  return (file.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8');
}

function pairsOf(text: string): readonly Pair[] {
  const pairs: Pair[] = [];
  for (const line of text.split('\n')) {
    if (line === '' || line.startsWith('#') || line.startsWith('//')) continue;
    const match = /^(\S+)(?: ([<=>]) |\t)(\S+)(?:\t(-?[01]))?$/.exec(line);
    if (match === null) throw new Error(`not an ordered pair: ${line}`);
    const [, a = '', operator, b = '', sign] = match;
    pairs.push({ a, b, sign: operator === undefined ? Number(sign) : '<=>'.indexOf(operator) - 1 });
  }
  return pairs;
}

function wrongPairs(scheme: VersionScheme, pairs: readonly Pair[]): readonly string[] {
  const wrong: string[] = [];
  for (const { a, b, sign } of pairs) {
    const forward = Math.sign(compareVersions(scheme, a, b));
    const backward = Math.sign(compareVersions(scheme, b, a));
    if (forward !== sign) wrong.push(`${a} ${'<=>'[sign + 1]} ${b}, but here ${'<=>'[forward + 1]}`);
    if (forward + backward !== 0) wrong.push(`${a} and ${b} order differently the other way round`);
  }
  return wrong;
}

describe('ordered pairs of other implementations', () => {
  for (const [file, scheme, count] of PAIR_FILES) {
    it(`come out right by ${scheme} in ${file}, both ways round`, () => {
      const pairs = pairsOf(readFixture(file));
      expect(pairs.length).toBe(count);
      expect(wrongPairs(scheme, pairs)).toEqual([]);
    });
  }

  it('come out right by nuget in nuget_version_cmp.json', () => {
    const cases: readonly {
      readonly test_type: 'equality' | 'comparison';
      readonly input: { readonly versions: readonly [string, string] };
      readonly expected_output: boolean | readonly [string, string];
    }[] = JSON.parse(readFixture('nuget_version_cmp.json'));
    expect(cases.length).toBe(33);
    for (const { input, expected_output: expected } of cases) {
      const [a, b] = [input.versions[0].toLowerCase(), input.versions[1].toLowerCase()];
      const sign = Math.sign(compareVersions('nuget', a, b));
      if (typeof expected === 'boolean') expect(sign === 0, `${a} = ${b}`).toBe(expected);
      else {
        const sorted = sign <= 0 ? [a, b] : [b, a];
        expect(sorted, `${a} and ${b} sorted`).toEqual(expected.map((version) => version.toLowerCase()));
      }
    }
  });
});
