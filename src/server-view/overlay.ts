/**
 * What has changed since the snapshot: rows that are new or different, in the view's order, each with the position before
 * which it stands; and the positions whose rows are no longer true. Mostly some thousand, while very much changes up to a quarter
 * of the snapshot; a change is put into sorted lists and is visible at once.
 */
import { compareRows, type FoundRow, ServerColumns } from './columns.ts';
import { AllEntries, deadAmong, MatchingEntries, type OverlayChanges } from './overlay-changes.ts';
import { ListPositions, type PositionSet } from './position-set.ts';
import type { Condition } from './query.ts';
import { RowMatches } from './row-matches.ts';
import { positionBefore, type Snapshot } from './snapshot.ts';
import { lowerBound, WordList } from './word-list.ts';

interface OverlayEntry {
  readonly row: number;
  /** The first position of the snapshot that comes after it. */
  readonly before: number;
}

interface HeldChanges {
  readonly inserted: Map<number, OverlayEntry>;
  /** Indexes of entries. */
  readonly removed: Set<number>;
  /** Positions of the snapshot. */
  readonly dead: Set<number>;
}

const ROWS_FIRST = 256;
/** Filters of which is remembered, until the next change, what of the overlay they are about: some 40 KB each at 500,000 rows. */
const ASKED_MAX = 256;

export class Overlay {
  readonly snapshot: Snapshot;
  /** Rows in order of arrival, those that have been replaced included. */
  readonly columns = new ServerColumns(ROWS_FIRST);
  /** Of the true rows, in the view's order: the row, and the first position of the snapshot that comes after it. */
  readonly #rows = new WordList();
  readonly #befores = new WordList();
  readonly #rowOf = new Map<string, number>();
  readonly #dead = new WordList();
  /** What filters are about, since the last change. */
  readonly #asked = new Map<string, OverlayChanges>();
  readonly #matches = new RowMatches();
  /** What has been changed since `hold` and is not in the sorted lists yet. */
  #held: HeldChanges | undefined;

  constructor(snapshot: Snapshot) {
    this.snapshot = snapshot;
  }

  /** Its true rows, in the view's order; not to be written. */
  get rows(): Uint32Array {
    return this.#rows.view();
  }

  /** The same with the positions before which they stand. */
  get entries(): SortedEntries {
    return { rows: this.#rows.view(), befores: this.#befores.view() };
  }

  /** What of it a filter is about, of which `selected` are the positions; without conditions all, as it lies. */
  changesAmong(key: string, selected: PositionSet, conditions: readonly Condition[]): OverlayChanges {
    const known = this.#asked.get(key);
    if (known !== undefined) return known;
    const isAll = conditions.length === 0;
    const { count } = this.snapshot.columns;
    const changes = {
      dead: isAll ? new ListPositions(this.dead) : deadAmong(this.dead, selected, count),
      entries: isAll
        ? new AllEntries(this.entries)
        : new MatchingEntries(this.entries, this.#matches.of(conditions, this.columns)),
    };
    if (this.#asked.size === ASKED_MAX) this.#asked.clear();
    this.#asked.set(key, changes);
    return changes;
  }

  /** Forgets what filters were about. */
  forgetAsked(): void {
    this.#asked.clear();
    this.#matches.clear();
  }

  /** Positions of the snapshot that are replaced or removed, ascending; not to be written. */
  get dead(): Uint32Array {
    return this.#dead.view();
  }

  /** What a question has to look at beside the snapshot. */
  get size(): number {
    return Math.max(this.columns.count, this.#dead.length);
  }

  /** Listed servers, the snapshot's and the overlay's. */
  get servers(): number {
    return this.snapshot.columns.count - this.#dead.length + this.#rows.length;
  }

  /** Where the true row of a server is. */
  find(id: string): FoundRow | undefined {
    const row = this.rowOf(id);
    if (row !== undefined) return { columns: this.columns, row };
    const position = this.positionOf(id);
    return position < 0 ? undefined : { columns: this.snapshot.columns, row: position };
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
    const dead = this.dead;
    return dead[lowerBound(dead, position)] === position || (this.#held?.dead.has(position) ?? false);
  }

  /**
   * Many changes follow: until `settle` they are collected, because taking them all in at once costs what some few one after
   * the other do. Nothing may be asked in between but `rowOf`, `positionOf` and `isDead`.
   */
  hold(): void {
    this.#held ??= { inserted: new Map(), removed: new Set(), dead: new Set() };
  }

  /** Puts what was collected in its place. */
  settle(): void {
    const held = this.#held;
    if (held === undefined) return;
    this.#held = undefined;
    this.#asked.clear();
    const removed = Uint32Array.from(held.removed).sort();
    this.#rows.remove(removed);
    this.#befores.remove(removed);
    const inserted = [...held.inserted.values()].sort(
      (a, b) => a.before - b.before || compareRows(this.columns, a.row, this.columns, b.row),
    );
    const at = inserted.map((entry) => this.#indexOf(entry));
    this.#rows.insert(
      at,
      inserted.map(({ row }) => row),
    );
    this.#befores.insert(
      at,
      inserted.map(({ before }) => before),
    );
    const dead = Uint32Array.from(held.dead).sort();
    const before = this.dead;
    this.#dead.insert(
      dead.map((position) => lowerBound(before, position)),
      dead,
    );
  }

  /** Lists a row that has been appended to `columns`; the server has no other true row at that time. */
  insert(id: string, row: number): void {
    const entry = { row, before: positionBefore(this.snapshot, this.columns, row) };
    this.#rowOf.set(id, row);
    this.#changed(({ inserted }) => inserted.set(row, entry));
  }

  /** Takes a server's true row out, wherever it is. */
  takeOut(id: string, { columns, row }: FoundRow): void {
    if (columns === this.columns) this.remove(id, row);
    else this.kill(row);
  }

  /** Takes a server's row out of the overlay. */
  remove(id: string, row: number): void {
    this.#rowOf.delete(id);
    this.#changed(({ inserted, removed }) => {
      if (inserted.delete(row)) return;
      removed.add(this.#indexOf({ row, before: positionBefore(this.snapshot, this.columns, row) }));
    });
  }

  kill(position: number): void {
    this.#changed(({ dead }) => dead.add(position));
  }

  /** The true rows of snapshot and overlay in the view's order, for `ServerColumns.gather`: 2,000,000 take some 10 ms. */
  order(): Int32Array {
    const { rows, befores } = this.entries;
    const { dead } = this;
    const order = new Int32Array(this.servers);
    let size = 0;
    let position = 0;
    let nextDead = 0;
    const keepUntil = (end: number): void => {
      for (; position < end; position += 1) {
        if (dead[nextDead] === position) nextDead += 1;
        else order[size++] = position;
      }
    };
    for (let index = 0; index < rows.length; index += 1) {
      keepUntil(befores[index] ?? 0);
      order[size++] = ~(rows[index] ?? 0);
    }
    keepUntil(this.snapshot.columns.count);
    return order;
  }

  /** By itself a change is in its place at once. */
  #changed(note: (held: HeldChanges) => void): void {
    const isAlone = this.#held === undefined;
    this.hold();
    if (this.#held !== undefined) note(this.#held);
    if (isAlone) this.settle();
  }

  /** Where the entry is in the sorted lists, or belongs. */
  #indexOf({ row, before }: OverlayEntry): number {
    const befores = this.#befores.view();
    let low = lowerBound(befores, before);
    let high = lowerBound(befores, before + 1);
    while (low < high) {
      const middle = (low + high) >>> 1;
      const other = this.#rows.at(middle);
      if (other !== row && compareRows(this.columns, other, this.columns, row) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** Rows in the view's order, each with the first position of the snapshot that comes after it. */
export interface SortedEntries {
  readonly rows: Uint32Array;
  readonly befores: Uint32Array;
}
