/** Which feeds an operator means: names of the catalogue, `auto`, and entries of their own. */
import { appError } from '../errors.ts';
import { closestName } from '../nearest-name.ts';
import { FEED_CATALOGUE } from './feed-catalogue.ts';
import { answersFor, type FeedSource } from './feed-source.ts';

/** The word for all feeds of the catalogue that answer for what is installed on the servers. */
export const AUTO_FEEDS = 'auto';
/** Largest file of a feed of the operator's own, in bytes. */
export const OWN_FEED_BYTES_MAX = 2_048 * 1024 * 1024;

/**
 * The feeds that `words` name, each once, in their order: `auto`, a name of the catalogue, or `name=URL` for one of the
 * operator's own. `installed` are the ecosystems of everything that servers have. Throws `feed-unknown`.
 */
export function chooseFeeds(words: readonly string[], installed: ReadonlySet<string>): readonly FeedSource[] {
  const chosen = new Map<string, FeedSource>();
  for (const word of words) {
    for (const source of sourcesOf(word, installed)) {
      if (!chosen.has(source.name)) chosen.set(source.name, source);
    }
  }
  return [...chosen.values()];
}

function sourcesOf(word: string, installed: ReadonlySet<string>): readonly FeedSource[] {
  if (word === AUTO_FEEDS) {
    return FEED_CATALOGUE.filter(
      (source) =>
        !source.isAlternative &&
        (source.ecosystems.includes('*') ||
          [...installed].some((ecosystem) => answersFor(source, ecosystem))),
    );
  }
  const equals = word.indexOf('=');
  if (equals > 0) return [ownFeed(word.slice(0, equals), word.slice(equals + 1))];
  const found = FEED_CATALOGUE.find(({ name }) => name === word);
  if (found === undefined) {
    const names = FEED_CATALOGUE.map(({ name }) => name);
    throw appError('feed-unknown', { name: word, near: closestName(word, names), names });
  }
  return [found];
}

function ownFeed(name: string, url: string): FeedSource {
  if (FEED_CATALOGUE.some((source) => source.name === name) || name === AUTO_FEEDS) {
    throw appError('feed-name-taken', { name });
  }
  return {
    name,
    title: name,
    publisher: '',
    files: { kind: 'file', url },
    format: 'recognised by content',
    licence: '',
    covers: '',
    ecosystems: [],
    isAlternative: false,
    bytesMax: OWN_FEED_BYTES_MAX,
    isOwn: true,
  };
}
