/**
 * Keeps a read model true to the store: loads it, then applies what changes, a tenth of a second after it was committed
 * anywhere, and at once where `refresh` is called after a commit. Until it is loaded, and whenever it is behind, `isCurrent`
 * says no, and the view is to be answered from SQL.
 */
import { isAppError } from '../../errors.ts';
import type { LogFields } from '../../log.ts';
import type { Queryable, Transaction } from '../database.ts';
import { applyChanges, applyStreamedChanges } from './apply-changes.ts';
import { type ComparePosition, compareChunk } from './compare-view.ts';
import { loadView } from './load-view.ts';
import { dropForeignViewChanges } from './prune-changes.ts';
import { readChanges, readMoment, type ViewMoment } from './read-changes.ts';
import { SeenMoments } from './seen-moments.ts';
import type { FollowerFigures, FollowOptions, ViewFollower, ViewState } from './view-follower.ts';
import type { ServerChanges } from './view-sink.ts';

/** Time between two looks for what other processes have written. */
export const POLL_INTERVAL_MS = 100;
/** A model that last looked longer ago than this does not answer. */
export const AGE_MAX_MS = 1_000;
/** How long an acknowledgement waits for its round; after that the view answers from SQL until the round is done. */
export const REFRESH_WAIT_MS_MAX = 1_000;
/**
 * So long after many changes as many may still come: while an advisory is followed a batch is committed every some tenths of a
 * second, and a new snapshot of the read model after each would take longer than all the rest.
 */
const REST_AFTER_MS = 2_000;
/** Time between two chunks that are compared, and between two passes over all servers. */
const COMPARE_CHUNK_INTERVAL_MS = 200;
const COMPARE_PASS_INTERVAL_MS = 300_000;
const RETRY_DELAY_MS_MAX = 5_000;
/** Failures in a row that are not the database's, after which the model is loaded anew. */
const OWN_FAILURES_MAX = 3;

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
  /** When many changes were read last. */
  #streamedAt = Number.NEGATIVE_INFINITY;
  #failures = 0;
  /** Whether every process loads at this time, so that to send questions elsewhere would be in vain. */
  #isLoadingEverywhere = false;
  readonly #seen = new SeenMoments();
  readonly #counts = { changes: 0, looks: 0, failures: 0, corrections: 0, loads: 0 };
  #changedAt: number | undefined;
  #changesNoted = 0;
  #loadMs: number | undefined;

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
    switch (this.#state()) {
      case 'loading':
        return `loading ${this.#percentLoaded} %`;
      case 'comparing':
        return 'comparing with another database server';
      case 'behind':
        return 'behind the database';
      case 'current':
        return undefined;
    }
  }

  loading(): string | undefined {
    const isWorthWaiting = this.#failures === 0 && !this.#isLoadingEverywhere;
    return this.#moment === undefined && isWorthWaiting ? this.problem() : undefined;
  }

  shownSince(xmin: number): number | undefined {
    return this.#seen.shownSince(xmin);
  }

  figures(): FollowerFigures {
    const ageMs = this.#now() - this.#currentSince;
    return {
      ...this.#counts,
      state: this.#state(),
      ageMs: Number.isFinite(ageMs) ? ageMs : undefined,
      changedAt: this.#changedAt,
      loadMs: this.#loadMs,
    };
  }

  #state(): ViewState {
    if (this.#moment === undefined) return 'loading';
    if (this.#isDoubted) return 'comparing';
    const isBehind =
      this.#failures > 0 || this.#impatient > 0 || this.#now() - this.#currentSince > AGE_MAX_MS;
    return isBehind || this.#options.sink.failure() !== undefined ? 'behind' : 'current';
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
        this.#counts.looks += 1;
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
    this.#counts.failures += 1;
    const isOwn = !isAppError(error);
    if (this.#failures === 1) {
      this.#options.log.warn('the server view answers from SQL: following the database failed', {
        cause: error,
      });
    }
    // What fails again and again though the database answers is wrong in here: nothing of it is kept.
    if (isOwn && this.#failures >= OWN_FAILURES_MAX && this.#moment !== undefined) {
      this.#loadAnew('following it failed several times', { cause: error });
    }
  }

  #loadAnew(why: string, fields: LogFields = {}): void {
    this.#options.log.warn(`the server view is loaded anew: ${why}`, fields);
    this.#moment = undefined;
    this.#percentLoaded = 0;
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
    this.#seen.begin(this.#moment.mark);
    this.#endPass(0);
    this.#nextChunkAt = this.#now() + COMPARE_PASS_INTERVAL_MS;
    this.#isLoadingEverywhere = false;
    this.#loadMs = this.#now() - began;
    this.#counts.loads += 1;
    this.#options.log.info('server view loaded', { seconds: Math.round(this.#loadMs) / 1000 });
  }

  async #round(): Promise<void> {
    const broken = this.#options.sink.failure();
    if (broken !== undefined) {
      this.#options.log.error('work beside the server view failed', { cause: broken });
      this.#counts.failures += 1;
      this.#loadAnew('what it holds is not to be believed');
      return;
    }
    const isChunkDue = this.#passWanted || (this.#pass !== undefined && this.#isPassHurried());
    if (isChunkDue || this.#now() >= this.#nextChunkAt) {
      await this.#compare();
      return;
    }
    const mark = this.#markToGoOnFrom();
    const began = this.#now();
    const { moment, changes } = await readChanges(this.#options.database, mark);
    if (changes === undefined) {
      await this.#streamRound(began);
      return;
    }
    await this.#take(this.#options.database, { moment, changes, began });
    if (this.#now() - this.#streamedAt > REST_AFTER_MS) this.#options.sink.rest();
  }

  /** Many changes: in batches, all of one snapshot, so that memory stays flat. */
  async #streamRound(began: number): Promise<void> {
    await this.#options.database.transaction(
      async (tx) => {
        const moment = await readMoment(tx);
        await this.#streamChanges(tx);
        this.#moveTo(moment, began);
        this.#streamedAt = this.#now();
      },
      { isolation: 'repeatable read', readOnly: true, statementTimeoutMs: 0 },
    );
  }

  async #streamChanges(tx: Transaction): Promise<void> {
    await applyStreamedChanges(tx, this.#markToGoOnFrom(), this.#options, (count) =>
      this.#noteApplied(count),
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
        else await this.#streamChanges(tx);
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
    this.#counts.corrections += wrong;
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
    this.#noteApplied(await applyChanges(tx, changes, this.#options));
  }

  #noteApplied(count: number): void {
    if (count === 0) return;
    this.#counts.changes += count;
    this.#changedAt = Date.now();
  }

  #markToGoOnFrom(): ViewMoment['mark'] {
    if (this.#moment === undefined) throw new Error('the server view is not loaded');
    return this.#moment.mark;
  }

  #moveTo(moment: ViewMoment, began: number): void {
    const before = this.#moment;
    if (before === undefined) return;
    if (before.timeline !== moment.timeline) {
      // A replica took over, or an earlier state was restored. Transactions that this model has may be lost, and both their
      // numbers and those of vulnerabilities given out again: nothing tells the old ones from the new.
      this.#isLoadingEverywhere = true;
      this.#options.onOtherHistory?.();
      this.#loadAnew('the database has another history', { timeline: moment.timeline });
      return;
    }
    // Changes that this mark had not seen may be gone, or the numbers of transactions are those of another database.
    if (before.mark.xmin < moment.prunedBelow || moment.mark.xmax < before.mark.xmax) {
      this.#loadAnew('what it missed is no longer told');
      return;
    }
    if (before.startedAt !== moment.startedAt) {
      // It fell and came back: what was not on its disk is gone, and the transactions' numbers were given to others.
      this.#isDoubted = true;
      this.#passWanted = true;
    }
    this.#moment = moment;
    this.#currentSince = began;
    if (this.#counts.changes !== this.#changesNoted) {
      this.#seen.note(moment.mark, Date.now());
      this.#changesNoted = this.#counts.changes;
    }
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
