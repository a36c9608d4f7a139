/** Numbers that look random and are the same at every run. */

export type Random = () => number;

/** Numbers from 0 to below 1 (Mulberry32). */
export function randomNumbers(seed: number): Random {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

export function randomBelow(random: Random, end: number): number {
  return Math.floor(random() * end);
}

/** One of a list that is not empty. */
export function pick<T>(random: Random, list: readonly [T, ...T[]] | readonly T[]): T {
  const found = list[randomBelow(random, list.length)];
  if (found === undefined) throw new Error('nothing can be picked from an empty list');
  return found;
}

/** Normally distributed, mean 0 and deviation 1 (Box-Muller). */
export function randomNormal(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

/** `count` different numbers from 0 to below `end`, ascending; all of them where there are not more. */
export function randomChoice(random: Random, end: number, count: number): readonly number[] {
  const chosen: number[] = [];
  for (let candidate = 0; candidate < end; candidate += 1) {
    if (random() * (end - candidate) < count - chosen.length) chosen.push(candidate);
  }
  return chosen;
}

/** In the form of a UUID. */
export function randomId(random: Random): string {
  const hex = Array.from({ length: 8 }, () => randomBelow(random, 65_536).toString(16).padStart(4, '0')).join(
    '',
  );
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}
