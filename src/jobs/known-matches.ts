/**
 * What packages are affected by and what vulnerabilities weigh, kept in memory while many servers are assessed one batch
 * after the other: most of them have the same packages. Each batch says at its end whether what was kept still held.
 */
import type { PriorityFacts } from '../matching/priority.ts';
import {
  type AdvisoryState,
  advisoryState,
  shareAdvisorySet,
} from '../store/advisories/lock-advisory-set.ts';
import type { Queryable } from '../store/database.ts';
import { loadPriorityFacts } from '../store/findings/load-assessable.ts';
import { loadPackages, type StoredPackage } from '../store/fleet/load-packages.ts';

/** Packages kept; beyond that what is kept is forgotten. A package takes about a kilobyte. */
const PACKAGES_KEPT_MAX = 300_000;

/** Where an assessment gets what does not depend on the server. */
export interface Knowledge {
  readonly packages: (
    tx: Queryable,
    projectId: string,
    ids: ReadonlySet<number>,
  ) => Promise<ReadonlyMap<number, StoredPackage>>;
  readonly facts: (
    tx: Queryable,
    vulnerabilities: ReadonlySet<number>,
  ) => Promise<ReadonlyMap<number, PriorityFacts>>;
}

/** Straight from the store. */
export const STORED_KNOWLEDGE: Knowledge = { packages: loadPackages, facts: loadPriorityFacts };

interface Kept {
  readonly state: AdvisoryState;
  readonly packages: Map<number, StoredPackage>;
  readonly facts: Map<number, PriorityFacts>;
}

/** For one project at a time; may be used by several transactions at once. */
export class KnownMatches {
  #kept: Kept | undefined;

  /** Runs `work` with what is known; false: it moved on meanwhile, so the transaction is to be rolled back and run again. */
  async during(tx: Queryable, work: (knowledge: Knowledge) => Promise<void>): Promise<boolean> {
    const kept = this.#keptAt(await advisoryState(tx));
    await work(knowledgeOf(kept));
    // Who changes matches or facts holds the set alone until its commit: it has committed, and is seen here, or will, and
    // then assesses these servers again.
    await shareAdvisorySet(tx);
    return isSameState(kept.state, await advisoryState(tx));
  }

  #keptAt(state: AdvisoryState): Kept {
    const kept = this.#kept;
    if (kept !== undefined && isSameState(kept.state, state) && kept.packages.size < PACKAGES_KEPT_MAX)
      return kept;
    const fresh = { state, packages: new Map(), facts: new Map() };
    this.#kept = fresh;
    return fresh;
  }
}

function knowledgeOf(kept: Kept): Knowledge {
  return {
    packages: async (tx, projectId, ids) => {
      await fill(kept.packages, ids, (missing) => loadPackages(tx, projectId, missing));
      return kept.packages;
    },
    facts: async (tx, vulnerabilities) => {
      await fill(kept.facts, vulnerabilities, (missing) => loadPriorityFacts(tx, missing));
      return kept.facts;
    },
  };
}

async function fill<T>(
  kept: Map<number, T>,
  wanted: ReadonlySet<number>,
  load: (missing: readonly number[]) => Promise<ReadonlyMap<number, T>>,
): Promise<void> {
  const missing = [...wanted].filter((id) => !kept.has(id));
  if (missing.length === 0) return;
  for (const [id, value] of await load(missing)) kept.set(id, value);
}

function isSameState(a: AdvisoryState, b: AdvisoryState): boolean {
  return a.revision === b.revision && a.matchGeneration === b.matchGeneration;
}
