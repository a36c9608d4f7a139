/**
 * A page of snapshot and overlay together. Both are in the view's order, so the total is a count, and the first row of a
 * page is found by counting: the cost does not depend on the offset.
 */
import type { Overlay, SortedEntries } from './overlay.ts';
import type { PositionSet } from './position-set.ts';
import type { Condition } from './query.ts';
import type { Page } from './server-view.ts';
import { lowerBound } from './word-list.ts';

export interface PageRows {
  readonly total: number;
  /** Positions of the snapshot; below 0: `-1 - row` of the overlay. */
  readonly rows: readonly number[];
}

/** The rows of a page: what `selected` holds of the snapshot, without what is dead, and what the conditions leave of the overlay. */
export function pageRows(
  overlay: Overlay,
  selected: PositionSet,
  conditions: readonly Condition[],
  page: Page,
): PageRows {
  const { dead, changed } = changesAmong(overlay, selected, conditions);
  const total = selected.count - dead.length + changed.rows.length;
  const rows: number[] = [];
  let next = changedBefore(page.offset, { selected, dead, changed });
  let position = aliveAt(page.offset - next, selected, dead);
  let nextDead = lowerBound(dead, position);
  while (rows.length < page.limit) {
    const row = changed.rows[next];
    if (row !== undefined && (position < 0 || (changed.befores[next] ?? 0) <= position)) {
      rows.push(-1 - row);
      next += 1;
      continue;
    }
    if (position < 0) break;
    rows.push(position);
    position = selected.next(position + 1);
    while (position >= 0) {
      while ((dead[nextDead] ?? Number.POSITIVE_INFINITY) < position) nextDead += 1;
      if (dead[nextDead] !== position) break;
      position = selected.next(position + 1);
    }
  }
  return { total, rows };
}

interface Changes {
  /** Positions that are selected and not true any more. */
  readonly dead: Uint32Array;
  readonly changed: SortedEntries;
}

interface Parts extends Changes {
  readonly selected: PositionSet;
}

/** What of the overlay a filter is about; without conditions all of it, as it lies. */
function changesAmong(overlay: Overlay, selected: PositionSet, conditions: readonly Condition[]): Changes {
  if (conditions.length === 0) return { dead: overlay.dead, changed: overlay.entries };
  return {
    dead: overlay.dead.filter((position) => selected.has(position)),
    changed: overlay.entriesWhere((row) => {
      for (const condition of conditions) if (!condition.holds(overlay.columns, row)) return false;
      return true;
    }),
  };
}

/** How many rows of the overlay stand among the first `offset` rows. */
function changedBefore(offset: number, { selected, dead, changed }: Parts): number {
  let low = 0;
  let high = changed.rows.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const before = changed.befores[middle] ?? 0;
    const rank = middle + selected.rank(before) - lowerBound(dead, before);
    if (rank < offset) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The position before which `ordinal` selected ones lie that are not dead; -1: there are not that many. */
function aliveAt(ordinal: number, selected: PositionSet, dead: Uint32Array): number {
  let low = 0;
  let high = dead.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (selected.rank(dead[middle] ?? 0) - middle <= ordinal) low = middle + 1;
    else high = middle;
  }
  return selected.select(ordinal + low);
}
