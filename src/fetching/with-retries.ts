import { setTimeout as sleep } from 'node:timers/promises';
import { DownloadFailure, passingFailure } from './download-failure.ts';
import { ATTEMPTS_TOTAL_MAX, type HttpLimits } from './http-settings.ts';

/**
 * Runs `work` until it succeeds or fails for good: waits twice as long each time, or as long as the server asks, and gives up
 * after `attemptsMax` attempts that brought nothing, or after `fileTimeoutMs` in all. `progress` tells how far things have come (bytes); an
 * attempt that got further does not count. Rejects with the last `DownloadFailure`, or with the reason of `signal`.
 */
export async function withRetries<T>(
  { attemptsMax, backoffMs, retryAfterMaxMs, fileTimeoutMs }: HttpLimits,
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
  progress: () => Promise<number> = async () => 0,
): Promise<T> {
  const deadline = AbortSignal.timeout(fileTimeoutMs);
  const both = AbortSignal.any([signal, deadline]);
  let fruitless = 0;
  for (let attempt = 1; ; attempt += 1) {
    const before = await progress();
    try {
      return await work(both);
    } catch (error) {
      signal.throwIfAborted();
      if (deadline.aborted) throw passingFailure(`took longer than ${fileTimeoutMs / 1000} seconds`, error);
      if (!(error instanceof DownloadFailure) || !error.isTransient) throw error;
      fruitless = (await progress()) > before ? 0 : fruitless + 1;
      // Random, so that many who were refused at once do not come back at once.
      const wait = error.retryAfterMs ?? backoffMs * 2 ** fruitless * (0.5 + Math.random() / 2);
      if (fruitless >= attemptsMax || attempt >= ATTEMPTS_TOTAL_MAX || wait > retryAfterMaxMs) throw error;
      await sleep(wait, undefined, { signal: both }).catch(() => signal.throwIfAborted());
    }
  }
}
