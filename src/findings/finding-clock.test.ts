import { expect, it } from 'vitest';
import { clockStages, type FoundFinding } from './finding-clock.ts';

const FOUND: FoundFinding = {
  cause: 'advisory',
  publishedAt: 1_000,
  fetchedAt: 5_000,
  isOfFirstImport: false,
  matchedAt: 7_000,
  visibleAt: 7_100,
};

const stagesOf = (changes: Partial<FoundFinding>) =>
  Object.fromEntries(clockStages({ ...FOUND, ...changes }));

it('tells how long each stage of a finding took that an advisory brought', () => {
  expect(stagesOf({})).toEqual({
    published_to_fetched: 4_000,
    fetched_to_matched: 2_000,
    matched_to_visible: 100,
    published_to_visible: 6_100,
  });
});

it('says nothing of publishing where the whole feed came at once', () => {
  expect(stagesOf({ isOfFirstImport: true })).toEqual({ fetched_to_matched: 2_000, matched_to_visible: 100 });
});

it('tells of a finding that a report brought only how long it took to be visible', () => {
  expect(stagesOf({ cause: 'report' })).toEqual({ matched_to_visible: 100 });
});

it('says what is not known', () => {
  expect(stagesOf({ publishedAt: undefined, visibleAt: undefined })).toEqual({
    published_to_fetched: undefined,
    fetched_to_matched: 2_000,
    matched_to_visible: undefined,
    published_to_visible: undefined,
  });
});

it('does not take a record for the cause that was fetched after the match', () => {
  expect(stagesOf({ fetchedAt: 7_001 })).toMatchObject({ fetched_to_matched: undefined });
});

it('takes what ends before it began for no time, as clocks of two machines may have it', () => {
  expect(stagesOf({ publishedAt: 5_500, visibleAt: 6_990 })).toMatchObject({
    published_to_fetched: 0,
    matched_to_visible: 0,
  });
});
