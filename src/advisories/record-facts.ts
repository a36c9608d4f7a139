import type { Advisory } from './advisory.ts';
import { highestBaseScore } from './cvss.ts';
import type { RecordFacts } from './filed-candidate.ts';

/**
 * What naming and rating a vulnerability reads of a record. Apart from `filed-candidate.ts`, so that `parapet scan` can
 * read scores that were worked out at import without loading the calculator.
 */
export function recordFactsOf(advisory: Advisory): RecordFacts {
  const { id, cves, summary, published, word, severities } = advisory;
  return { id, cves, summary, published, word, cvss: highestBaseScore(severities) };
}
