import { comparePackagist } from './packagist.ts';

/** Marks a bound that lies just past a version: `>3.3` is later than 3.3 and earlier than whatever follows it. */
export const JUST_PAST = '>';

/**
 * Orders versions of WordPress, its plugins and themes as WordPress does: PHP's `version_compare`, with a leading `v` left
 * out. Records mostly say up to which version something is affected and leave open what the next one is called; such a
 * bound is written `>3.3`, and sorts after 3.3 and everything equal to it, before anything later. `#` is the wildcard that it
 * is in Packagist's.
 */
export function compareWordpress(a: string, b: string): number {
  const aIsPast = a.startsWith(JUST_PAST);
  const bIsPast = b.startsWith(JUST_PAST);
  if (!aIsPast && !bIsPast) return comparePackagist(a, b);
  const order = comparePackagist(aIsPast ? a.slice(1) : a, bIsPast ? b.slice(1) : b);
  return order === 0 ? Number(aIsPast) - Number(bIsPast) : order;
}

/** Whether the text is a version as plugins state them: it has a digit, and neither blanks nor what a constraint is made of. */
export function isWellFormedWordpress(version: string): boolean {
  return /^[^\s\p{Cc}#,;|<>=*]*[0-9][^\s\p{Cc}#,;|<>=*]*$/u.test(version);
}
