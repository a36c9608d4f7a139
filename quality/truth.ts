import type { Package } from '../src/inventory/package.ts';
import type { VulnerabilityType } from '../src/matching/candidate.ts';

/** What the quality command counts: cases, each with what is true and what matching says. */

/** One thing that is known to be true, or not, of one package. */
export interface Truth {
  /** The folder or file of the truth: `match-labels`, `trivy`, … */
  readonly source: string;
  /** The image, server or file it was found on. */
  readonly subject: string;
  readonly kind: VulnerabilityType;
  readonly pkg: Package;
  /** Ids of one problem: a verdict about any of them is one about all of them. The first is how it is called. */
  readonly about: readonly string[];
  readonly isAffected: boolean;
}

/** A truth and what matching made of it. */
export interface JudgedCase extends Truth {
  readonly isFound: boolean;
  /** Why, as `parapet explain` says it. */
  readonly reason: string;
}

/** Truths of one source that could not be judged, or that are for information alone, and why. */
export interface LeftOut {
  readonly source: string;
  readonly reason: string;
  readonly count: number;
}

/** A figure beside the cases, such as how many of the updates a server's own package manager offered are found too. */
export interface Note {
  readonly source: string;
  readonly text: string;
}

/** Gathers what the sources find. Lives as long as one run. */
export class Findings {
  readonly cases: JudgedCase[] = [];
  readonly notes: Note[] = [];
  readonly #leftOut = new Map<string, LeftOut>();

  addCase(item: JudgedCase): void {
    this.cases.push(item);
  }

  addNote(source: string, text: string): void {
    this.notes.push({ source, text });
  }

  leaveOut(source: string, reason: string, count = 1): void {
    const key = `${source}\n${reason}`;
    this.#leftOut.set(key, { source, reason, count: (this.#leftOut.get(key)?.count ?? 0) + count });
  }

  leftOut(): readonly LeftOut[] {
    return [...this.#leftOut.values()];
  }
}
