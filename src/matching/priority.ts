import type { SeverityWord } from '../advisories/advisory.ts';
import type { FixingPriority } from '../findings/finding.ts';

/** Fixing priority of a finding and severity of a vulnerability: design.md section 4, contract 6.5 and 6.6. */

/** What the priority is made of, beside the server's importance and the clock. */
export interface PriorityFacts {
  /** Highest CVSS base score of its CVEs, 0..10; undefined where there is none. */
  readonly cvssBase: number | undefined;
  /** The vendor's own word; read only without a CVSS score. */
  readonly word: SeverityWord | undefined;
  /** Milliseconds since 1970. */
  readonly publishedAt: number | undefined;
  readonly knownExploited: boolean;
  /** Highest EPSS probability of its CVEs, 0..1; undefined where there is none. */
  readonly epss: number | undefined;
}

export type AssetValue = 'important' | 'common' | 'test';

/** A vulnerability is new for 30 days after it was published. */
export const NEWLY_PUBLISHED_MS = 30 * 24 * 60 * 60 * 1000;

const POINTS_OF_WORD: Readonly<Record<SeverityWord, number>> = {
  critical: 9,
  high: 7.5,
  medium: 5.5,
  low: 2.5,
};
const POINTS_UNSCORED = 5.5;
const POINTS_KNOWN_EXPLOITED_MIN = 9;
const POINTS_OF_ASSET: Readonly<Record<AssetValue, number>> = { important: 1, common: 0, test: -1 };
const POINTS_NEWLY_PUBLISHED = 0.5;

export interface RatedPriority {
  readonly priority: FixingPriority;
  /** 0..10. */
  readonly points: number;
  /** Neither a CVSS score nor a word of the vendor's is known: the points are an assumption. */
  readonly isUnscored: boolean;
}

/** Rates one finding at the moment `now` (ms since 1970). A date in the future counts as new: clocks differ, feeds are dated ahead. */
export function fixingPriorityOf(facts: PriorityFacts, assetValue: AssetValue, now: number): RatedPriority {
  const base = basePoints(facts);
  let points = base + POINTS_OF_ASSET[assetValue];
  if (facts.publishedAt !== undefined && now - facts.publishedAt < NEWLY_PUBLISHED_MS)
    points += POINTS_NEWLY_PUBLISHED;
  const epss = facts.epss ?? 0;
  if (epss >= 0.5) points += 1;
  else if (epss >= 0.1) points += 0.5;
  if (facts.knownExploited) points = Math.max(points, POINTS_KNOWN_EXPLOITED_MIN);
  // Tenths, as CVSS has them: 7.9 + 1 + 0.1 in binary would fall a hair short of its threshold.
  points = Math.round(Math.min(10, Math.max(0, points)) * 10) / 10;
  return {
    priority: bandOf(points),
    points,
    isUnscored: facts.cvssBase === undefined && facts.word === undefined,
  };
}

/** When the clock alone next changes the points, in ms since 1970: the vulnerability stops being new. Undefined: never. */
export function nextPriorityChangeAt(
  facts: Pick<PriorityFacts, 'publishedAt'>,
  now: number,
): number | undefined {
  if (facts.publishedAt === undefined) return undefined;
  const at = facts.publishedAt + NEWLY_PUBLISHED_MS;
  return at > now ? at : undefined;
}

/** Severity (SEV4) by the highest CVSS, else by the vendor's word, else by the assumption that the priority makes. */
export function severityOf(facts: Pick<PriorityFacts, 'cvssBase' | 'word'>): FixingPriority {
  return bandOf(basePoints(facts));
}

function basePoints(facts: Pick<PriorityFacts, 'cvssBase' | 'word'>): number {
  if (facts.cvssBase !== undefined) return facts.cvssBase;
  return facts.word === undefined ? POINTS_UNSCORED : POINTS_OF_WORD[facts.word];
}

function bandOf(points: number): FixingPriority {
  if (points >= 9) return 'Critical';
  if (points >= 7) return 'High';
  return points >= 4 ? 'Medium' : 'Low';
}
