import { appError } from '../errors.ts';

/** Most items that wait for their batch; beyond it whoever asks is told to come again. */
export const GATHERED_WAITING_MAX = 10_000;

/** What a batch that failed is told to. */
export type BatchFailed = (cause: unknown, items: number) => void;

export interface GatherOptions<Item> {
  /** So much may the items of a batch weigh together; one that is heavier by itself is a batch of its own. */
  readonly weight?: { readonly max: number; readonly of: (item: Item) => number };
  readonly onFailure?: BatchFailed | undefined;
  /** A batch begins so long after the one before at the earliest, unless as many wait as it takes. */
  readonly intervalMs?: number;
}

/**
 * Gathers what arrives while earlier work is under way and does it together: one statement and one commit for all that wait,
 * and no added delay where nothing does but `intervalMs`. One batch runs at a time, of at most `batchMax` items. `work` gives the results in the
 * order of its items; where it fails all of its items fail with it. Throws `agent-reports-busy` past `GATHERED_WAITING_MAX`.
 */
export function gather<Item, Result>(
  work: (items: readonly Item[]) => Promise<readonly Result[]>,
  batchMax: number,
  { weight, onFailure, intervalMs = 0 }: GatherOptions<Item> = {},
): (item: Item) => Promise<Result> {
  type Waiter = PromiseWithResolvers<Result> & { readonly item: Item };
  let waiting: Waiter[] = [];
  let isRunning = false;
  const nextBatch = (): readonly Waiter[] => {
    let left = weight?.max ?? 0;
    const tooMuch = waiting.findIndex(({ item }, at) => {
      left -= weight?.of(item) ?? 0;
      return at >= batchMax || (at > 0 && left < 0);
    });
    const batch = waiting.slice(0, tooMuch < 0 ? waiting.length : tooMuch);
    waiting = waiting.slice(batch.length);
    return batch;
  };
  const run = async (): Promise<void> => {
    isRunning = true;
    while (waiting.length > 0) {
      const batch = nextBatch();
      const began = performance.now();
      try {
        const results = await work(batch.map(({ item }) => item));
        if (results.length !== batch.length) throw new Error('a batch has not as many results as items');
        for (const [at, result] of results.entries()) batch[at]?.resolve(result);
      } catch (error) {
        onFailure?.(error, batch.length);
        for (const { reject } of batch) reject(error);
      }
      const left = began + intervalMs - performance.now();
      if (left > 0 && waiting.length < batchMax) await delay(left);
    }
    isRunning = false;
  };
  return (item) => {
    if (waiting.length >= GATHERED_WAITING_MAX) throw appError('agent-reports-busy', {});
    const waiter = { item, ...Promise.withResolvers<Result>() };
    waiting.push(waiter);
    if (!isRunning) void run();
    return waiter.promise;
  };
}

function delay(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
