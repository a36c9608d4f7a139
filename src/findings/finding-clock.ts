/**
 * The four clocks of a finding: published by the vendor, fetched, matched, visible. Pure: from the moments that are known to
 * how long each stage took.
 */

export type ClockStage =
  | 'published_to_fetched'
  | 'fetched_to_matched'
  | 'matched_to_visible'
  | 'published_to_visible';

/** A finding that appeared, with its moments in ms since 1970; undefined: not known. */
export interface FoundFinding {
  /** Whether an advisory came, or a report brought what one names. */
  readonly cause: 'advisory' | 'report';
  /** The vendor's date of this version of the record. */
  readonly publishedAt: number | undefined;
  readonly fetchedAt: number | undefined;
  /** The record came with the first import of its feed. */
  readonly isOfFirstImport: boolean;
  readonly matchedAt: number;
  readonly visibleAt: number | undefined;
}

/**
 * How long each stage took that means something, in ms; undefined: it would, but is not known. A report's finding has only the
 * last one: the advisory was there. When a record was published says nothing of fetching where the whole feed came at once.
 */
export function clockStages(found: FoundFinding): ReadonlyMap<ClockStage, number | undefined> {
  const { publishedAt, fetchedAt, matchedAt, visibleAt } = found;
  const stages = new Map<ClockStage, number | undefined>();
  if (found.cause === 'advisory') {
    if (!found.isOfFirstImport) {
      stages.set('published_to_fetched', between(publishedAt, fetchedAt));
      stages.set('published_to_visible', between(publishedAt, visibleAt));
    }
    // A record that was fetched again since was not what the finding came from.
    const isOfThisFetch = fetchedAt !== undefined && fetchedAt <= matchedAt;
    stages.set('fetched_to_matched', isOfThisFetch ? matchedAt - fetchedAt : undefined);
  }
  stages.set('matched_to_visible', between(matchedAt, visibleAt));
  return stages;
}

/** Clocks of different machines differ a little: what seems to end before it began took no time. */
function between(from: number | undefined, to: number | undefined): number | undefined {
  return from === undefined || to === undefined ? undefined : Math.max(0, to - from);
}
