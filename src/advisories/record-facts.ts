import type { Advisory } from './advisory.ts';
import { highestBaseScore } from './cvss.ts';
import type { RecordFacts, RecordNotice } from './filed-candidate.ts';

/**
 * What naming and rating a vulnerability reads of a record. Apart from `filed-candidate.ts`, so that `parapet scan` can
 * read scores that were worked out at import without loading the calculator.
 */
export function recordFactsOf(advisory: Advisory): RecordFacts {
  const { id, cves, summary, published, word, severities } = advisory;
  const cvss = highestBaseScore(severities);
  return { id, cves, summary, published, word, cvss, ...noticeOf(advisory) };
}

/** The notice of a record as facts and candidates carry it: nothing where none is asked for. */
export function noticeOf(advisory: Pick<Advisory, 'notice' | 'url'>): { readonly notice?: RecordNotice } {
  const { notice: text, url } = advisory;
  return text === undefined ? {} : { notice: { text, url } };
}
