/** What of an overlay a filter is about: rows to be shown, and positions of the snapshot that are not to be shown any more. */
import { intersectionOf } from './combine-positions.ts';
import type { SortedEntries } from './overlay.ts';
import { ListPositions, type PositionSet } from './position-set.ts';

const BLOCK_ENTRIES_LOG2 = 6;
const BLOCK_ENTRIES = 1 << BLOCK_ENTRIES_LOG2;

export interface OverlayChanges {
  /** Positions that the filter selects and that are not true any more. */
  readonly dead: PositionSet;
  readonly entries: ChosenEntries;
}

/** Entries of an overlay, in the view's order, counted from 0. */
export interface ChosenEntries {
  readonly count: number;
  readonly rowAt: (ordinal: number) => number;
  /** The position before which it stands. */
  readonly beforeAt: (ordinal: number) => number;
}

/** All of them. */
export class AllEntries implements ChosenEntries {
  readonly #entries: SortedEntries;

  constructor(entries: SortedEntries) {
    this.#entries = entries;
  }

  get count(): number {
    return this.#entries.rows.length;
  }

  rowAt(ordinal: number): number {
    return this.#entries.rows[ordinal] ?? 0;
  }

  beforeAt(ordinal: number): number {
    return this.#entries.befores[ordinal] ?? 0;
  }
}

/** Those whose row has its bit set: counted block by block, not copied. */
export class MatchingEntries implements ChosenEntries {
  readonly count: number;
  readonly #entries: SortedEntries;
  readonly #words: Uint32Array;
  /** Entries that match before each block; the last number is how many do. */
  readonly #before: Uint32Array;

  constructor(entries: SortedEntries, words: Uint32Array) {
    const { rows } = entries;
    const blocks = Math.ceil(rows.length / BLOCK_ENTRIES);
    const before = new Uint32Array(blocks + 1);
    let count = 0;
    for (let block = 0; block < blocks; block += 1) {
      const end = Math.min(rows.length, (block + 1) << BLOCK_ENTRIES_LOG2);
      for (let index = block << BLOCK_ENTRIES_LOG2; index < end; index += 1) {
        const row = rows[index] ?? 0;
        count += ((words[row >>> 5] ?? 0) >>> (row & 31)) & 1;
      }
      before[block + 1] = count;
    }
    this.#entries = entries;
    this.#words = words;
    this.#before = before;
    this.count = count;
  }

  rowAt(ordinal: number): number {
    return this.#entries.rows[this.#indexOf(ordinal)] ?? 0;
  }

  beforeAt(ordinal: number): number {
    return this.#entries.befores[this.#indexOf(ordinal)] ?? 0;
  }

  #indexOf(ordinal: number): number {
    // The last block before which no more than `ordinal` match.
    let low = 0;
    let high = this.#before.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if ((this.#before[middle] ?? 0) <= ordinal) low = middle;
      else high = middle - 1;
    }
    const { rows } = this.#entries;
    let left = ordinal - (this.#before[low] ?? 0);
    let index = low << BLOCK_ENTRIES_LOG2;
    for (; index < rows.length; index += 1) {
      const row = rows[index] ?? 0;
      if ((((this.#words[row >>> 5] ?? 0) >>> (row & 31)) & 1) === 0) continue;
      if (left === 0) break;
      left -= 1;
    }
    return index;
  }
}

/** What `selected` has of positions that are not true any more. */
export function deadAmong(dead: Uint32Array, selected: PositionSet, size: number): PositionSet {
  return intersectionOf([selected, new ListPositions(dead)], size);
}
