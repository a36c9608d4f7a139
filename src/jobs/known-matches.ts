/**
 * What packages are affected by and what vulnerabilities weigh, kept in memory while many servers are assessed one batch
 * after the other: most of them have the same packages. Each batch says at its end whether what was kept still held.
 */
import type { FeedCoverage } from '../matching/coverage.ts';
import type { PriorityFacts } from '../matching/priority.ts';
import { loadFeedCoverage } from '../store/advisories/load-feed-coverage.ts';
import {
  type AdvisoryState,
  advisoryState,
  isSameState,
  shareAdvisorySet,
} from '../store/advisories/lock-advisory-set.ts';
import type { Queryable } from '../store/database.ts';
import { loadPriorityFacts } from '../store/findings/load-assessable.ts';
import { type KnownNumbers, noNumbers } from '../store/fleet/intern-packages.ts';
import { loadPackages, type StoredPackage } from '../store/fleet/load-packages.ts';

/** Packages kept; beyond that what is kept is forgotten. A package takes about a kilobyte. */
const PACKAGES_KEPT_MAX = 300_000;

/** Where an assessment gets what does not depend on the server. */
export interface Knowledge {
  readonly packages: (
    tx: Queryable,
    projectId: string,
    ids: Iterable<number>,
  ) => Promise<ReadonlyMap<number, StoredPackage>>;
  readonly facts: (
    tx: Queryable,
    vulnerabilities: Iterable<number>,
  ) => Promise<ReadonlyMap<number, PriorityFacts>>;
}

/** Straight from the store. */
export const STORED_KNOWLEDGE: Knowledge = { packages: loadPackages, facts: loadPriorityFacts };

/** What is known where a report is taken in. */
export interface KnownOfProject extends Known {
  readonly numbers: KnownNumbers;
  /** What feeds answer for. */
  readonly feeds: (tx: Queryable) => Promise<readonly FeedCoverage[]>;
}

interface Kept extends Known {
  feeds: readonly FeedCoverage[] | undefined;
  readonly packages: Map<number, StoredPackage>;
  readonly facts: Map<number, PriorityFacts>;
  readonly numbersByProject: Map<string, KnownNumbers>;
}

interface Known {
  readonly state: AdvisoryState;
  readonly knowledge: Knowledge;
}

/** For all projects, whose packages have different numbers; may be used by several transactions at once. */
export class KnownMatches {
  #kept: Kept | undefined;

  /**
   * What is known of the advisory set in force, `state`. Whoever uses it looks at the state once more, at the end, under the
   * advisory-set lock: another one means that it did not hold.
   */
  at(state: AdvisoryState, projectId: string): KnownOfProject {
    const kept = this.#keptAt(state);
    const numbers = kept.numbersByProject.get(projectId) ?? noNumbers();
    kept.numbersByProject.set(projectId, numbers);
    const feeds = async (tx: Queryable): Promise<readonly FeedCoverage[]> => {
      kept.feeds ??= (await loadFeedCoverage(tx)).feeds;
      return kept.feeds;
    };
    return { state: kept.state, knowledge: kept.knowledge, numbers, feeds };
  }

  /** Runs `work` with what is known; false: it moved on meanwhile, so the transaction is to be rolled back and run again. */
  async during(tx: Queryable, work: (knowledge: Knowledge) => Promise<void>): Promise<boolean> {
    const { state, knowledge } = this.#keptAt(await advisoryState(tx));
    await work(knowledge);
    // Who changes matches or facts holds the set alone until its commit: it has committed, and is seen here, or will, and
    // then assesses these servers again.
    await shareAdvisorySet(tx);
    return isSameState(state, await advisoryState(tx));
  }

  #keptAt(state: AdvisoryState): Kept {
    const kept = this.#kept;
    if (kept !== undefined && isSameState(kept.state, state) && sizeOf(kept) < PACKAGES_KEPT_MAX) return kept;
    const packages = new Map<number, StoredPackage>();
    const facts = new Map<number, PriorityFacts>();
    const knowledge = knowledgeOf(packages, facts);
    const fresh: Kept = { state, knowledge, packages, facts, numbersByProject: new Map(), feeds: undefined };
    this.#kept = fresh;
    return fresh;
  }
}

function sizeOf({ packages, numbersByProject }: Kept): number {
  let numbers = 0;
  for (const { byKey } of numbersByProject.values()) numbers += byKey.size;
  return Math.max(packages.size, numbers);
}

function knowledgeOf(packages: Map<number, StoredPackage>, known: Map<number, PriorityFacts>): Knowledge {
  return {
    packages: async (tx, projectId, ids) => {
      await fill(packages, ids, (missing) => loadPackages(tx, projectId, missing));
      return packages;
    },
    facts: async (tx, vulnerabilities) => {
      await fill(known, vulnerabilities, (missing) => loadPriorityFacts(tx, missing));
      return known;
    },
  };
}

async function fill<T>(
  kept: Map<number, T>,
  wanted: Iterable<number>,
  load: (missing: Iterable<number>) => Promise<ReadonlyMap<number, T>>,
): Promise<void> {
  const missing = new Set<number>();
  for (const id of wanted) if (!kept.has(id)) missing.add(id);
  if (missing.size === 0) return;
  for (const [id, value] of await load(missing)) kept.set(id, value);
}
