/**
 * A page of snapshot and overlay together. Both are in the view's order, so the total is a count, and the first row of a
 * page is found by counting: the cost does not depend on the offset.
 */
import type { OverlayChanges } from './overlay-changes.ts';
import type { PositionSet } from './position-set.ts';
import type { Page } from './server-view.ts';

export interface PageRows {
  readonly total: number;
  /** Positions of the snapshot; below 0: `-1 - row` of the overlay. */
  readonly rows: readonly number[];
}

/** The rows of a page: what `selected` holds of the snapshot, without what is dead, and the changes that the filter is about. */
export function pageRows(selected: PositionSet, changes: OverlayChanges, page: Page): PageRows {
  const { dead, entries } = changes;
  const total = selected.count - dead.count + entries.count;
  const rows: number[] = [];
  let next = changedBefore(page.offset, selected, changes);
  let position = aliveAt(page.offset - next, selected, dead);
  let nextDead = position < 0 ? -1 : dead.next(position);
  let before = next < entries.count ? entries.beforeAt(next) : Number.POSITIVE_INFINITY;
  while (rows.length < page.limit) {
    if (next < entries.count && (position < 0 || before <= position)) {
      rows.push(-1 - entries.rowAt(next));
      next += 1;
      if (next < entries.count) before = entries.beforeAt(next);
      continue;
    }
    if (position < 0) break;
    rows.push(position);
    position = selected.next(position + 1);
    while (position >= 0) {
      if (nextDead >= 0 && nextDead < position) nextDead = dead.next(position);
      if (nextDead !== position) break;
      position = selected.next(position + 1);
    }
  }
  return { total, rows };
}

/** How many rows of the overlay stand among the first `offset` rows. */
function changedBefore(offset: number, selected: PositionSet, { dead, entries }: OverlayChanges): number {
  let low = 0;
  let high = entries.count;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const before = entries.beforeAt(middle);
    const rank = middle + selected.rank(before) - dead.rank(before);
    if (rank < offset) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The position before which `ordinal` selected ones lie that are not dead; -1: there are not that many. */
function aliveAt(ordinal: number, selected: PositionSet, dead: PositionSet): number {
  let low = 0;
  let high = dead.count;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (selected.rank(dead.select(middle)) - middle <= ordinal) low = middle + 1;
    else high = middle;
  }
  return selected.select(ordinal + low);
}
