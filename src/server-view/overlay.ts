/**
 * What has changed since the snapshot: rows that are new or different, in the view's order, each with the position before
 * which it stands; and the positions whose rows are no longer true. Small (some thousand), so that a change is a few
 * insertions into sorted arrays and is visible at once.
 */
import { compareRows, ServerColumns } from './columns.ts';
import { positionBefore, type Run, type Snapshot } from './snapshot.ts';

export interface OverlayEntry {
  readonly row: number;
  /** The first position of the snapshot that comes after it. */
  readonly before: number;
}

interface HeldChanges {
  readonly inserted: OverlayEntry[];
  /** Rows of the overlay. */
  readonly removed: Set<number>;
  /** Positions of the snapshot. */
  readonly dead: Set<number>;
}

const ROWS_FIRST = 256;

export class Overlay {
  readonly snapshot: Snapshot;
  /** Rows in order of arrival, those that have been replaced included. */
  readonly columns = new ServerColumns(ROWS_FIRST);
  #entries: OverlayEntry[] = [];
  readonly #rowOf = new Map<string, number>();
  #dead: number[] = [];
  /** What has been changed since `hold` and is not in the sorted arrays yet. */
  #held: HeldChanges | undefined;

  constructor(snapshot: Snapshot) {
    this.snapshot = snapshot;
  }

  get entries(): readonly OverlayEntry[] {
    return this.#entries;
  }

  /** Positions of the snapshot that are replaced or removed, ascending. */
  get dead(): readonly number[] {
    return this.#dead;
  }

  /** What a question has to look at beside the snapshot. */
  get size(): number {
    return Math.max(this.columns.count, this.#dead.length);
  }

  /** Listed servers, the snapshot's and the overlay's. */
  get servers(): number {
    return this.snapshot.columns.count - this.#dead.length + this.#entries.length;
  }

  /** The row of a server in the overlay; undefined: it has none here. */
  rowOf(id: string): number | undefined {
    return this.#rowOf.get(id);
  }

  /** The position of a server whose row in the snapshot is true; -1: none. */
  positionOf(id: string): number {
    const position = this.snapshot.ids.find(id);
    return position >= 0 && this.isDead(position) ? -1 : position;
  }

  isDead(position: number): boolean {
    return (
      this.#dead[lowerBound(this.#dead, position)] === position || (this.#held?.dead.has(position) ?? false)
    );
  }

  /**
   * Many changes follow: until `settle` they are collected, because one merge of them all costs what some insertions into
   * the middle of large arrays do. Nothing may be asked in between but `rowOf`, `positionOf` and `isDead`.
   */
  hold(): void {
    this.#held = { inserted: [], removed: new Set(), dead: new Set() };
  }

  /** Puts what was collected in its place. */
  settle(): void {
    const held = this.#held;
    if (held === undefined) return;
    this.#held = undefined;
    const inserted = held.inserted.filter(({ row }) => !held.removed.has(row));
    inserted.sort((a, b) => this.#compareEntries(a, b));
    const kept =
      held.removed.size === 0 ? this.#entries : this.#entries.filter(({ row }) => !held.removed.has(row));
    this.#entries = merged(kept, inserted, (a, b) => this.#compareEntries(a, b));
    this.#dead = merged(
      this.#dead,
      [...held.dead].sort((a, b) => a - b),
      (a, b) => a - b,
    );
  }

  /** Lists a row that has been appended to `columns`; the server has no other true row at that time. */
  insert(id: string, row: number): void {
    const entry = { row, before: positionBefore(this.snapshot, this.columns, row) };
    if (this.#held === undefined) this.#entries.splice(this.#entryAt(row), 0, entry);
    else this.#held.inserted.push(entry);
    this.#rowOf.set(id, row);
  }

  /** Takes a server's row out of the overlay. */
  remove(id: string, row: number): void {
    if (this.#held === undefined) this.#entries.splice(this.#entryAt(row), 1);
    else this.#held.removed.add(row);
    this.#rowOf.delete(id);
  }

  kill(position: number): void {
    if (this.#held === undefined) this.#dead.splice(lowerBound(this.#dead, position), 0, position);
    else this.#held.dead.add(position);
  }

  /** The true rows of snapshot and overlay in the view's order, as they are now, whatever changes while they are read. */
  runs(): Generator<Run> {
    return runsWithout(this.snapshot, this.columns, [...this.#entries], [...this.#dead]);
  }

  #compareEntries(a: OverlayEntry, b: OverlayEntry): number {
    return a.before - b.before || compareRows(this.columns, a.row, this.columns, b.row);
  }

  #entryAt(row: number): number {
    let low = 0;
    let high = this.#entries.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const other = this.#entries[middle]?.row ?? 0;
      if (other !== row && compareRows(this.columns, other, this.columns, row) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

function* runsWithout(
  snapshot: Snapshot,
  changed: ServerColumns,
  entries: readonly OverlayEntry[],
  dead: readonly number[],
): Generator<Run> {
  const { columns } = snapshot;
  let position = 0;
  let nextDead = 0;
  function* kept(end: number): Generator<Run> {
    while (position < end) {
      const stop = Math.min(end, dead[nextDead] ?? end);
      if (stop > position) yield { columns, from: position, to: stop };
      position = stop;
      if (dead[nextDead] === stop && stop < end) {
        position += 1;
        nextDead += 1;
      }
    }
  }
  for (const { row, before } of entries) {
    yield* kept(before);
    yield { columns: changed, from: row, to: row + 1 };
  }
  yield* kept(columns.count);
}

/** Two sorted lists as one. */
function merged<T>(a: readonly T[], b: readonly T[], compare: (a: T, b: T) => number): T[] {
  const all: T[] = [];
  let next = 0;
  for (const item of a) {
    for (let other = b[next]; other !== undefined && compare(other, item) < 0; other = b[next]) {
      all.push(other);
      next += 1;
    }
    all.push(item);
  }
  for (; next < b.length; next += 1) {
    const other = b[next];
    if (other !== undefined) all.push(other);
  }
  return all;
}

/** The first index whose value is not less. */
export function lowerBound(values: ArrayLike<number>, value: number): number {
  let low = 0;
  let high = values.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((values[middle] ?? 0) < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
