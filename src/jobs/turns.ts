/** Does something when there is room for it; others wait, and come in the order in which they asked. */
export type InTurn = <T>(work: (holds: (room: number) => void) => Promise<T>) => Promise<T>;

/**
 * So much `room` for work that is done at once. Each piece takes `each` of it when it begins, and says as soon as it knows how
 * much less it holds: then the next may begin.
 */
export function createTurns({ room, each }: { readonly room: number; readonly each: number }): InTurn {
  const waiting: (() => void)[] = [];
  let free = room;
  const giveBack = (amount: number): void => {
    free += amount;
    // Whoever is let in takes its room here, so that nobody who comes later can take it first.
    for (; free >= each && waiting.length > 0; free -= each) waiting.shift()?.();
  };
  return async (work) => {
    if (waiting.length > 0 || free < each) await new Promise<void>((resolve) => waiting.push(resolve));
    else free -= each;
    let held = each;
    const holds = (amount: number): void => {
      const given = held - Math.min(held, amount);
      held -= given;
      giveBack(given);
    };
    try {
      return await work(holds);
    } finally {
      holds(0);
    }
  };
}
