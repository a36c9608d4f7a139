/**
 * A page of snapshot and overlay together. Both are in the view's order, so the total is a count, and the first row of a
 * page is found by counting: the cost does not depend on the offset.
 */
import type { Overlay, OverlayEntry } from './overlay.ts';
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
  const dead = overlay.dead.filter((position) => selected.has(position));
  const changed = overlay.entriesWhere((row) =>
    conditions.every((condition) => condition.holds(overlay.columns, row)),
  );
  const total = selected.count - dead.length + changed.length;
  const rows: number[] = [];
  let next = changedBefore(page.offset, { selected, dead, changed });
  let position = aliveAt(page.offset - next, selected, dead);
  let nextDead = lowerBound(dead, position);
  while (rows.length < page.limit) {
    const entry = changed[next];
    if (entry !== undefined && (position < 0 || entry.before <= position)) {
      rows.push(-1 - entry.row);
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

interface Parts {
  readonly selected: PositionSet;
  readonly dead: Uint32Array;
  readonly changed: readonly OverlayEntry[];
}

/** How many rows of the overlay stand among the first `offset` rows. */
function changedBefore(offset: number, { selected, dead, changed }: Parts): number {
  let low = 0;
  let high = changed.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const before = changed[middle]?.before ?? 0;
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
