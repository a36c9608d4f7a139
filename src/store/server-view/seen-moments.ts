/** When this process began to show what a transaction wrote: for measuring, over the last minutes. */
import type { SnapshotMark } from './snapshot-mark.ts';

/** Readings remembered. At 300 reports a second, a reading for each, they reach back some minutes. */
export const SEEN_MOMENTS_MAX = 40_000;
/** Readings that follow each other sooner than this are remembered as one, by their last moment. */
const TOGETHER_MS = 5;
const XID_SPAN = 2n ** 32n;

interface SeenMoment {
  readonly mark: SnapshotMark;
  readonly firstAt: number;
  readonly at: number;
}

export class SeenMoments {
  readonly #moments: SeenMoment[] = [];

  /** Begins: what `mark` sees has been shown for longer than is remembered. */
  begin(mark: SnapshotMark): void {
    this.#moments.length = 0;
    this.#moments.push({ mark, firstAt: Number.NEGATIVE_INFINITY, at: Number.NEGATIVE_INFINITY });
  }

  /** Notes that from `at` (ms since 1970) on everything that `mark` sees is shown. To be called in order. */
  note(mark: SnapshotMark, at: number): void {
    const last = this.#moments.at(-1);
    if (last !== undefined && at - last.firstAt < TOGETHER_MS) {
      this.#moments[this.#moments.length - 1] = { mark, firstAt: last.firstAt, at };
      return;
    }
    this.#moments.push({ mark, firstAt: at, at });
    // Half at once, so that it costs nothing each time.
    if (this.#moments.length > SEEN_MOMENTS_MAX) this.#moments.splice(0, SEEN_MOMENTS_MAX / 2);
  }

  /**
   * Since when what the transaction wrote is shown, in ms since 1970. `xmin` is its number as rows carry it, the lower 32
   * bits. Undefined: not yet, or for longer than is remembered.
   */
  shownSince(xmin: number): number | undefined {
    const last = this.#moments.at(-1);
    if (last === undefined) return undefined;
    const xid = last.mark.xmax - ((last.mark.xmax - BigInt(xmin)) % XID_SPAN);
    let low = 0;
    let high = this.#moments.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const moment = this.#moments[middle];
      if (moment !== undefined && sees(moment.mark, xid)) high = middle;
      else low = middle + 1;
    }
    // The first that is remembered may not be the first there was.
    return low === 0 ? undefined : this.#moments[low]?.at;
  }
}

function sees(mark: SnapshotMark, xid: bigint): boolean {
  return xid < mark.xmax && !mark.inProgress.includes(xid);
}
