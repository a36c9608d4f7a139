import type { PositionSet } from './position-set.ts';

/**
 * The members of sets that have none in common, a few of them: asked one by one, never written into one row of words. A
 * quarter of a megabyte for each question, at 2,000,000 positions, keeps the collector of memory busy.
 */
export class DisjointPositions implements PositionSet {
  readonly parts: readonly PositionSet[];
  readonly count: number;
  readonly bytes: number;
  readonly ownBytes: number;

  constructor(parts: readonly PositionSet[]) {
    this.parts = parts;
    this.count = sumOf(parts, (part) => part.count);
    this.bytes = sumOf(parts, (part) => part.bytes);
    this.ownBytes = sumOf(parts, (part) => part.ownBytes);
  }

  has(position: number): boolean {
    for (const part of this.parts) if (part.has(position)) return true;
    return false;
  }

  rank(position: number): number {
    let rank = 0;
    for (const part of this.parts) rank += part.rank(position);
    return rank;
  }

  select(ordinal: number): number {
    if (ordinal >= this.count) return -1;
    // The greatest position before which no more than `ordinal` members lie is the member itself, if the last ones are
    // looked for in between the first and the last member of the parts.
    let low = 0;
    let high = this.#last();
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if (this.rank(middle) <= ordinal) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  next(position: number): number {
    let first = -1;
    for (const part of this.parts) {
      const next = part.next(position);
      if (next >= 0 && (first < 0 || next < first)) first = next;
    }
    return first;
  }

  #last(): number {
    let last = 0;
    for (const part of this.parts) last = Math.max(last, part.select(part.count - 1));
    return last;
  }
}

function sumOf(parts: readonly PositionSet[], of: (part: PositionSet) => number): number {
  let sum = 0;
  for (const part of parts) sum += of(part);
  return sum;
}
