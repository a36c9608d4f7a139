/**
 * Sets of positions, one bit each, in 32-bit words (after uwdata/arquero's BitSet). The hot loops run over plain typed arrays
 * and allocate nothing.
 */
import type { PositionSet } from './position-set.ts';

const BLOCK_WORDS_LOG2 = 5;
const BLOCK_WORDS = 1 << BLOCK_WORDS_LOG2;
const BLOCK_BITS_LOG2 = BLOCK_WORDS_LOG2 + 5;
const BLOCK_BITS = 1 << BLOCK_BITS_LOG2;

/** Words for `size` bits, all clear. */
export function emptyWords(size: number): Uint32Array {
  return new Uint32Array((size + 31) >>> 5);
}

export function setBit(words: Uint32Array, position: number): void {
  const at = position >>> 5;
  words[at] = (words[at] ?? 0) | (1 << (position & 31));
}

export function setBits(words: Uint32Array, positions: Uint32Array): void {
  for (let index = 0; index < positions.length; index += 1) {
    const position = positions[index] ?? 0;
    const at = position >>> 5;
    words[at] = (words[at] ?? 0) | (1 << (position & 31));
  }
}

/** `into` keeps what `other` holds too. Both have the same length. */
export function andWords(into: Uint32Array, other: Uint32Array): void {
  for (let at = 0; at < into.length; at += 1) into[at] = (into[at] ?? 0) & (other[at] ?? 0);
}

export function orWords(into: Uint32Array, other: Uint32Array): void {
  for (let at = 0; at < into.length; at += 1) into[at] = (into[at] ?? 0) | (other[at] ?? 0);
}

/** How many bits of a word are set (Warren, Hacker's Delight, section 5-1). */
export function bitsSet(word: number): number {
  let bits = word - ((word >>> 1) & 0x55555555);
  bits = (bits & 0x33333333) + ((bits >>> 2) & 0x33333333);
  return Math.imul((bits + (bits >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

/** Number of the lowest set bit of a word that is not 0. */
function lowestBit(word: number): number {
  return 31 - Math.clz32(word & -word);
}

/**
 * A frozen bitset that counts: members before a position, and the member of an ordinal, by counts kept for each block. It is one
 * row of words, or what two of them have in common: that is worked out again wherever it is looked at, which takes less than
 * writing it down does, a quarter of a megabyte for 2,000,000 positions.
 */
export class BitPositions implements PositionSet {
  readonly count: number;
  readonly bytes: number;
  readonly ownBytes: number;
  readonly #words: Uint32Array;
  /** The same as `#words` where there are no others. */
  readonly #others: Uint32Array;
  /** Members before each block of 1,024 positions; the last number is how many there are. */
  readonly #before: Uint32Array;

  /** Takes the words over: they are not to be written any more. */
  constructor(words: Uint32Array, more: MoreOfBits = {}) {
    const { both, isOfSnapshot } = more;
    this.#words = words;
    this.#others = both?.others ?? words;
    this.#before = both?.before ?? countsOfBlocks(words);
    this.count = this.#before[this.#before.length - 1] ?? 0;
    const alone = both === undefined ? words.byteLength + this.#before.byteLength : this.#before.byteLength;
    this.bytes = alone + (both?.bytes ?? 0);
    this.ownBytes = isOfSnapshot === true ? 0 : alone + (both?.ownBytes ?? 0);
  }

  /** What both hold. */
  and(other: BitPositions): BitPositions {
    const [one, two] = [this.#inOneRow(), other.#inOneRow()];
    return new BitPositions(one.#words, {
      both: {
        others: two.#words,
        before: countsOfBoth(
          { words: one.#words, before: one.#before },
          { words: two.#words, before: two.#before },
        ),
        bytes: one.bytes + two.bytes,
        ownBytes: one.ownBytes + two.ownBytes,
      },
    });
  }

  /** How many of the positions `from` to `to` (exclusive) of an ascending list are members. */
  countListed(positions: Uint32Array, from: number, to: number): number {
    if (from >= to) return 0;
    const first = (positions[from] ?? 0) >>> BLOCK_BITS_LOG2;
    const end = ((positions[to - 1] ?? 0) >>> BLOCK_BITS_LOG2) + 1;
    const held = (this.#before[end] ?? this.count) - (this.#before[first] ?? this.count);
    if (held === 0) return 0;
    if (held === (end - first) << BLOCK_BITS_LOG2) return to - from;
    const words = this.#words;
    const others = this.#others;
    let count = 0;
    for (let index = from; index < to; index += 1) {
      const position = positions[index] ?? 0;
      const at = position >>> 5;
      count += (((words[at] ?? 0) & (others[at] ?? 0)) >>> (position & 31)) & 1;
    }
    return count;
  }

  #inOneRow(): BitPositions {
    return this.#words === this.#others ? this : new BitPositions(this.toWords());
  }

  /** The bits as one row of words; not to be written. */
  toWords(): Uint32Array {
    if (this.#words === this.#others) return this.#words;
    const words = this.#words.slice();
    andWords(words, this.#others);
    return words;
  }

  has(position: number): boolean {
    return ((this.#wordAt(position >>> 5) >>> (position & 31)) & 1) === 1;
  }

  rank(position: number): number {
    const word = position >>> 5;
    if (word >= this.#words.length) return this.count;
    let rank = this.#before[position >>> BLOCK_BITS_LOG2] ?? this.count;
    for (let at = (word >>> BLOCK_WORDS_LOG2) << BLOCK_WORDS_LOG2; at < word; at += 1)
      rank += bitsSet(this.#wordAt(at));
    return rank + bitsSet(this.#wordAt(word) & ((1 << (position & 31)) - 1));
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
    let left = ordinal - (this.#before[low] ?? 0);
    let at = low << BLOCK_WORDS_LOG2;
    let word = this.#wordAt(at);
    for (let bits = bitsSet(word); bits <= left; bits = bitsSet(word)) {
      left -= bits;
      at += 1;
      word = this.#wordAt(at);
    }
    for (; left > 0; left -= 1) word &= word - 1;
    return (at << 5) + lowestBit(word);
  }

  next(position: number): number {
    let at = position >>> 5;
    if (at >= this.#words.length) return -1;
    let word = this.#wordAt(at) & (-1 << (position & 31));
    while (word === 0) {
      at += 1;
      if (at >= this.#words.length) return -1;
      word = this.#wordAt(at);
    }
    return (at << 5) + lowestBit(word);
  }

  #wordAt(at: number): number {
    return (this.#words[at] ?? 0) & (this.#others[at] ?? 0);
  }
}

export interface MoreOfBits {
  /** The words of another set, of the same length, whose bits are to be set too; the counts of what both have; their memory. */
  readonly both?: {
    readonly others: Uint32Array;
    readonly before: Uint32Array;
    readonly bytes: number;
    readonly ownBytes: number;
  };
  /** The words are a snapshot's, and live as long as that. */
  readonly isOfSnapshot?: boolean;
}

interface CountedWords {
  readonly words: Uint32Array;
  readonly before: Uint32Array;
}

/** How many bits lie before each block; the last number is how many there are. */
function countsOfBlocks(words: Uint32Array): Uint32Array {
  const blocks = Math.ceil(words.length / BLOCK_WORDS);
  const before = new Uint32Array(blocks + 1);
  let count = 0;
  for (let block = 0; block < blocks; block += 1) {
    const end = Math.min(words.length, (block + 1) << BLOCK_WORDS_LOG2);
    for (let at = block << BLOCK_WORDS_LOG2; at < end; at += 1) count += bitsSet(words[at] ?? 0);
    before[block + 1] = count;
  }
  return before;
}

/**
 * The same of what both have. Where a block of one is empty or full, as most are of levels, statuses and whatever else the
 * view's order goes by, its words are not looked at.
 */
function countsOfBoth(a: CountedWords, b: CountedWords): Uint32Array {
  const before = new Uint32Array(a.before.length);
  let count = 0;
  for (let block = 0; block + 1 < before.length; block += 1) {
    const inA = (a.before[block + 1] ?? 0) - (a.before[block] ?? 0);
    const inB = (b.before[block + 1] ?? 0) - (b.before[block] ?? 0);
    if (inA === BLOCK_BITS) count += inB;
    else if (inB === BLOCK_BITS) count += inA;
    else if (inA !== 0 && inB !== 0) count += countBoth(a.words, b.words, block << BLOCK_WORDS_LOG2);
    before[block + 1] = count;
  }
  return before;
}

/** How many bits both rows have among the words of a block. */
function countBoth(words: Uint32Array, others: Uint32Array, from: number): number {
  const end = Math.min(words.length, from + BLOCK_WORDS);
  let count = 0;
  for (let at = from; at < end; at += 1) count += bitsSet((words[at] ?? 0) & (others[at] ?? 0));
  return count;
}
