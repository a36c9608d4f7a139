import { BitPositions, emptyWords, setBit } from './bitset.ts';
import { ListPositions, NO_POSITIONS, POSITIONS_PER_LIST_MEMBER, type PositionSet } from './position-set.ts';

/** So many members say enough of how many will follow. */
const SAMPLE_MEMBERS = 64;
const DENSE_POSITIONS_PER_MEMBER = 200;

/** Collects positions in ascending order: a list while they are few, bits from then on. */
export class PositionCollector {
  readonly #size: number;
  readonly #list: Uint32Array;
  #words: Uint32Array | undefined;
  #count = 0;

  /** For positions below `size`. */
  constructor(size: number) {
    this.#size = size;
    this.#list = new Uint32Array(Math.ceil(size / POSITIONS_PER_LIST_MEMBER));
  }

  add(position: number): void {
    if (this.#words === undefined && this.#count === this.#list.length) {
      this.#words = emptyWords(this.#size);
      for (const earlier of this.#list) setBit(this.#words, earlier);
    }
    if (this.#words === undefined) this.#list[this.#count] = position;
    else setBit(this.#words, position);
    this.#count += 1;
  }

  /** Whether there have been so many members below `position` that there are likely to be many above. */
  isDenseUpTo(position: number): boolean {
    return this.#count >= SAMPLE_MEMBERS && position < this.#count * DENSE_POSITIONS_PER_MEMBER;
  }

  finish(): PositionSet {
    if (this.#words !== undefined) return new BitPositions(this.#words);
    return this.#count === 0 ? NO_POSITIONS : new ListPositions(this.#list.slice(0, this.#count));
  }
}
