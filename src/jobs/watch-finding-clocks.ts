/**
 * Measures the four clocks on findings as they appear, in every process for itself, because each shows a finding at a moment of
 * its own. Nothing is stored: the history has when a finding was matched and the transaction that wrote it, the read model
 * knows since when it shows that transaction, and the advisory when it was published and fetched.
 */
import { type ClockStage, clockStages } from '../findings/finding-clock.ts';
import type { Log } from '../log.ts';
import type { Database } from '../store/database.ts';
import { lastEventNumber, sampleFoundFindings } from '../store/findings/sample-found.ts';

export const CLOCK_LOOK_INTERVAL_MS = 10_000;
/** Numbers are given out before the commit: by then almost all that have one are there, and shown. */
export const CLOCK_LAG_MS = 20_000;

export interface FindingClockParts {
  readonly database: Database;
  /** Since when this process shows what a transaction wrote, in ms since 1970. */
  readonly shownSince: (xmin: number) => number | undefined;
  readonly note: (
    finding: { readonly feed: string; readonly cause: 'advisory' | 'report' },
    stage: ClockStage,
    ms: number | undefined,
  ) => void;
}

/**
 * A look at what appeared since the look before, but for the last `lagMs`; the first one only begins. Fails as the database
 * does; the next goes on from where the last one that succeeded was.
 */
export function findingClockLook(parts: FindingClockParts, lagMs = CLOCK_LAG_MS): () => Promise<void> {
  /** Last numbers of events, as they were at earlier looks. */
  const horizons: { readonly at: number; readonly last: number }[] = [];
  let done: number | undefined;
  return async () => {
    const last = await lastEventNumber(parts.database);
    // A replica that took over may not have been given all numbers.
    done = Math.min(done ?? last, last);
    horizons.push({ at: performance.now(), last });
    const ripe = horizons.filter(({ at }) => at <= performance.now() - lagMs);
    const upTo = Math.max(done, ripe.at(-1)?.last ?? done);
    const sampled = await sampleFoundFindings(parts.database, { after: done, upTo });
    done = upTo;
    horizons.splice(0, ripe.length);
    for (const { feed, cause, xmin, ...found } of sampled) {
      const stages = clockStages({ ...found, cause, visibleAt: parts.shownSince(xmin) });
      for (const [stage, ms] of stages) parts.note({ feed, cause }, stage, ms);
    }
  };
}

/** Looks every ten seconds, until the result is called; that waits for the look that is under way. */
export function watchFindingClocks(parts: FindingClockParts, log: Log): () => Promise<void> {
  const look = findingClockLook(parts);
  let timer: NodeJS.Timeout | undefined;
  let isStopped = false;
  let looking: Promise<void> = Promise.resolve();
  const begin = (): void => {
    looking = look()
      .catch((error: unknown) => log.debug('the clocks of findings could not be looked at', { cause: error }))
      .then(() => {
        if (!isStopped) timer = setTimeout(begin, CLOCK_LOOK_INTERVAL_MS);
      });
  };
  begin();
  return async () => {
    isStopped = true;
    clearTimeout(timer);
    await looking;
  };
}
