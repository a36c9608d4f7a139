import { afterEach, describe, expect, it, vi } from 'vitest';
import { GATHERED_WAITING_MAX, gather } from './gather.ts';

/** Work that ends when it is told to, and what it was given. */
function work() {
  const batches: {
    readonly items: readonly number[];
    readonly done: PromiseWithResolvers<readonly string[]>;
  }[] = [];
  const run = (items: readonly number[]): Promise<readonly string[]> => {
    const done = Promise.withResolvers<readonly string[]>();
    batches.push({ items, done });
    return done.promise;
  };
  const end = (at: number): void => batches[at]?.done.resolve(batches[at].items.map(String));
  return { run, end, batches, given: () => batches.map(({ items }) => items) };
}

/** Lets everything go on that waits for nothing but its turn. */
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

afterEach(() => void vi.useRealTimers());

describe('gathering', () => {
  it('does what comes alone at once, and what comes meanwhile together, each with its own result', async () => {
    const { run, end, given } = work();
    const ask = gather(run, 10);
    const asked = [1, 2, 3].map(ask);
    expect(given()).toEqual([[1]]);
    end(0);
    await turn();
    expect(given()).toEqual([[1], [2, 3]]);
    end(1);
    expect(await Promise.all(asked)).toEqual(['1', '2', '3']);
    const later = ask(4);
    end(2);
    expect(await later).toBe('4');
  });

  it('takes no more than fit in a batch', async () => {
    const { run, end, given } = work();
    const ask = gather(run, 2);
    const asked = [1, 2, 3, 4].map(ask);
    for (const at of [0, 1, 2]) {
      end(at);
      await turn();
    }
    expect(await Promise.all(asked)).toEqual(['1', '2', '3', '4']);
    expect(given()).toEqual([[1], [2, 3], [4]]);
  });

  it('lets a batch wait for more until its time has come, and not where nothing was before', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'performance'] });
    const { run, end, given } = work();
    const ask = gather(run, 3, { intervalMs: 50 });
    const asked = [ask(1)];
    expect(given()).toEqual([[1]]);
    vi.advanceTimersByTime(20);
    end(0);
    await turn();
    asked.push(ask(2));
    vi.advanceTimersByTime(29);
    await turn();
    asked.push(ask(3));
    expect(given()).toEqual([[1]]);
    vi.advanceTimersByTime(2);
    await turn();
    expect(given()).toEqual([[1], [2, 3]]);
    // As many as a batch takes wait no longer.
    asked.push(...[4, 5, 6].map(ask));
    end(1);
    await turn();
    expect(given()).toEqual([[1], [2, 3], [4, 5, 6]]);
    end(2);
    await Promise.all(asked);
    vi.advanceTimersByTime(60);
    await turn();
    asked.push(ask(7));
    expect(given()).toHaveLength(4);
  });

  it('takes no more than weigh what a batch may, and what is heavier by itself', async () => {
    const { run, end, given } = work();
    const ask = gather(run, 10, { weight: { max: 5, of: (item) => item } });
    const asked = [1, 2, 3, 9, 4, 1].map(ask);
    for (const at of [0, 1, 2, 3]) {
      end(at);
      await turn();
    }
    expect((await Promise.all(asked)).length).toBe(6);
    expect(given()).toEqual([[1], [2, 3], [9], [4, 1]]);
  });

  it('tells of a batch that failed, by what and how many', async () => {
    const failures: unknown[] = [];
    const { run, end, batches } = work();
    const ask = gather(run, 10, { onFailure: (cause, items) => failures.push([cause, items]) });
    const asked = [1, 2, 3].map((item) => ask(item).catch(() => 'failed'));
    end(0);
    await turn();
    const cause = new Error('the database is gone');
    batches[1]?.done.reject(cause);
    expect(await Promise.all(asked)).toEqual(['1', 'failed', 'failed']);
    expect(failures).toEqual([[cause, 2]]);
  });

  it('fails those of a batch that fails, and goes on with the next', async () => {
    const { run, end, batches } = work();
    const ask = gather(run, 10);
    const first = ask(1);
    const others = [2, 3].map((item) => ask(item).catch((error: Error) => error.message));
    batches[0]?.done.resolve(['1']);
    expect(await first).toBe('1');
    await turn();
    batches[1]?.done.reject(new Error('the database is gone'));
    expect(await Promise.all(others)).toEqual(['the database is gone', 'the database is gone']);
    const later = ask(4);
    end(2);
    expect(await later).toBe('4');
  });

  it('refuses those who come when too many wait', () => {
    const ask = gather(() => new Promise<readonly never[]>(() => undefined), 10);
    for (let item = 0; item <= GATHERED_WAITING_MAX; item += 1) void ask(item);
    expect(() => ask(0)).toThrow(expect.objectContaining({ code: 'agent-reports-busy' }));
  });
});
