import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { baseScoreOf, highestBaseScore } from './cvss.ts';

const ALL_VECTORS = fileURLToPath(new URL('../../../shared/data/cvss', import.meta.url));

describe('baseScoreOf', () => {
  it.each([
    // FIRST, CVSS v2.0 guide, section 3.3: worked examples.
    ['AV:N/AC:L/Au:N/C:N/I:N/A:C', 7.8],
    ['(AV:N/AC:L/Au:N/C:C/I:C/A:C)', 10],
    ['AV:L/AC:H/Au:N/C:C/I:C/A:C', 6.2],
    // FIRST, CVSS v3.0 and v3.1 examples.
    ['CVSS:3.0/AV:N/AC:L/PR:L/UI:N/S:U/C:L/I:L/A:N', 5.4],
    ['CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H', 9.8],
    ['CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:C/C:H/I:H/A:H', 10],
    ['CVSS:3.1/AV:P/AC:H/PR:H/UI:R/S:U/C:N/I:N/A:N', 0],
    // FIRST, CVSS v4.0 examples.
    ['CVSS:4.0/AV:L/AC:L/AT:P/PR:L/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N', 7.3],
    ['CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N', 9.3],
  ])('%s is %d', (vector, score) => {
    expect(baseScoreOf(vector)).toBe(score);
  });

  it('leaves threat, temporal and environmental metrics out', () => {
    expect(baseScoreOf('CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H/E:U/RL:O/RC:U')).toBe(9.8);
    expect(baseScoreOf('CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N/E:U')).toBe(9.3);
  });

  it.each([
    '',
    'x',
    '9.8',
    'AV:N',
    'CVSS:3.1/',
    'CVSS:3.1/AV:N/AC:L',
    'CVSS:5.0/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H',
    'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H/AV:L',
    'CVSS:3.1/AV:Z/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H',
    'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H/__proto__:x',
    `CVSS:3.1/${'AV:N/'.repeat(100_000)}`,
  ])('%.60s has none', (vector) => {
    expect(baseScoreOf(vector)).toBeUndefined();
  });

  it('never throws, whatever the text', () => {
    const metrics = fc.array(
      fc.constantFrom('AV:N', 'AC:L', 'Au:N', 'PR:N', 'UI:N', 'S:C', 'C:H', 'I:H', 'A:H', 'VC:H', ':', ''),
    );
    const text = fc.oneof(
      fc.string(),
      fc
        .tuple(fc.constantFrom('CVSS:3.1', 'CVSS:4.0', 'CVSS:3.0', 'AV:N'), metrics)
        .map(([head, rest]) => [head, ...rest].join('/')),
    );
    fc.assert(
      fc.property(text, (vector) => {
        const score = baseScoreOf(vector);
        expect(score === undefined || (score >= 0 && score <= 10)).toBe(true);
      }),
    );
  });

  if (existsSync(ALL_VECTORS)) {
    it('agrees with every published vector and score', () => {
      const wrong: string[] = [];
      for (const file of readdirSync(ALL_VECTORS)) {
        for (const line of readFileSync(`${ALL_VECTORS}/${file}`, 'utf8').split('\n')) {
          const [vector = '', scores = ''] = line.split(' - ');
          // Of a version 4 vector with threat or environmental metrics the file gives the score with them.
          if (vector === '' || /^CVSS:4.0.*\/(?:E|[CIA]R|M[A-Z]+):(?!X)/.test(vector)) continue;
          const expected = Math.abs(Number.parseFloat(scores.replace('(', '')));
          if (baseScoreOf(vector) !== expected) wrong.push(`${line}: ${baseScoreOf(vector)}`);
        }
      }
      expect(wrong).toEqual([]);
    });
  }
});

describe('highestBaseScore', () => {
  it('takes the highest of the newest version, not the highest of all', () => {
    const v2 = { vector: 'AV:N/AC:L/Au:N/C:C/I:C/A:C' };
    const v3 = { vector: 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:L/I:N/A:N' };
    const v3Higher = { vector: 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N' };
    const v30 = { vector: 'CVSS:3.0/AV:N/AC:L/PR:N/UI:N/S:C/C:H/I:H/A:H' };
    const v4 = { vector: 'CVSS:4.0/AV:L/AC:L/AT:P/PR:L/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N' };
    expect(highestBaseScore([v2])).toBe(10);
    expect(highestBaseScore([v2, v3, v30, v3Higher])).toBe(7.5);
    expect(highestBaseScore([v2, v3Higher, v4])).toBe(7.3);
    expect(highestBaseScore([{ vector: 'nonsense' }])).toBeUndefined();
    expect(highestBaseScore([])).toBeUndefined();
  });
});
