import { describe, expect, it } from 'vitest';
import { compareWordpress, isWellFormedWordpress } from './wordpress.ts';

describe('compareWordpress', () => {
  // Pairs as PHP 8.2's version_compare orders them.
  it.each([
    ['4.9', '4.10'],
    ['5.8-beta1', '5.8-RC1'],
    ['5.8-RC1', '5.8'],
    ['1.0', '1.0.0'],
    ['3.0.0-beta.4', '3.0.0'],
    ['1.0.1b', '1.0.1'],
    ['2018-11-22', '2018-12-01'],
  ])('sorts %s before %s', (earlier, later) => {
    expect(compareWordpress(earlier, later)).toBeLessThan(0);
    expect(compareWordpress(later, earlier)).toBeGreaterThan(0);
  });

  it('leaves out a leading v', () => {
    expect(compareWordpress('v2.0.2', '2.0.2')).toBe(0);
  });

  it('puts a bound just past a version after it and before whatever follows', () => {
    expect(compareWordpress('3.3', '>3.3')).toBeLessThan(0);
    expect(compareWordpress('v3.3', '>3.3')).toBeLessThan(0);
    expect(compareWordpress('3.3.1', '>3.3')).toBeGreaterThan(0);
    expect(compareWordpress('3.4', '>3.3')).toBeGreaterThan(0);
    expect(compareWordpress('>3.3', '>3.3')).toBe(0);
    expect(compareWordpress('>3.3', '>3.4')).toBeLessThan(0);
  });

  it('tells versions from text that is none', () => {
    expect(['6.4.1', 'v1', '4.10.6.p', '2018-11-22'].every(isWellFormedWordpress)).toBe(true);
    expect(['', 'beta', '<3', '1 2', '>3.3'].some(isWellFormedWordpress)).toBe(false);
  });
});
