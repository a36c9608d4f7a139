import type { Advisory } from './advisory.ts';
import { cveOfId } from './cve.ts';
import { highestBaseScore } from './cvss.ts';
import type { RecordFacts, RecordNotice } from './filed-candidate.ts';
import { vulnerabilityIdsOfAdvisory } from './vulnerability-id.ts';

/**
 * What naming and rating a vulnerability reads of a record. Apart from `filed-candidate.ts`, so that `parapet scan` can
 * read scores that were worked out at import without loading the calculator.
 */
export function recordFactsOf(advisory: Advisory): RecordFacts {
  const { id, cves, summary, published, word, severities } = advisory;
  const cvss = highestBaseScore(severities);
  return { id, cves, summary, published, word, cvss, ...noticeOf(advisory) };
}

/**
 * The CVE whose worth a record states: that of a record about one CVE alone, whatever it is listed under; of an application's
 * every CVE, because each is listed by itself.
 */
export function scoredCves(advisory: Pick<Advisory, 'id' | 'cves' | 'affected'>): readonly string[] {
  const vulnerabilities = vulnerabilityIdsOfAdvisory(advisory);
  return vulnerabilities.flatMap(({ id, cves }) => {
    const own = cveOfId(id);
    if (own !== undefined) return [own];
    return cves.length === 1 ? cves : [];
  });
}

/** Of `worth` what `cves` have beyond `cvss`. */
export function worthBeyond(
  cves: readonly string[],
  cvss: number | undefined,
  worth: ReadonlyMap<string, number>,
): Record<string, number> {
  const beyond: Record<string, number> = {};
  for (const cve of cves) {
    const score = worth.get(cve);
    if (score !== undefined && score > (cvss ?? -1)) beyond[cve] = score;
  }
  return beyond;
}

/** The notice of a record as facts and candidates carry it: nothing where none is asked for. */
export function noticeOf(advisory: Pick<Advisory, 'notice' | 'url'>): { readonly notice?: RecordNotice } {
  const { notice: text, url } = advisory;
  return text === undefined ? {} : { notice: { text, url } };
}
