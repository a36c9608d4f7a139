import calculator from 'ae-cvss-calculator';
import type { Severity } from './advisory.ts';
import { VECTOR_LENGTH_MAX_CHARS } from './record-text.ts';

/** Vectors repeat a lot (a few thousand different ones in all of OSV); past this many the memory starts anew. */
const REMEMBERED_MAX = 20_000;

type CvssVersion = '4.0' | '3.1' | '3.0' | '2.0';

interface Score {
  readonly version: CvssVersion;
  readonly score: number;
}

const remembered = new Map<string, Score | undefined>();

/**
 * The base score (0.0 to 10.0) of a CVSS vector of version 2, 3.0, 3.1 or 4.0 by FIRST's specification of that version;
 * threat, temporal and environmental metrics do not count. Undefined for any text that is no vector with every base
 * metric given once.
 */
export function baseScoreOf(vector: string): number | undefined {
  return scoreOf(vector)?.score;
}

/**
 * The highest base score among vectors of the newest version present: 4.0, else 3.1, 3.0, 2 (design.md section 4,
 * "Fixing priority"). Undefined where no vector has a score.
 */
export function highestBaseScore(severities: Iterable<Pick<Severity, 'vector'>>): number | undefined {
  let best: Score | undefined;
  for (const { vector } of severities) {
    const found = scoreOf(vector);
    if (found === undefined) continue;
    const isNewer = best === undefined || found.version > best.version;
    if (isNewer || (found.version === best?.version && found.score > best.score)) best = found;
  }
  return best?.score;
}

function scoreOf(vector: string): Score | undefined {
  if (vector.length > VECTOR_LENGTH_MAX_CHARS) return undefined;
  const known = remembered.get(vector);
  if (known !== undefined || remembered.has(vector)) return known;
  const score = calculate(vector);
  if (remembered.size >= REMEMBERED_MAX) remembered.clear();
  remembered.set(vector, score);
  return score;
}

function calculate(text: string): Score | undefined {
  // Version 2 vectors have no prefix and are written with or without parentheses.
  const vector = text.startsWith('(') && text.endsWith(')') ? text.slice(1, -1) : text;
  const version = versionOf(vector);
  // The calculator takes the last of repeated metrics, any unknown prefix for another version's, and writes of empty
  // metrics to the console: none of that reaches it.
  if (version === undefined || !hasMetricsOnce(vector)) return undefined;
  const score = calculateVersion(vector, version);
  return score === undefined || !Number.isFinite(score) ? undefined : { version, score: Math.abs(score) };
}

function versionOf(vector: string): CvssVersion | undefined {
  if (vector.startsWith('CVSS:3.1/')) return '3.1';
  if (vector.startsWith('CVSS:3.0/')) return '3.0';
  if (vector.startsWith('CVSS:4.0/')) return '4.0';
  return /^AV:[LAN]\//.test(vector) ? '2.0' : undefined;
}

/** Whether everything after the prefix has the form of a metric, and no metric stands there twice. */
function hasMetricsOnce(vector: string): boolean {
  const names = new Set<string>();
  for (const metric of vector.replace(/^CVSS:\d\.\d\//, '').split('/')) {
    const name = /^([A-Za-z]{1,4}):[A-Za-z]{1,10}$/.exec(metric)?.[1];
    if (name === undefined || names.has(name)) return false;
    names.add(name);
  }
  return true;
}

function calculateVersion(vector: string, version: CvssVersion): number | undefined {
  try {
    if (version === '4.0') {
      const parsed = new calculator.Cvss4P0(vector);
      return parsed.isBaseFullyDefined() ? parsed.calculateScores().baseMetricsOnly : undefined;
    }
    const parsed =
      version === '3.1'
        ? new calculator.Cvss3P1(vector)
        : version === '3.0'
          ? new calculator.Cvss3P0(vector)
          : new calculator.Cvss2(vector);
    return parsed.isBaseFullyDefined() ? parsed.calculateScores().base : undefined;
  } catch {
    return undefined;
  }
}
