import type { SeverityWord } from './advisory.ts';

const WORDS: ReadonlyMap<string, SeverityWord> = new Map([
  ['critical', 'critical'],
  ['emergency', 'critical'],
  ['important', 'high'],
  ['high', 'high'],
  ['moderate', 'medium'],
  ['medium', 'medium'],
  ['low', 'low'],
  ['minor', 'low'],
  ['negligible', 'low'],
  ['unimportant', 'low'],
]);

const ORDER: readonly SeverityWord[] = ['critical', 'high', 'medium', 'low'];

/** A vendor's word for a severity in ours: Red Hat's, SUSE's, Debian's urgency, Ubuntu's priority, GitHub's, Bitnami's; undefined for any other text. */
export function severityWordOf(text: string): SeverityWord | undefined {
  return WORDS.get(text.toLowerCase());
}

/** The worst of some words; undefined where there is none. */
export function worstWord(words: Iterable<SeverityWord>): SeverityWord | undefined {
  const given = new Set(words);
  return ORDER.find((word) => given.has(word));
}
