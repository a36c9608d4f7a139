import { describe, expect, it } from 'vitest';
import {
  explainPriority,
  fixingPriorityOf,
  NEWLY_PUBLISHED_MS,
  type PriorityFacts,
  severityOf,
  worstFacts,
} from './priority.ts';

const NOW = Date.UTC(2026, 0, 31);
const facts = (fields: Partial<PriorityFacts>): PriorityFacts => ({
  cvssBase: undefined,
  word: undefined,
  publishedAt: undefined,
  knownExploited: false,
  epss: undefined,
  ...fields,
});
const points = (fields: Partial<PriorityFacts>, asset: 'important' | 'common' | 'test' = 'common') =>
  fixingPriorityOf(facts(fields), asset, NOW).points;

describe('fixing priority (design.md section 4)', () => {
  it('starts from the highest CVSS, else from the word of the vendor, else from 5.5 marked unscored', () => {
    expect(points({ cvssBase: 7.5, word: 'low' })).toBe(7.5);
    expect(points({ word: 'critical' })).toBe(9);
    expect(points({ word: 'high' })).toBe(7.5);
    expect(points({ word: 'medium' })).toBe(5.5);
    expect(points({ word: 'low' })).toBe(2.5);
    expect(fixingPriorityOf(facts({}), 'common', NOW)).toEqual({
      priority: 'Medium',
      points: 5.5,
      isUnscored: true,
    });
    expect(fixingPriorityOf(facts({ cvssBase: 0 }), 'common', NOW)).toEqual({
      priority: 'Low',
      points: 0,
      isUnscored: false,
    });
  });

  it('moves with the importance of the server', () => {
    expect(points({ cvssBase: 6 }, 'important')).toBe(7);
    expect(points({ cvssBase: 6 }, 'test')).toBe(5);
  });

  it('adds half a point while the vulnerability is younger than 30 days', () => {
    expect(points({ cvssBase: 5, publishedAt: NOW - NEWLY_PUBLISHED_MS + 1 })).toBe(5.5);
    expect(points({ cvssBase: 5, publishedAt: NOW - NEWLY_PUBLISHED_MS })).toBe(5);
    expect(points({ cvssBase: 5, publishedAt: NOW + 1000 })).toBe(5.5);
  });

  it('adds for a likely exploit: 0.5 from 0.1, 1 from 0.5', () => {
    expect([0.0999, 0.1, 0.4999, 0.5].map((epss) => points({ cvssBase: 5, epss }))).toEqual([5, 5.5, 5.5, 6]);
  });

  it('is at least 9 where exploitation is known, also on a test server', () => {
    expect(points({ cvssBase: 3, knownExploited: true }, 'test')).toBe(9);
    expect(points({ cvssBase: 9.8, knownExploited: true })).toBe(9.8);
  });

  it('stays within 0 and 10 and exact at its thresholds', () => {
    expect(points({ cvssBase: 9.8, epss: 0.9 }, 'important')).toBe(10);
    expect(points({ cvssBase: 0.5 }, 'test')).toBe(0);
    const bands = [9, 8.9, 7, 6.9, 4, 3.9].map(
      (cvssBase) => fixingPriorityOf(facts({ cvssBase }), 'common', NOW).priority,
    );
    expect(bands).toEqual(['Critical', 'High', 'High', 'Medium', 'Medium', 'Low']);
    expect(
      fixingPriorityOf(facts({ cvssBase: 7.4, epss: 0.6, publishedAt: NOW }), 'common', NOW).points,
    ).toBe(8.9);
  });

  it('knows severity as another scale: CVSS alone (contract 6.6)', () => {
    expect(severityOf(facts({ cvssBase: 6.9, knownExploited: true }))).toBe('Medium');
    expect(severityOf(facts({ word: 'high' }))).toBe('High');
    expect(severityOf(facts({ cvssBase: 9 }))).toBe('Critical');
  });
});

describe('the rating of an update of Windows', () => {
  const rated = (own: Partial<PriorityFacts>, ...replaced: readonly Partial<PriorityFacts>[]) =>
    fixingPriorityOf(worstFacts(facts(own), replaced.map(facts)), 'common', NOW).points;

  it('takes the worst of itself and of what it replaces, whatever each is rated by', () => {
    expect(rated({ cvssBase: 7.8 }, { cvssBase: 5 }, { cvssBase: 8.8 })).toBe(8.8);
    expect(rated({ cvssBase: 7.8 }, { word: 'critical' })).toBe(9);
    expect(rated({ word: 'critical' }, { cvssBase: 7.8 })).toBe(9);
    expect(rated({ cvssBase: 7 }, { cvssBase: 5, epss: 0.6 }, { cvssBase: 4, epss: 0.1 })).toBe(8);
    expect(rated({ cvssBase: 5 }, { cvssBase: 4, knownExploited: true })).toBe(9);
  });

  it('is as new as the update itself', () => {
    expect(rated({ cvssBase: 7 }, { cvssBase: 7, publishedAt: NOW - 1 })).toBe(7);
    expect(rated({ cvssBase: 7, publishedAt: NOW - 1 }, { cvssBase: 8 })).toBe(8.5);
  });
});

describe('the explanation of a priority', () => {
  it('names what counts, and its points come to those of the rating', () => {
    const published = { publishedAt: NOW - 1 };
    expect(explainPriority(facts({ cvssBase: 5, epss: 0.2, ...published }), 'important', NOW)).toEqual({
      priority: 'High',
      points: 7,
      isUnscored: false,
      terms: [
        { term: 'CVSS 5', points: 5 },
        { term: 'the server is important', points: 1 },
        { term: 'published within 30 days', points: 0.5 },
        { term: 'EPSS 0.2', points: 0.5 },
      ],
    });
    const cases = [
      {},
      { word: 'low' },
      { cvssBase: 9.8, epss: 0.9 },
      { cvssBase: 2.1, knownExploited: true },
    ] as const;
    for (const one of cases) {
      const { points: whole, terms } = explainPriority(facts(one), 'test', NOW);
      const sum = terms.reduce((total, term) => total + term.points, 0);
      expect(Math.round(Math.min(10, Math.max(0, sum)) * 10) / 10).toBe(whole);
    }
  });
});
