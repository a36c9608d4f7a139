/**
 * Keeps a read model true to the store: loads it, then applies what changes, a tenth of a second after it was committed
 * anywhere, and at once where `refresh` is called after a commit. Until it is loaded, and whenever it is behind, `isCurrent`
 * says no, and the view is to be answered from SQL.
 */
import type { Log } from '../../log.ts';
import type { Database, Queryable } from '../database.ts';
import { type ComparePosition, compareChunk } from './compare-view.ts';
import { loadView } from './load-view.ts';
import { dropForeignViewChanges } from './prune-changes.ts';
import { readChanges, streamChanges, type ViewMoment } from './read-changes.ts';
import type { ServerChanges, ViewSink } from './view-sink.ts';
import type { VulnerabilityNames } from './vulnerability-names.ts';

/** Time between two looks for what other processes have written. */
export const POLL_INTERVAL_MS = 100;
/** A model that last looked longer ago than this does not answer. */
export const AGE_MAX_MS = 1_000;
/** How long an acknowledgement waits for its round; after that the view answers from SQL until the round is done. */
export const REFRESH_WAIT_MS_MAX = 1_000;
/** Time between two chunks that are compared, and between two passes over all servers. */
const COMPARE_CHUNK_INTERVAL_MS = 200;
const COMPARE_PASS_INTERVAL_MS = 300_000;
const RETRY_DELAY_MS_MAX = 5_000;

export interface FollowOptions {
  readonly database: Database;
  readonly sink: ViewSink;
  readonly names: VulnerabilityNames;
  readonly log: Log;
  /** Milliseconds that only go forward; `performance.now` but for tests. */
  readonly monotonicMs?: () => number;
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
  close(): Promise<void>;
}

/** Starts following; loading begins at once. */
export function followView(options: FollowOptions): ViewFollower {
  return new Follower(options);
}

class Follower implements ViewFollower {
  readonly #options: FollowOptions;
  readonly #now: () => number;
  readonly #closing = new AbortController();
  readonly #running: Promise<void>;
  #moment: ViewMoment | undefined;
  #percentLoaded = 0;
  /** When the last finished round began; the model has what was committed until then. */
  #currentSince = Number.NEGATIVE_INFINITY;
  /** Waiters of the round that begins next. */
  #waiters: (() => void)[] = [];
  /** Waiters that were told before their round was done. */
  #impatient = 0;
  #wake: (() => void) | undefined;
  #passWanted = false;
  /** Until the pass that is wanted is over the model is not to be believed. */
  #isDoubted = false;
  #passWaiters: ((wrong: number) => void)[] = [];
  #pass: { after: ComparePosition; wrong: number } | undefined;
  #nextChunkAt = 0;
  #failures = 0;

  constructor(options: FollowOptions) {
    this.#options = options;
    this.#now = options.monotonicMs ?? (() => performance.now());
    this.#running = this.#run();
  }

  async refresh(): Promise<void> {
    // Not loaded: it begins with a snapshot that has the write, or is read from one and follows from there.
    if (this.#moment === undefined || this.#closing.signal.aborted) return;
    let isTold = false;
    const done = new Promise<void>((resolve) => {
      this.#waiters.push(() => {
        if (isTold) this.#impatient -= 1;
        resolve();
      });
    });
    this.#wake?.();
    let timer: NodeJS.Timeout | undefined;
    const tooLong = new Promise<void>((resolve) => {
      timer = setTimeout(() => {
        isTold = true;
        this.#impatient += 1;
        resolve();
      }, REFRESH_WAIT_MS_MAX);
    });
    await Promise.race([done, tooLong]);
    clearTimeout(timer);
  }

  isCurrent(): boolean {
    return this.problem() === undefined;
  }

  problem(): string | undefined {
    if (this.#moment === undefined) return `loading ${this.#percentLoaded} %`;
    if (this.#isDoubted) return 'comparing with another database server';
    const isBehind =
      this.#failures > 0 || this.#impatient > 0 || this.#now() - this.#currentSince > AGE_MAX_MS;
    return isBehind ? 'behind the database' : undefined;
  }

  loading(): string | undefined {
    return this.#moment === undefined && this.#failures === 0 ? this.problem() : undefined;
  }

  async compareAll(): Promise<number> {
    if (this.#closing.signal.aborted) return 0;
    return await new Promise((resolve) => {
      this.#passWaiters.push(resolve);
      this.#passWanted = true;
      this.#wake?.();
    });
  }

  // A field, so that it can be handed on by itself.
  readonly close = async (): Promise<void> => {
    this.#closing.abort();
    this.#wake?.();
    await this.#running;
    for (const resolve of this.#waiters.splice(0)) resolve();
    for (const resolve of this.#passWaiters.splice(0)) resolve(0);
  };

  async #run(): Promise<void> {
    const { signal } = this.#closing;
    while (!signal.aborted) {
      // Whoever asks from here on waits for the next round: this one may already have read.
      const waiters = this.#waiters.splice(0);
      try {
        if (this.#moment === undefined) await this.#load();
        else await this.#round();
        this.#failures = 0;
        for (const resolve of waiters) resolve();
      } catch (error) {
        // Those who wait are told by the next round that succeeds, or by their patience; until then SQL answers.
        this.#waiters.unshift(...waiters);
        this.#noteFailure(error);
      }
      await this.#pause();
    }
  }

  #noteFailure(error: unknown): void {
    if (this.#closing.signal.aborted) return;
    this.#failures += 1;
    if (this.#failures > 1) return;
    this.#options.log.warn('the server view answers from SQL: following the database failed', {
      cause: error,
    });
  }

  async #load(): Promise<void> {
    const { database, sink, names } = this.#options;
    const began = this.#now();
    await dropForeignViewChanges(database);
    this.#moment = await loadView(database, sink, {
      names,
      signal: this.#closing.signal,
      onProgress: (done, all) => {
        this.#percentLoaded = all === 0 ? 0 : Math.min(99, Math.floor((100 * done) / all));
      },
    });
    this.#endPass(0);
    this.#nextChunkAt = this.#now() + COMPARE_PASS_INTERVAL_MS;
    this.#options.log.info('server view loaded', { seconds: Math.round(this.#now() - began) / 1000 });
  }

  async #round(): Promise<void> {
    const isChunkDue = this.#passWanted || (this.#pass !== undefined && this.#isPassHurried());
    if (isChunkDue || this.#now() >= this.#nextChunkAt) {
      await this.#compare();
      return;
    }
    const mark = this.#markToGoOnFrom();
    const began = this.#now();
    const { moment, changes } = await readChanges(this.#options.database, mark);
    if (changes === undefined) await this.#streamRound(began);
    else await this.#take(this.#options.database, { moment, changes, began });
  }

  /** Many changes: in batches, all of one snapshot, so that memory stays flat. */
  async #streamRound(began: number): Promise<void> {
    await this.#options.database.transaction(
      async (tx) => {
        const { moment } = await readChanges(tx, this.#markToGoOnFrom());
        for await (const changes of streamChanges(tx, this.#markToGoOnFrom())) await this.#apply(tx, changes);
        this.#moveTo(moment, began);
      },
      { isolation: 'repeatable read', readOnly: true, statementTimeoutMs: 0 },
    );
  }

  async #compare(): Promise<void> {
    const began = this.#now();
    const pass = this.#beginPass();
    await this.#options.database.transaction(
      async (tx) => {
        const mark = this.#markToGoOnFrom();
        const { moment, changes } = await readChanges(tx, mark);
        if (changes !== undefined) await this.#apply(tx, changes);
        else for await (const batch of streamChanges(tx, mark)) await this.#apply(tx, batch);
        const { next, repairs } = await compareChunk(tx, this.#options.sink, pass.after);
        await this.#repair(tx, repairs, pass);
        this.#moveTo(moment, began);
        pass.after = next;
      },
      { isolation: 'repeatable read', readOnly: true, statementTimeoutMs: 0 },
    );
    this.#nextChunkAt = this.#now() + COMPARE_CHUNK_INTERVAL_MS;
    if (pass.after === undefined) this.#endPass(pass.wrong);
  }

  async #repair(tx: Queryable, repairs: ServerChanges, pass: { wrong: number }): Promise<void> {
    const { upserts, removals } = repairs;
    const wrong = upserts.length + removals.length;
    if (wrong === 0) return;
    pass.wrong += wrong;
    const ids = [...upserts, ...removals].slice(0, 5).map((server) => server.id);
    this.#options.log.warn('the server view differed from the database and was corrected', {
      servers: wrong,
      ids,
    });
    await this.#apply(tx, repairs);
  }

  #beginPass(): { after: ComparePosition; wrong: number } {
    if (this.#passWanted || this.#pass === undefined) this.#pass = { after: undefined, wrong: 0 };
    this.#passWanted = false;
    return this.#pass;
  }

  #endPass(wrong: number): void {
    this.#pass = undefined;
    if (this.#passWanted) return;
    this.#isDoubted = false;
    this.#nextChunkAt = this.#now() + COMPARE_PASS_INTERVAL_MS;
    for (const resolve of this.#passWaiters.splice(0)) resolve(wrong);
  }

  #isPassHurried(): boolean {
    return this.#isDoubted || this.#passWaiters.length > 0;
  }

  async #take(
    tx: Queryable,
    round: { readonly moment: ViewMoment; readonly changes: ServerChanges; readonly began: number },
  ): Promise<void> {
    await this.#apply(tx, round.changes);
    this.#moveTo(round.moment, round.began);
  }

  async #apply(tx: Queryable, changes: ServerChanges): Promise<void> {
    if (changes.upserts.length + changes.removals.length === 0) return;
    await this.#options.names.loadFor(tx, changes.upserts);
    await this.#options.sink.apply(changes);
  }

  #markToGoOnFrom(): ViewMoment['mark'] {
    if (this.#moment === undefined) throw new Error('the server view is not loaded');
    return this.#moment.mark;
  }

  #moveTo(moment: ViewMoment, began: number): void {
    const before = this.#moment;
    if (before === undefined) return;
    // Changes that this mark had not seen may be gone, or the numbers of transactions are those of another history.
    if (before.mark.xmin < moment.prunedBelow || moment.mark.xmax < before.mark.xmax) {
      this.#options.log.warn('the server view is loaded anew: what it missed is no longer told');
      this.#moment = undefined;
      this.#percentLoaded = 0;
      return;
    }
    if (before.startedAt !== moment.startedAt) {
      // A server that took over may have lost transactions that this model has, and given their numbers to others.
      this.#isDoubted = true;
      this.#passWanted = true;
    }
    this.#moment = moment;
    this.#currentSince = began;
  }

  /** Until somebody asks, the next look is due, or, after a failure, a little longer each time. */
  async #pause(): Promise<void> {
    const isBusy =
      this.#moment === undefined || this.#waiters.length > 0 || this.#passWanted || this.#isPassHurried();
    if (this.#closing.signal.aborted || (isBusy && this.#failures === 0)) {
      // Lets what has come in meanwhile be answered.
      await new Promise<void>((resolve) => setImmediate(resolve));
      return;
    }
    const ms =
      this.#failures === 0
        ? POLL_INTERVAL_MS
        : Math.min(POLL_INTERVAL_MS * 2 ** (this.#failures - 1), RETRY_DELAY_MS_MAX);
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
      if (this.#closing.signal.aborted) this.#wake();
    });
    this.#wake = undefined;
  }
}
