/** What follows the change feed, as those see it who start it, ask it, and measure it. */
import type { Log } from '../../log.ts';
import type { Database } from '../database.ts';
import type { ViewSink } from './view-sink.ts';
import type { VulnerabilityNames } from './vulnerability-names.ts';

export interface FollowOptions {
  readonly database: Database;
  readonly sink: ViewSink;
  readonly names: VulnerabilityNames;
  readonly log: Log;
  /** Called when the database has another history than before: what was read before may have another meaning. */
  readonly onOtherHistory?: () => void;
  /** Milliseconds that only go forward; `performance.now` but for tests. */
  readonly monotonicMs?: () => number;
}

/** How the model stands: `comparing` after a restart of the database, `behind` when looks fail or take too long. */
export type ViewState = 'loading' | 'comparing' | 'behind' | 'current';

export interface FollowerFigures {
  readonly state: ViewState;
  /** How long ago the last look that succeeded began, in ms; undefined: there was none yet. */
  readonly ageMs: number | undefined;
  /** When the last change was applied, in ms since 1970. */
  readonly changedAt: number | undefined;
  /** Servers written or removed in the model since the process began, loading not counted. */
  readonly changes: number;
  readonly looks: number;
  readonly failures: number;
  /** Servers that comparing found different and corrected. */
  readonly corrections: number;
  readonly loads: number;
  /** How long the last load took; undefined: none was finished. */
  readonly loadMs: number | undefined;
}

export interface ViewFollower {
  /**
   * Resolves when everything that was committed before the call is in the model, or when the model does not answer anyway.
   * Calls at the same time share a round. It never rejects: the write that it follows has been done.
   */
  refresh(): Promise<void>;
  /** Whether the model may answer: it has everything that was committed AGE_MAX_MS ago, and everything refreshed. */
  isCurrent(): boolean;
  /** Why it may not, in a few words, such as `loading 43 %`; undefined: it may. */
  problem(): string | undefined;
  /**
   * `loading 43 %` while the model is being loaded: another process answers faster. Undefined also where loading fails: then
   * SQL answers for as long as it takes, and to wait would be in vain.
   */
  loading(): string | undefined;
  /** Compares all servers with the store now. Resolves when the pass is over, with how many were wrong. */
  compareAll(): Promise<number>;
  /** Since when this process shows what a transaction wrote: see `SeenMoments`. */
  shownSince(xmin: number): number | undefined;
  figures(): FollowerFigures;
  close(): Promise<void>;
}
