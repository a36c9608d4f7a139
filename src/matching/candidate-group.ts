import type { Package } from '../inventory/package.ts';
import type { Candidate } from './candidate.ts';
import { hasEpoch } from './rules/epoch.ts';
import { isOfAnotherOrigin } from './rules/origin.ts';
import { type Pocket, pocketOf } from './rules/pocket.ts';

/** Up to so many candidates are searched; more are grouped. */
const SEARCHED_MAX = 64;
const NONE: readonly Candidate[] = [];

/** How a feed writes the epochs of one package. */
export interface EpochHabit {
  readonly isSometimes: boolean;
  readonly isAlways: boolean;
}

/**
 * All candidates of one package while it is judged, with what a judgement may have to ask about the others. Answers are
 * worked out when first asked for, once for the group: a package may have thousands of candidates.
 */
export class CandidateGroup {
  readonly candidates: readonly Candidate[];
  #siblings: Map<string, Candidate[]> | undefined;
  #habits: Map<string, EpochHabit> | undefined;
  #pockets: Map<string, readonly Candidate[]> | undefined;
  #isForeign: boolean | undefined;
  #version = '';
  #pocket: Pocket = '';

  constructor(candidates: readonly Candidate[]) {
    this.candidates = candidates;
  }

  /** The candidates from the same advisory, `candidate` itself among them; empty where it is the only one. */
  siblingsOf(candidate: Candidate): readonly Candidate[] {
    if (this.candidates.length <= SEARCHED_MAX) return this.#searchSiblings(candidate);
    this.#siblings ??= this.#groupByAdvisory();
    return this.#siblings.get(`${candidate.feed}\n${candidate.advisoryId}`) ?? NONE;
  }

  /** `isOfAnotherOrigin`, remembered: all candidates of a package ask the same. */
  isOfAnotherOrigin(pkg: Package): boolean {
    this.#isForeign ??= isOfAnotherOrigin(pkg);
    return this.#isForeign;
  }

  /** The candidates whose record says this pocket. */
  inPocket(pocket: string): readonly Candidate[] {
    this.#pockets ??= new Map();
    let found = this.#pockets.get(pocket);
    if (found === undefined) {
      found = this.candidates.filter(({ affected }) => affected.pocket === pocket);
      this.#pockets.set(pocket, found);
    }
    return found;
  }

  /** `pocketOf`, remembered for the version asked last: all candidates of a package ask for the same one. */
  pocketOfInstalled(version: string): Pocket {
    if (version !== this.#version) {
      this.#version = version;
      this.#pocket = pocketOf(version);
    }
    return this.#pocket;
  }

  /** Whether the feed of `candidate` writes epochs in the fixed versions of the package it names. */
  epochHabitOf(candidate: Candidate): EpochHabit {
    this.#habits ??= new Map();
    const { feed, affected } = candidate;
    const key = `${feed}\n${affected.name}`;
    let habit = this.#habits.get(key);
    if (habit === undefined) {
      habit = this.#findHabit(feed, affected.name);
      this.#habits.set(key, habit);
    }
    return habit;
  }

  #searchSiblings(candidate: Candidate): readonly Candidate[] {
    const { advisoryId, feed } = candidate;
    for (const other of this.candidates) {
      if (other === candidate || other.advisoryId !== advisoryId || other.feed !== feed) continue;
      return this.candidates.filter((one) => one.advisoryId === advisoryId && one.feed === feed);
    }
    return NONE;
  }

  #groupByAdvisory(): Map<string, Candidate[]> {
    const groups = new Map<string, Candidate[]>();
    for (const candidate of this.candidates) {
      const key = `${candidate.feed}\n${candidate.advisoryId}`;
      const group = groups.get(key);
      if (group === undefined) groups.set(key, [candidate]);
      else group.push(candidate);
    }
    return groups;
  }

  #findHabit(feed: string, name: string): EpochHabit {
    let isSometimes = false;
    let isAlways = true;
    for (const candidate of this.candidates) {
      if (candidate.feed !== feed || candidate.affected.name !== name) continue;
      for (const { fixed } of candidate.affected.ranges) {
        if (fixed === '') continue;
        if (hasEpoch(fixed)) isSometimes = true;
        else isAlways = false;
      }
    }
    return { isSometimes, isAlways };
  }
}
