import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { comparerOf, isInRange } from './compare.ts';

const FIXTURE = fileURLToPath(
  new URL('../../test/fixtures/versions/pypi_range_containment.json', import.meta.url),
);
const compare = comparerOf('pypi');

interface Constraint {
  readonly operator: string;
  readonly version: string;
}

/** Splits a VERS range (`vers:pypi/>=1.0|<2.0|!=1.5`) into its constraints, oldest version first. */
function constraintsOf(range: string): readonly Constraint[] {
  const constraints = range.slice(range.indexOf('/') + 1).split('|');
  return constraints
    .map((text) => {
      const [, operator = '', version = ''] = /^(!=|[<>]=?|)(.+)$/.exec(text) ?? [];
      return { operator, version };
    })
    .toSorted((a, b) => compare(a.version, b.version));
}

/** Whether the range holds the version: single versions decide first, then each stretch between bounds. */
function isContained(range: string, version: string): boolean {
  const constraints = constraintsOf(range);
  const named = constraints.find((constraint) => compare(constraint.version, version) === 0);
  if (named !== undefined) return !['!=', '<', '>'].includes(named.operator);
  const bounds = constraints.filter(({ operator }) => /^[<>]/.test(operator));
  let introduced = '';
  let isOpen = bounds[0]?.operator.startsWith('<') === true;
  for (const bound of bounds) {
    if (bound.operator.startsWith('>')) {
      introduced = bound.version;
      isOpen = true;
      continue;
    }
    if (isOpen && isInRange(compare, version, { introduced, fixed: '', lastAffected: bound.version }))
      return true;
    isOpen = false;
  }
  return isOpen && isInRange(compare, version, { introduced, fixed: '', lastAffected: '' });
}

describe('published ranges of Python packages', () => {
  const cases: readonly {
    readonly input: { readonly vers: string; readonly version: string };
    readonly expected_output: boolean;
  }[] = JSON.parse(readFileSync(FIXTURE, 'utf8'));

  it('hold the versions that they are said to hold, and no others', () => {
    expect(cases.length).toBe(10);
    for (const { input, expected_output: expected } of cases) {
      expect(isContained(input.vers, input.version), `${input.version} in ${input.vers}`).toBe(expected);
    }
  });
});
