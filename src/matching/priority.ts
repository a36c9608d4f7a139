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

/** What the points are made of, before they are capped. */
interface PriorityParts {
  readonly base: number;
  readonly asset: number;
  readonly newlyPublished: number;
  readonly epss: number;
}

/** Rates one finding at the moment `now` (ms since 1970). A date in the future counts as new: clocks differ, feeds are dated ahead. */
export function fixingPriorityOf(facts: PriorityFacts, assetValue: AssetValue, now: number): RatedPriority {
  const { base, asset, newlyPublished, epss } = partsOf(facts, assetValue, now);
  let points = base + asset + newlyPublished + epss;
  if (facts.knownExploited) points = Math.max(points, POINTS_KNOWN_EXPLOITED_MIN);
  // Tenths, as CVSS has them: 7.9 + 1 + 0.1 in binary would fall a hair short of its threshold.
  points = Math.round(Math.min(10, Math.max(0, points)) * 10) / 10;
  return {
    priority: bandOf(points),
    points,
    isUnscored: facts.cvssBase === undefined && facts.word === undefined,
  };
}

/**
 * The facts by which a Windows update is rated: `own`, and what is worse by those that it replaces and that are missing too
 * (`PackageMatch.replaced`). When it was published is its own.
 */
export function worstFacts(own: PriorityFacts, replaced: readonly PriorityFacts[]): PriorityFacts {
  let worst = own;
  for (const facts of replaced) if (basePoints(facts) > basePoints(worst)) worst = facts;
  const { cvssBase, word } = worst;
  let { knownExploited, epss } = own;
  for (const facts of replaced) {
    knownExploited ||= facts.knownExploited;
    if (facts.epss !== undefined) epss = Math.max(facts.epss, epss ?? 0);
  }
  return { cvssBase, word, publishedAt: own.publishedAt, knownExploited, epss };
}

/** One thing that counts towards a priority, in words, with its points. */
export interface PriorityTerm {
  readonly term: string;
  readonly points: number;
}

/** The same rating with what it is made of; the sum is capped to 0..10. */
export function explainPriority(
  facts: PriorityFacts,
  assetValue: AssetValue,
  now: number,
): RatedPriority & { readonly terms: readonly PriorityTerm[] } {
  const rated = fixingPriorityOf(facts, assetValue, now);
  const { base, asset, newlyPublished, epss } = partsOf(facts, assetValue, now);
  const terms: PriorityTerm[] = [{ term: baseTerm(facts), points: base }];
  if (asset !== 0) terms.push({ term: `the server is ${assetValue}`, points: asset });
  if (newlyPublished !== 0) terms.push({ term: 'published within 30 days', points: newlyPublished });
  if (epss !== 0) terms.push({ term: `EPSS ${facts.epss}`, points: epss });
  const sum = base + asset + newlyPublished + epss;
  if (facts.knownExploited && sum < POINTS_KNOWN_EXPLOITED_MIN) {
    const missing = Math.round((POINTS_KNOWN_EXPLOITED_MIN - sum) * 10) / 10;
    terms.push({ term: `known to be exploited: at least ${POINTS_KNOWN_EXPLOITED_MIN}`, points: missing });
  }
  return { ...rated, terms };
}

function partsOf(facts: PriorityFacts, assetValue: AssetValue, now: number): PriorityParts {
  const { publishedAt, epss = 0 } = facts;
  const isNew = publishedAt !== undefined && now - publishedAt < NEWLY_PUBLISHED_MS;
  return {
    base: basePoints(facts),
    asset: POINTS_OF_ASSET[assetValue],
    newlyPublished: isNew ? POINTS_NEWLY_PUBLISHED : 0,
    epss: epss >= 0.5 ? 1 : epss >= 0.1 ? 0.5 : 0,
  };
}

function baseTerm({ cvssBase, word }: PriorityFacts): string {
  if (cvssBase !== undefined) return `CVSS ${cvssBase}`;
  return word === undefined ? 'neither scored nor rated by its vendor' : `rated ${word} by its vendor`;
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
