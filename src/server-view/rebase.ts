/**
 * A new snapshot out of an overlay and the snapshot under it, while both go on answering and changing. What happens to rows
 * that are being copied is noted and made good in the one step in which the new overlay takes the old one's place.
 */
import { Overlay } from './overlay.ts';
import type { RowEncoder } from './row-encoder.ts';
import { buildSnapshot, type Snapshot } from './snapshot.ts';

const HEADS_A_STEP = 1024;

export interface Rebase {
  /** Rows that the overlay had when it began: they and the snapshot's are being copied; later ones are not. */
  readonly overlayRows: number;
  /** Servers whose copied row is not true any more; its head is released at the end. */
  readonly removed: Set<string>;
  /** Servers whose row got other marks in place. */
  readonly marked: Set<string>;
  readonly build: () => Generator<void, void>;
  /** To be called once, after `build`: the overlay that takes the old one's place. */
  readonly finish: () => Overlay;
}

export function startRebase(old: Overlay, encoder: RowEncoder): Rebase {
  const order = old.order();
  const overlayRows = old.columns.count;
  const removed = new Set<string>();
  const marked = new Set<string>();
  /** Heads that have been moved; the old addresses are in use until the end. */
  const moved: number[] = [];
  let snapshot: Snapshot | undefined;

  function* build(): Generator<void, void> {
    const built = yield* buildSnapshot(
      (columns) => columns.gather(order, old.snapshot.columns, old.columns),
      [old.snapshot.columns, old.columns],
      encoder.stems,
    );
    const heads = built.columns.words.head;
    for (let at = 0; at < built.columns.count; at += 1) {
      const address = heads[at] ?? 0;
      if (encoder.heads.isSparse(address)) {
        heads[at] = encoder.heads.duplicate(address);
        moved.push(address);
      }
      if (at % HEADS_A_STEP === 0) yield;
    }
    yield* encoder.lists.compact();
    encoder.names.rank();
    snapshot = built;
  }

  function finish(): Overlay {
    if (snapshot === undefined) throw new Error('a snapshot is put in place before it is built');
    const next = new Overlay(snapshot);
    next.hold();
    for (const row of old.rows) {
      if (row < overlayRows) continue;
      const copied = next.columns.count;
      next.columns.appendFrom(old.columns, row, row + 1);
      next.insert(old.columns.texts.id.get(row), copied);
    }
    for (const id of removed) {
      const position = snapshot.ids.find(id);
      if (position < 0) continue;
      next.kill(position);
      encoder.heads.release(snapshot.columns.words.head[position] ?? 0);
    }
    next.settle();
    for (const id of marked) takeMarks(next, old, id);
    for (const address of moved) encoder.heads.release(address);
    return next;
  }

  return { overlayRows, removed, marked, build, finish };
}

function takeMarks(next: Overlay, old: Overlay, id: string): void {
  const position = next.positionOf(id);
  if (position < 0) return;
  const row = old.rowOf(id);
  if (row !== undefined) next.snapshot.columns.takeMarks(position, old.columns, row);
  else next.snapshot.columns.takeMarks(position, old.snapshot.columns, old.positionOf(id));
}
