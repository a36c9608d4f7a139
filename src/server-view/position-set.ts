/**
 * Which positions of a snapshot a filter selects. Positions are in the view's order, so a page is a matter of counting:
 * `rank` and `select` cost the same at any depth. Three forms: all, one bit a position, or a sorted list where few are
 * selected.
 */
import { BitPositions, emptyWords, orWords, setBits } from './bitset.ts';

export interface PositionSet {
  readonly count: number;
  /** Memory that the set alone holds. */
  readonly bytes: number;
  readonly has: (position: number) => boolean;
  /** Members before `position`. */
  readonly rank: (position: number) => number;
  /** The member before which `ordinal` others lie; -1: there are not that many. */
  readonly select: (ordinal: number) => number;
  /** The first member at or after `position`; -1: none. */
  readonly next: (position: number) => number;
}

/** A list takes 32 bits a member, a bitset one bit a position: above one member in this many positions bits are smaller. */
export const POSITIONS_PER_LIST_MEMBER = 32;

export class AllPositions implements PositionSet {
  readonly count: number;
  readonly bytes = 0;

  constructor(count: number) {
    this.count = count;
  }

  has(position: number): boolean {
    return position < this.count;
  }

  rank(position: number): number {
    return Math.min(position, this.count);
  }

  select(ordinal: number): number {
    return ordinal < this.count ? ordinal : -1;
  }

  next(position: number): number {
    return position < this.count ? position : -1;
  }
}

/** A list, ascending, each member once. */
export class ListPositions implements PositionSet {
  readonly positions: Uint32Array;

  constructor(positions: Uint32Array) {
    this.positions = positions;
  }

  get count(): number {
    return this.positions.length;
  }

  get bytes(): number {
    return this.positions.byteLength;
  }

  has(position: number): boolean {
    return this.positions[this.rank(position)] === position;
  }

  rank(position: number): number {
    let low = 0;
    let high = this.positions.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.positions[middle] ?? 0) < position) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  select(ordinal: number): number {
    return this.positions[ordinal] ?? -1;
  }

  next(position: number): number {
    return this.positions[this.rank(position)] ?? -1;
  }
}

/**
 * The bits of one set and a few members more, which it does not have. Not written into one row of words: a quarter of a megabyte
 * for each question, at 2,000,000 positions, keeps the collector of memory busy.
 */
class BitsAndMore implements PositionSet {
  readonly count: number;
  readonly bytes: number;
  readonly bits: BitPositions;
  readonly more: ListPositions;

  constructor(bits: BitPositions, more: ListPositions) {
    this.bits = bits;
    this.more = more;
    this.count = bits.count + more.count;
    this.bytes = bits.bytes + more.bytes;
  }

  has(position: number): boolean {
    return this.bits.has(position) || this.more.has(position);
  }

  rank(position: number): number {
    return this.bits.rank(position) + this.more.rank(position);
  }

  select(ordinal: number): number {
    // How many of the few lie before it.
    let low = 0;
    let high = this.more.count;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.bits.rank(this.more.select(middle)) + middle < ordinal) low = middle + 1;
      else high = middle;
    }
    const next = this.more.select(low);
    return next >= 0 && this.bits.rank(next) + low === ordinal ? next : this.bits.select(ordinal - low);
  }

  next(position: number): number {
    const bit = this.bits.next(position);
    const more = this.more.next(position);
    return bit < 0 || (more >= 0 && more < bit) ? more : bit;
  }

  and(others: BitPositions): PositionSet {
    return new BitsAndMore(this.bits.and(others), keepInBits(this.more, others));
  }

  /** In one row of words. */
  toBits(): BitPositions {
    return this.bits.with(this.more.positions);
  }
}

export const NO_POSITIONS: PositionSet = new ListPositions(new Uint32Array(0));

/** What is in all of `sets`; all of `size` positions where there are none. Never writes to a set. */
export function intersectionOf(sets: readonly PositionSet[], size: number): PositionSet {
  const lists = sets.filter((set) => set instanceof ListPositions).sort((a, b) => a.count - b.count);
  const [shortest] = lists;
  if (shortest !== undefined) {
    let kept = shortest;
    for (const set of sets) {
      if (set === shortest || set instanceof AllPositions) continue;
      kept = set instanceof BitPositions ? keepInBits(kept, set) : keepWhere(kept, (at) => set.has(at));
    }
    return kept;
  }
  const [partly, ...more] = sets.filter((set) => set instanceof BitsAndMore);
  const [first, ...rest] = [
    ...sets.filter((set) => set instanceof BitPositions),
    ...more.map((set) => set.toBits()),
  ];
  if (first === undefined) return partly ?? new AllPositions(size);
  const bits = rest.reduce((both, set) => both.and(set), first);
  return partly === undefined ? bits : partly.and(bits);
}

/** What is in any of `sets`. */
export function unionOf(sets: readonly PositionSet[], size: number): PositionSet {
  const held = sets
    .filter((set) => set.count > 0)
    .map((set) => (set instanceof BitsAndMore ? set.toBits() : set));
  const [first] = held;
  if (first === undefined) return NO_POSITIONS;
  if (held.length === 1) return first;
  const all = held.find((set) => set instanceof AllPositions);
  if (all !== undefined) return all;
  const [bits, ...more] = held.filter((set) => set instanceof BitPositions);
  const lists = held.filter((set) => set instanceof ListPositions);
  const listed = lists.reduce((sum, set) => sum + set.count, 0);
  if (bits !== undefined && more.length === 0 && listed * POSITIONS_PER_LIST_MEMBER < size)
    return withLists(bits, lists);
  const words = emptyWords(size);
  for (const set of held) {
    if (set instanceof BitPositions) orWords(words, set.toWords());
    else if (set instanceof ListPositions) setBits(words, set.positions);
  }
  return new BitPositions(words);
}

/** Bits with what lists have beside them; these are few together. */
function withLists(bits: BitPositions, lists: readonly ListPositions[]): PositionSet {
  const few = lists.flatMap(({ positions }) => Array.from(positions)).filter((at) => !bits.has(at));
  const each = Uint32Array.from(new Set(few)).sort();
  return each.length === 0 ? bits : new BitsAndMore(bits, new ListPositions(each));
}

/** The members of a set for which a test holds. */
export function keepWhere(set: PositionSet, test: (position: number) => boolean): ListPositions {
  if (set instanceof ListPositions) return new ListPositions(set.positions.filter(test));
  const kept = new Uint32Array(set.count);
  let count = 0;
  for (let at = set.next(0); at >= 0; at = set.next(at + 1)) {
    if (test(at)) {
      kept[count] = at;
      count += 1;
    }
  }
  return new ListPositions(kept.slice(0, count));
}

/** The members of a list that bits have too. */
function keepInBits({ positions }: ListPositions, set: BitPositions): ListPositions {
  const words = set.toWords();
  const kept = new Uint32Array(positions.length);
  let count = 0;
  for (let index = 0; index < positions.length; index += 1) {
    const position = positions[index] ?? 0;
    // Written in any case, and counted where it is kept: without a branch that nobody can foretell.
    kept[count] = position;
    count += ((words[position >>> 5] ?? 0) >>> (position & 31)) & 1;
  }
  return new ListPositions(kept.slice(0, count));
}
