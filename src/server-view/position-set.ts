/**
 * Which positions of a snapshot a filter selects. Positions are in the view's order, so a page is a matter of counting:
 * `rank` and `select` cost the same at any depth. Here are all and a sorted list; one bit a position is in `bitset.ts`, and
 * what sets have in common or hold together in `combine-positions.ts`.
 */

export interface PositionSet {
  readonly count: number;
  /** Memory of the set and of those it was made of. */
  readonly bytes: number;
  /** What of it is kept only with the set: the sets of a snapshot are there anyway. */
  readonly ownBytes: number;
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
  readonly ownBytes = 0;

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
  readonly ownBytes: number;

  /** `isOfSnapshot`: the list is a snapshot's, and lives as long as that. */
  constructor(positions: Uint32Array, isOfSnapshot = false) {
    this.positions = positions;
    this.ownBytes = isOfSnapshot ? 0 : positions.byteLength;
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

export const NO_POSITIONS: PositionSet = new ListPositions(new Uint32Array(0), true);
