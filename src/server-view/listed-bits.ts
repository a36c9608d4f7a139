import type { BitPositions } from './bitset.ts';
import { ListPositions, type PositionSet } from './position-set.ts';

const BLOCK_MEMBERS_LOG2 = 6;
const BLOCK_MEMBERS = 1 << BLOCK_MEMBERS_LOG2;

/** The members of a list that bits have too: counted block by block, and looked at again where they are asked for. */
export class ListedBits implements PositionSet {
  readonly count: number;
  readonly bytes: number;
  readonly ownBytes: number;
  readonly #list: ListPositions;
  readonly #bits: BitPositions;
  /** Members before each block of the list; the last number is how many there are. */
  readonly #before: Uint32Array;

  constructor(list: ListPositions, bits: BitPositions) {
    const { positions } = list;
    const blocks = Math.ceil(positions.length / BLOCK_MEMBERS);
    const before = new Uint32Array(blocks + 1);
    let count = 0;
    for (let block = 0; block < blocks; block += 1) {
      const from = block << BLOCK_MEMBERS_LOG2;
      count += bits.countListed(positions, from, Math.min(positions.length, from + BLOCK_MEMBERS));
      before[block + 1] = count;
    }
    this.#list = list;
    this.#bits = bits;
    this.#before = before;
    this.count = count;
    this.bytes = before.byteLength + list.bytes + bits.bytes;
    this.ownBytes = before.byteLength + list.ownBytes + bits.ownBytes;
  }

  has(position: number): boolean {
    return this.#bits.has(position) && this.#list.has(position);
  }

  rank(position: number): number {
    const index = this.#list.rank(position);
    const block = index >>> BLOCK_MEMBERS_LOG2;
    const from = block << BLOCK_MEMBERS_LOG2;
    return (this.#before[block] ?? 0) + this.#bits.countListed(this.#list.positions, from, index);
  }

  select(ordinal: number): number {
    if (ordinal >= this.count) return -1;
    // The last block before which no more than `ordinal` members lie.
    let low = 0;
    let high = this.#before.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if ((this.#before[middle] ?? 0) <= ordinal) low = middle;
      else high = middle - 1;
    }
    const { positions } = this.#list;
    let left = ordinal - (this.#before[low] ?? 0);
    for (let index = low << BLOCK_MEMBERS_LOG2; index < positions.length; index += 1) {
      const position = positions[index] ?? 0;
      if (!this.#bits.has(position)) continue;
      if (left === 0) return position;
      left -= 1;
    }
    return -1;
  }

  next(position: number): number {
    const { positions } = this.#list;
    let index = this.#list.rank(position);
    while (index < positions.length) {
      const block = index >>> BLOCK_MEMBERS_LOG2;
      const end = Math.min(positions.length, (block + 1) << BLOCK_MEMBERS_LOG2);
      if (this.#before[block] === this.#before[block + 1]) index = end;
      for (; index < end; index += 1) {
        const member = positions[index] ?? 0;
        if (this.#bits.has(member)) return member;
      }
    }
    return -1;
  }

  /** Written down, for what is to be done with all of them. */
  toList(): ListPositions {
    const { positions } = this.#list;
    const kept = new Uint32Array(this.count);
    let count = 0;
    for (let at = 0; at < positions.length; at += 1) {
      const position = positions[at] ?? 0;
      if (!this.#bits.has(position)) continue;
      kept[count] = position;
      count += 1;
    }
    return new ListPositions(kept);
  }
}
