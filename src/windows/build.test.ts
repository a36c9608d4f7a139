import { describe, expect, it } from 'vitest';
import { hasReachedBuild, isOfRelease } from './build.ts';
import { updateNumberOf } from './update-number.ts';

describe('hasReachedBuild', () => {
  it('compares revisions of one build as numbers', () => {
    expect(hasReachedBuild('10.0.17763.10000', '10.0.17763.9999')).toBe(true);
    expect(hasReachedBuild('10.0.17763.503', '10.0.17763.1098')).toBe(false);
    expect(hasReachedBuild('10.0.17763.503', '10.0.17763.503')).toBe(true);
  });

  it('compares releases that one cumulative update serves', () => {
    expect(hasReachedBuild('10.0.19044.1645', '10.0.19042.1645')).toBe(true);
    expect(hasReachedBuild('10.0.22631.3000', '10.0.22621.3155')).toBe(false);
  });

  it('does not compare what cannot be compared', () => {
    expect(hasReachedBuild('10.0.17763', '10.0.17763.503')).toBeUndefined();
    expect(hasReachedBuild('10.0.17763.9000', '10.0.14393.7000')).toBeUndefined();
    expect(hasReachedBuild('6.3.9600.20000', '6.3.9600.19999')).toBeUndefined();
    expect(hasReachedBuild('10.0.17763.9000', '4.8.04667.02')).toBeUndefined();
  });
});

describe('isOfRelease', () => {
  it('refuses builds of other releases, and nothing that it cannot judge', () => {
    expect(isOfRelease('10.0.22000', '10.0.19044.5737')).toBe(false);
    expect(isOfRelease('10.0.19045.1', '10.0.19041.5000')).toBe(true);
    expect(isOfRelease('unknown', '10.0.19044.5737')).toBe(true);
    expect(isOfRelease('6.3.9600', '6.3.9600.20000')).toBe(true);
  });
});

describe('updateNumberOf', () => {
  it.each([
    ['KB5053594', 'KB5053594'],
    ['943729', 'KB943729'],
    ['Q147222', 'KB147222'],
    ['KB893803v2', 'KB893803'],
  ])('reads %s', (text, number) => {
    expect(updateNumberOf(text)).toBe(number);
  });

  it.each(['File 1', '{7A068575-C5DB-43D9-BE20-3895D0C69B17}', '192.168.5.128', '', 'KB12'])(
    'refuses %s',
    (text) => {
      expect(updateNumberOf(text)).toBeUndefined();
    },
  );
});
