/** What `parapet doctor` says of the feeds that are fetched. */
import { counted } from '../../counted.ts';
import { isAppError } from '../../errors.ts';
import { chooseFeeds } from '../../fetching/choose-feeds.ts';
import type { FeedSourceState } from '../../store/advisories/load-feed-sources.ts';
import { type Check, ok, warning, wrong } from './check.ts';

const HOUR_MS = 60 * 60 * 1000;
/** A feed that has not been tried for so many of its intervals is not being tried by anybody. */
const INTERVALS_MISSED_MAX = 3;
const NAMED_MAX = 10;

/**
 * Whether the feeds of PARAPET_FEEDS are known, fetched in their time, and succeed. Undefined where none are configured and none
 * were ever fetched.
 */
export function feedsCheck(
  sources: readonly FeedSourceState[],
  given: {
    readonly words: readonly string[] | undefined;
    readonly installed: ReadonlySet<string>;
    readonly updateHours: number;
    readonly now: number;
  },
): Check | undefined {
  const name = 'feeds';
  const { words, now } = given;
  let configured: readonly string[] = [];
  try {
    configured = words === undefined ? [] : chooseFeeds(words, given.installed).map((source) => source.name);
  } catch (error) {
    if (isAppError(error)) return wrong(name, error.message, 'Correct PARAPET_FEEDS.');
    throw error;
  }
  if (configured.length === 0 && sources.length === 0) return undefined;
  const failing = sources.filter(({ error }) => error !== '');
  if (failing.length > 0) {
    const said = failing.slice(0, NAMED_MAX).map(sentenceOf).join(' ');
    const left = failing.length > NAMED_MAX ? ` And ${failing.length - NAMED_MAX} more.` : '';
    return warning(
      name,
      `${said}${left}`,
      'What they held before is in force. Try them by hand: parapet advisories update',
    );
  }
  const silence = INTERVALS_MISSED_MAX * given.updateHours * HOUR_MS;
  const tried = new Map(sources.map((source) => [source.name, source.triedAt]));
  const waiting = configured.filter((feed) => now - (tried.get(feed) ?? 0) > silence);
  if (waiting.length > 0) {
    const finding = `Not tried for ${INTERVALS_MISSED_MAX * given.updateHours} hours: ${waiting.join(', ')}.`;
    return warning(
      name,
      finding,
      'parapet serve does that while it runs; by hand: parapet advisories update',
    );
  }
  return ok(
    name,
    `${counted(sources.length, 'feed was', 'feeds were')} fetched, each without failure the last time.`,
  );
}

function sentenceOf({ name, error, succeededAt }: FeedSourceState): string {
  const since =
    succeededAt === undefined ? 'never succeeded' : `last succeeded ${new Date(succeededAt).toISOString()}`;
  return `${name} failed (${since}): ${error}${error.endsWith('.') ? '' : '.'}`;
}
