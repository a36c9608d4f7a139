import { describe, expect, it } from 'vitest';
import { systemOf } from '../inventory/system.ts';
import { coverageOf, ecosystemCoverage, type FeedCoverage, isSilent } from './coverage.ts';

const DAY_MS = 24 * 60 * 60 * 1000;
const NOW = Date.UTC(2026, 7, 22);
const CLOCK = { now: NOW, staleDays: 30 };

function row(fields: Partial<FeedCoverage>): FeedCoverage {
  return {
    feed: 'osv',
    ecosystem: 'debian:12',
    publishedAt: undefined,
    newestAt: NOW - DAY_MS,
    records: 10,
    ...fields,
  };
}

describe('coverage of a system', () => {
  const debian = systemOf('debian', '12');

  it('is unknown where no feed has a record for it, and where there is no system', () => {
    expect(coverageOf(debian, [row({ ecosystem: 'debian:11' }), row({ records: 0 })], CLOCK)).toMatchObject({
      system: 'debian:12',
      status: 'unknown',
      date: undefined,
    });
    expect(coverageOf(undefined, [row({})], CLOCK).status).toBe('unknown');
  });

  it('is covered while a feed is younger than the limit, and says when that ends', () => {
    const coverage = coverageOf(debian, [row({ newestAt: NOW - 29 * DAY_MS })], CLOCK);
    expect(coverage.status).toBe('covered');
    expect(coverage.staleAt).toBe(NOW + DAY_MS);
  });

  it('is stale from the limit on, and names the feed and its day', () => {
    const coverage = coverageOf(debian, [row({ newestAt: NOW - 30 * DAY_MS })], CLOCK);
    expect(coverage.status).toBe('stale');
    expect(coverage.reason).toContain('osv, is of 2026-07-23');
    expect(coverage.staleAt).toBeUndefined();
  });

  it("goes by the publisher's own date before that of the newest record", () => {
    expect(coverageOf(debian, [row({ publishedAt: NOW, newestAt: 0 })], CLOCK)).toMatchObject({
      status: 'covered',
      date: NOW,
    });
    expect(coverageOf(debian, [row({ publishedAt: 0, newestAt: NOW })], CLOCK).status).toBe('stale');
  });

  it('goes by the newest of several feeds and lists them all', () => {
    const rows = [row({ feed: 'debian-dla', newestAt: 0 }), row({ feed: 'debian-dsa', newestAt: NOW })];
    const coverage = coverageOf(debian, rows, CLOCK);
    expect(coverage.status).toBe('covered');
    expect(coverage.feeds.map(({ feed }) => feed)).toEqual(['debian-dsa', 'debian-dla']);
  });

  it('is unknown where a few strays among many records of another release name it', () => {
    const many = row({ ecosystem: 'debian:11', records: 3_000 });
    const strays = row({ records: 3 });
    expect(coverageOf(debian, [many, strays], CLOCK)).toMatchObject({
      status: 'unknown',
      reason: 'osv has only 3 records that name debian:12, strays among those for other releases.',
    });
    // Few among few, enough, a whole list, and those of another feed or family are no strays.
    expect(coverageOf(debian, [row({ ecosystem: 'debian:11', records: 30 }), strays], CLOCK).status).toBe(
      'covered',
    );
    expect(coverageOf(debian, [many, row({ records: 20 })], CLOCK).status).toBe('covered');
    expect(coverageOf(debian, [many, row({ records: 3, publishedAt: NOW })], CLOCK).status).toBe('covered');
    expect(coverageOf(debian, [{ ...many, feed: 'debian-dsa' }, strays], CLOCK).status).toBe('covered');
    expect(coverageOf(debian, [{ ...many, ecosystem: 'ubuntu:22.04' }, strays], CLOCK).status).toBe(
      'covered',
    );
  });

  it('is stale where nothing is dated', () => {
    expect(coverageOf(debian, [row({ newestAt: undefined })], CLOCK).status).toBe('stale');
  });

  it('does not go stale once the feed is later than the end of support', () => {
    const buster = systemOf('debian', '10');
    const after = row({ ecosystem: 'debian:10', newestAt: Date.UTC(2024, 6, 1) });
    const before = row({ ecosystem: 'debian:10', newestAt: Date.UTC(2024, 5, 30) });
    expect(coverageOf(buster, [after], CLOCK)).toMatchObject({ status: 'covered', staleAt: undefined });
    expect(coverageOf(buster, [before], CLOCK).status).toBe('stale');
  });
});

describe('silence of a server', () => {
  it('begins after the silent days without a report, and before the first report', () => {
    const clock = { now: NOW, silentDays: 7 };
    expect(isSilent(NOW - 7 * DAY_MS + 1, clock)).toBe(false);
    expect(isSilent(NOW - 7 * DAY_MS, clock)).toBe(true);
    expect(isSilent(undefined, clock)).toBe(true);
  });
});

describe('the coverage of an ecosystem of applications', () => {
  const npm = (given: Partial<FeedCoverage>): FeedCoverage => row({ ecosystem: 'npm', records: 1, ...given });

  it('is unknown without a feed that has records for it', () => {
    expect(ecosystemCoverage('npm', [row({}), npm({ records: 0 })], CLOCK)).toEqual({
      ecosystem: 'npm',
      status: 'unknown',
      reason: 'No feed that was imported has advisories for npm.',
      date: undefined,
      feeds: [],
    });
  });

  it('is covered while its newest feed is younger than the limit, then stale', () => {
    const covered = [npm({ feed: 'retire-js', newestAt: 0 }), npm({ newestAt: NOW - 29 * DAY_MS })];
    expect(ecosystemCoverage('npm', covered, CLOCK)).toMatchObject({
      status: 'covered',
      date: NOW - 29 * DAY_MS,
      feeds: [{ feed: 'osv' }, { feed: 'retire-js' }],
    });
    expect(ecosystemCoverage('npm', [npm({ newestAt: NOW - 30 * DAY_MS })], CLOCK)).toMatchObject({
      status: 'stale',
      reason: 'The newest feed for npm, osv, is of 2026-07-23: older than 30 days.',
    });
  });

  it('is stale where nothing is dated', () => {
    expect(ecosystemCoverage('npm', [npm({ newestAt: undefined })], CLOCK).status).toBe('stale');
  });
});
