/** What sets of positions have in common, and what they hold together. Never writes to a set; what is made is counted, and written down only where it has to be. */
import { BitPositions, emptyWords, orWords, setBit, setBits } from './bitset.ts';
import { DisjointPositions } from './disjoint-positions.ts';
import { ListedBits } from './listed-bits.ts';
import {
  AllPositions,
  ListPositions,
  NO_POSITIONS,
  POSITIONS_PER_LIST_MEMBER,
  type PositionSet,
} from './position-set.ts';

const LISTS_WITHIN_LIST_MAX = 3;
/** So many lists are asked one by one; more are written into one row of words. */
export const LISTS_APART_MAX = 32;

/** What is in all of `sets`; all of `size` positions where there are none. */
export function intersectionOf(sets: readonly PositionSet[], size: number): PositionSet {
  const [first, ...more] = [...sets].sort((a, b) => a.count - b.count);
  if (first === undefined) return new AllPositions(size);
  return more.reduce(common, first);
}

function common(a: PositionSet, b: PositionSet): PositionSet {
  if (b instanceof AllPositions || a.count === 0) return a;
  if (a instanceof AllPositions || b.count === 0) return b;
  if (a instanceof DisjointPositions) return commonToParts(a, b);
  if (b instanceof DisjointPositions) return commonToParts(b, a);
  if (a instanceof ListedBits) return common(a.toList(), b);
  if (b instanceof ListedBits) return common(a, b.toList());
  if (a instanceof BitPositions && b instanceof BitPositions) return a.and(b);
  if (a instanceof ListPositions && b instanceof BitPositions) return new ListedBits(a, b);
  if (a instanceof BitPositions && b instanceof ListPositions) return new ListedBits(b, a);
  if (a instanceof ListPositions && b instanceof ListPositions)
    return a.count < b.count ? listedTwice(a, b) : listedTwice(b, a);
  return keepWhere(a, (position) => b.has(position));
}

function commonToParts(whole: DisjointPositions, other: PositionSet): PositionSet {
  const { parts } = whole;
  // Looking for the members of many lists in another one takes longer than writing them into one row of words does.
  if (!(other instanceof ListPositions) || parts.length <= LISTS_WITHIN_LIST_MAX || other.count < whole.count)
    return disjoint(parts.map((part) => common(part, other)));
  const size = other.select(other.count - 1) + 1;
  const words = emptyWords(size);
  for (const part of parts) writeInto(words, part, size);
  return new ListedBits(other, new BitPositions(words));
}

/** What sets without common members hold together. */
export function disjoint(sets: readonly PositionSet[]): PositionSet {
  const parts = sets.filter((set) => set.count > 0);
  const [first] = parts;
  if (first === undefined) return NO_POSITIONS;
  return parts.length === 1 ? first : new DisjointPositions(parts);
}

/** The members of a list that a longer one has too, looked for there in growing steps from the one before. */
function listedTwice({ positions: few }: ListPositions, { positions: many }: ListPositions): ListPositions {
  const kept = new Uint32Array(few.length);
  let count = 0;
  let from = 0;
  for (let index = 0; index < few.length; index += 1) {
    const position = few[index] ?? 0;
    let step = 1;
    while (from + step < many.length && (many[from + step] ?? 0) < position) step *= 2;
    let high = Math.min(many.length, from + step + 1);
    while (from < high) {
      const middle = (from + high) >>> 1;
      if ((many[middle] ?? 0) < position) from = middle + 1;
      else high = middle;
    }
    if (many[from] !== position) continue;
    kept[count] = position;
    count += 1;
  }
  return new ListPositions(kept.slice(0, count));
}

/** What is in any of `sets`, which have no members in common: groups, of which a part of a name may mean many. */
export function unionOfApart(sets: readonly PositionSet[], size: number): PositionSet {
  const held = sets.filter((set) => set.count > 0);
  const bits = held.filter((set) => !(set instanceof ListPositions)).length;
  return bits > 1 || held.length > LISTS_APART_MAX ? unionOf(held, size) : disjoint(held);
}

/** What is in any of `sets`. */
export function unionOf(sets: readonly PositionSet[], size: number): PositionSet {
  const held = sets.filter((set) => set.count > 0);
  const [first] = held;
  if (first === undefined) return NO_POSITIONS;
  if (held.length === 1) return first;
  const all = held.find((set) => set instanceof AllPositions);
  if (all !== undefined) return all;
  const [bits, ...more] = held.filter((set) => set instanceof BitPositions);
  const lists = held.filter((set) => set instanceof ListPositions);
  const listed = lists.reduce((sum, set) => sum + set.count, 0);
  if (
    bits !== undefined &&
    more.length + lists.length + 1 === held.length &&
    more.length === 0 &&
    listed * POSITIONS_PER_LIST_MEMBER < size
  )
    return withLists(bits, lists);
  const words = emptyWords(size);
  for (const set of held) {
    if (set instanceof BitPositions) orWords(words, set.toWords());
    else writeInto(words, set, size);
  }
  return new BitPositions(words);
}

/** The members of a set below `size`. */
function writeInto(words: Uint32Array, set: PositionSet, size: number): void {
  if (set instanceof ListPositions) setBits(words, set.positions.subarray(0, set.rank(size)));
  else for (let at = set.next(0); at >= 0 && at < size; at = set.next(at + 1)) setBit(words, at);
}

/** Bits with what lists have beside them; these are few together. */
function withLists(bits: BitPositions, lists: readonly ListPositions[]): PositionSet {
  const few = lists.flatMap(({ positions }) => Array.from(positions)).filter((at) => !bits.has(at));
  const each = Uint32Array.from(new Set(few)).sort();
  return disjoint([bits, new ListPositions(each)]);
}

/** The members of a set for which a test holds. */
export function keepWhere(set: PositionSet, test: (position: number) => boolean): ListPositions {
  const kept = new Uint32Array(set.count);
  let count = 0;
  if (set instanceof ListPositions) {
    // By index: `filter` takes several times as long.
    const { positions } = set;
    for (let index = 0; index < positions.length; index += 1) {
      const position = positions[index] ?? 0;
      if (!test(position)) continue;
      kept[count] = position;
      count += 1;
    }
    return new ListPositions(kept.slice(0, count));
  }
  for (let at = set.next(0); at >= 0; at = set.next(at + 1)) {
    if (test(at)) {
      kept[count] = at;
      count += 1;
    }
  }
  return new ListPositions(kept.slice(0, count));
}
