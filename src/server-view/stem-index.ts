/**
 * Stems by three characters in a row and by their last one, so that those with a part, or with an end, are found without
 * looking at all of them. Made with a snapshot; the number of a stem that is given up later, and given out again for another
 * text, stands for nothing in that snapshot that is still shown.
 */
import type { TextStems } from './text-stems.ts';

const UNITS = 3;
const STEMS_A_STEP = 512;

export class StemIndex {
  readonly #texts: readonly string[];
  readonly #byUnits: ReadonlyMap<string, readonly number[]>;
  readonly #byLast: ReadonlyMap<string, readonly number[]>;

  constructor(
    texts: readonly string[],
    byUnits: ReadonlyMap<string, readonly number[]>,
    byLast: ReadonlyMap<string, readonly number[]>,
  ) {
    this.#texts = texts;
    this.#byUnits = byUnits;
    this.#byLast = byLast;
  }

  /** Some 8 bytes a place in a list, and 64 a list. */
  get bytes(): number {
    let places = 0;
    for (const stems of this.#byUnits.values()) places += stems.length;
    return 8 * (places + this.#texts.length) + 64 * (this.#byUnits.size + this.#byLast.size);
  }

  /** Numbers of the stems that hold `part`, which is not empty, but for those that `isKnown` says are known to. */
  holding(part: string, isKnown: (stem: number) => boolean): readonly number[] {
    const found: number[] = [];
    const texts = this.#texts;
    if (part.length < UNITS) {
      for (let stem = 1; stem < texts.length; stem += 1)
        if (!isKnown(stem) && texts[stem]?.includes(part) === true) found.push(stem);
      return found;
    }
    for (const stem of this.#rarest(part))
      if (!isKnown(stem) && (part.length === UNITS || texts[stem]?.includes(part) === true)) found.push(stem);
    return found;
  }

  /** Numbers of the stems that end with `end`, which is not empty. */
  ending(end: string): readonly number[] {
    const alike = this.#byLast.get(end.slice(-1)) ?? [];
    return end.length === 1 ? alike : alike.filter((stem) => this.#texts[stem]?.endsWith(end));
  }

  #rarest(part: string): readonly number[] {
    let rarest: readonly number[] | undefined;
    for (let at = 0; at + UNITS <= part.length; at += 1) {
      const stems = this.#byUnits.get(part.slice(at, at + UNITS)) ?? [];
      if (rarest === undefined || stems.length < rarest.length) rarest = stems;
    }
    return rarest ?? [];
  }
}

/** The index of the stems that there are; in steps. */
export function* stemIndex(stems: TextStems): Generator<void, StemIndex> {
  const texts: string[] = [];
  const byUnits = new Map<string, number[]>();
  const byLast = new Map<string, number[]>();
  for (let stem = 1; stem < stems.size; stem += 1) {
    const text = stems.text(stem);
    texts[stem] = text;
    for (let at = 0; at + UNITS <= text.length; at += 1) note(byUnits, text.slice(at, at + UNITS), stem);
    if (text !== '') note(byLast, text.slice(-1), stem);
    if (stem % STEMS_A_STEP === 0) yield;
  }
  return new StemIndex(texts, byUnits, byLast);
}

function note(lists: Map<string, number[]>, key: string, stem: number): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [stem]);
  // The same three characters may come twice in a text.
  else if (list[list.length - 1] !== stem) list.push(stem);
}
