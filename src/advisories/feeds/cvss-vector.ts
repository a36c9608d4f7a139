import type { Severity } from '../advisory.ts';
import { VECTOR_LENGTH_MAX_CHARS } from '../record-text.ts';

/**
 * A CVSS vector as vendors write it, with its type: `CVSS:3.1/AV:N/…`, also without its prefix (openEuler), with a score
 * before it (`7.0/CVSS:3.1/…`, Red Hat) or in parentheses. Undefined for anything else; whether its metrics are right is
 * for the calculator to say.
 */
export function severityOfVector(text: string): Severity | undefined {
  const vector = text
    .trim()
    .replace(/^\(|\)$/g, '')
    .replace(/^\d+(?:\.\d+)?\//, '');
  if (vector.length > VECTOR_LENGTH_MAX_CHARS || !/^(?:CVSS:\d\.\d\/)?AV:[NALP]/.test(vector))
    return undefined;
  if (vector.startsWith('CVSS:4.')) return { type: 'CVSS_V4', vector };
  if (vector.startsWith('CVSS:3.')) return { type: 'CVSS_V3', vector };
  if (vector.includes('/Au:')) return { type: 'CVSS_V2', vector };
  // 3.0 and 3.1 do not differ in their base metrics.
  return vector.includes('/PR:') ? { type: 'CVSS_V3', vector: `CVSS:3.1/${vector}` } : undefined;
}

/** The vectors among texts, each once. */
export function severitiesOfVectors(texts: Iterable<string>): Severity[] {
  const severities = new Map<string, Severity>();
  for (const text of texts) {
    const severity = severityOfVector(text);
    if (severity !== undefined) severities.set(severity.vector, severity);
  }
  return [...severities.values()];
}
