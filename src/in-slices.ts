import { setImmediate } from 'node:timers/promises';

/** A slice is at most this long, one step more or less, so that a request waits no longer than that. */
export const SLICE_MS = 2;

/** Runs work that can pause, some milliseconds at a time; whatever else is ready runs in between. */
export async function inSlices<T>(work: Generator<void, T>, sliceMs: number = SLICE_MS): Promise<T> {
  for (;;) {
    const until = performance.now() + sliceMs;
    do {
      const step = work.next();
      if (step.done === true) return step.value;
    } while (performance.now() < until);
    await setImmediate();
  }
}

/** Runs the same work without a pause. */
export function atOnce<T>(work: Generator<void, T>): T {
  for (;;) {
    const step = work.next();
    if (step.done === true) return step.value;
  }
}
