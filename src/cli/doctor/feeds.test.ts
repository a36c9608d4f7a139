import { describe, expect, it } from 'vitest';
import type { FeedSourceState } from '../../store/advisories/load-feed-sources.ts';
import { feedsCheck } from './feeds.ts';

const NOW = Date.UTC(2026, 10, 24);
const HOUR_MS = 60 * 60 * 1000;
const GIVEN = { words: ['kev', 'epss'], installed: new Set<string>(), updateHours: 6, now: NOW };

function fetched(name: string, given: Partial<FeedSourceState> = {}): FeedSourceState {
  return {
    name,
    url: 'https://feeds.example/',
    feeds: [],
    triedAt: NOW - HOUR_MS,
    succeededAt: NOW - HOUR_MS,
    changedAt: undefined,
    nextAt: NOW + 5 * HOUR_MS,
    failures: 0,
    error: '',
    ...given,
  };
}

describe('the check of the feeds that are fetched', () => {
  it('says nothing where none are configured and none were fetched', () => {
    expect(feedsCheck([], { ...GIVEN, words: undefined })).toBeUndefined();
  });

  it('is well where each was tried in its time and succeeded', () => {
    expect(feedsCheck([fetched('kev'), fetched('epss')], GIVEN)).toMatchObject({ status: 'ok', advice: '' });
  });

  it('warns of those that failed, with the reason and since when', () => {
    const failed = fetched('epss', { failures: 3, error: 'feeds.example refuses access (HTTP 403)' });
    const check = feedsCheck([fetched('kev'), failed], GIVEN);
    expect(check?.status).toBe('warning');
    expect(check?.finding).toBe(
      'epss failed (last succeeded 2026-11-23T23:00:00.000Z): feeds.example refuses access (HTTP 403).',
    );
    const never = fetched('epss', { succeededAt: undefined, error: 'no' });
    expect(feedsCheck([never], GIVEN)?.finding).toContain('epss failed (never succeeded): no.');
  });

  it('warns of those that nobody tries', () => {
    const check = feedsCheck([fetched('kev', { triedAt: NOW - 19 * HOUR_MS })], GIVEN);
    expect(check).toMatchObject({ status: 'warning', finding: 'Not tried for 18 hours: kev, epss.' });
  });

  it('finds a name wrong that no feed has', () => {
    expect(feedsCheck([], { ...GIVEN, words: ['kve'] })).toMatchObject({
      status: 'wrong',
      finding: expect.stringContaining('There is no feed kve. Did you mean kev?'),
    });
  });
});
