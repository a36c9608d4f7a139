import { describe, expect, it } from 'vitest';
import { createTurns } from './turns.ts';

/** Work that ends when it is told to. */
function pieces(inTurn: ReturnType<typeof createTurns>) {
  const begun: number[] = [];
  const ends: (() => void)[] = [];
  const holds: ((room: number) => void)[] = [];
  const start = (name: number) =>
    inTurn(async (hold) => {
      begun.push(name);
      holds[name] = hold;
      await new Promise<void>((resolve) => {
        ends[name] = resolve;
      });
      return name;
    });
  return {
    begun,
    start,
    end: (name: number) => ends[name]?.(),
    hold: (name: number, room: number) => holds[name]?.(room),
  };
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('turns', () => {
  it('are given in the order in which they were asked for, to as many as there is room for', async () => {
    const { begun, start, end } = pieces(createTurns({ room: 2, each: 1 }));
    const all = [0, 1, 2, 3].map(start);
    await turn();
    expect(begun).toEqual([0, 1]);
    end(1);
    await turn();
    expect(begun).toEqual([0, 1, 2]);
    for (const name of [0, 2]) end(name);
    await turn();
    end(3);
    expect(await Promise.all(all)).toEqual([0, 1, 2, 3]);
  });

  it('let others begin as soon as somebody holds less than was kept for it', async () => {
    const { begun, start, end, hold } = pieces(createTurns({ room: 10, each: 10 }));
    const all = [0, 1, 2].map(start);
    await turn();
    expect(begun).toEqual([0]);
    hold(0, 0);
    await turn();
    expect(begun).toEqual([0, 1]);
    // It never holds more than at first, and what it gave back stays given back.
    hold(1, 20);
    hold(0, 10);
    await turn();
    expect(begun).toEqual([0, 1]);
    for (const name of [0, 1]) end(name);
    await turn();
    expect(begun).toEqual([0, 1, 2]);
    end(2);
    await Promise.all(all);
  });

  it('come also after work that failed', async () => {
    const inTurn = createTurns({ room: 1, each: 1 });
    const failing = inTurn(() => Promise.reject(new Error('no')));
    const next = inTurn(async () => 'next');
    await expect(failing).rejects.toThrow('no');
    expect(await next).toBe('next');
  });
});
