/**
 * The positions of a snapshot by the stem of a text (`text-stems.ts`) and, within a stem, by the digits after it: what holds a
 * part is found by looking through the stems, not through the texts of all servers.
 */
import { BitPositions, emptyWords, setBits } from './bitset.ts';
import { keepWhere, ListPositions, type PositionSet, unionOf } from './position-set.ts';
import { type StemTokens, stemTokens, tokensHolding } from './stem-tokens.ts';
import type { TextColumn } from './text-column.ts';
import { DIGIT_CODES, digitRanges, digitsFrom, digitsOf, stemOf, type TextStems } from './text-stems.ts';

const ROWS_A_STEP = 8_192;
/** What judging a position of another set costs, in positions that are taken over. */
const TEXT_COST = 4;

/** Where a part can be: positions that have it, and positions whose texts are to be looked through. */
export interface PartRanges {
  /** Positions that have it, ready. */
  readonly sets: readonly PositionSet[];
  readonly certain: readonly Range[];
  readonly possible: readonly Range[];
  /** About how many texts as much work is: to be compared with looking through chosen texts alone. */
  readonly costTexts: number;
  /** By the number of a stem: what of it has the part. */
  readonly byStem: Uint8Array;
}

/** Of the positions of a stem with the part: none, all, or those whose texts say so. */
const NONE = 0;
const ALL = 1;
const SOME = 2;
/** Up to so many positions are kept as a list: sorting more takes longer than bits do. */
const LIST_POSITIONS_MAX = 1_000;

/** Of `order`, `to` exclusive. */
interface Range {
  readonly from: number;
  readonly to: number;
}

export class StemPositions {
  /** Positions by stem, then by digits, then ascending. */
  readonly #order: Uint32Array;
  /** Codes of digits, beside `#order`. */
  readonly #digits: Uint8Array;
  /** Where each stem begins in `#order`; one more than there are. */
  readonly #starts: Uint32Array;

  readonly #tokens: StemTokens;

  constructor(order: Uint32Array, digits: Uint8Array, starts: Uint32Array, tokens: StemTokens) {
    this.#order = order;
    this.#digits = digits;
    this.#starts = starts;
    this.#tokens = tokens;
  }

  get bytes(): number {
    let bytes = this.#order.byteLength + this.#digits.byteLength + this.#starts.byteLength;
    for (const set of this.#tokens.sets.values()) bytes += set.bytes;
    return bytes;
  }

  /** Where `part`, which is not empty, can be. Undefined: in the digits of any text, so that all are to be looked through. */
  rangesOf(part: string, stems: TextStems): PartRanges | undefined {
    const from = digitsFrom(part);
    if (from === 0) return undefined;
    const byStem = new Uint8Array(this.#starts.length);
    byStem[0] = SOME;
    const possible = [this.#stemRange(0)];
    const certain: Range[] = [];
    if (from < part.length) {
      const before = part.slice(0, from);
      const digits = part.slice(from);
      const ending = stems.where((stem) => stem.endsWith(before));
      for (const stem of ending) if (stem < byStem.length) byStem[stem] = SOME;
      // The code of a text says no more than its first two digits.
      (digits.length > 2 ? possible : certain).push(...this.#digitRanges(ending, digits));
    }
    const tokens = tokensHolding(part, this.#tokens);
    const holding = stems.where((stem) => stem.includes(part));
    for (const stem of holding) if (stem < byStem.length) byStem[stem] = ALL;
    certain.push(...this.#stemRanges(holding.filter((stem) => !tokens.stems.has(stem))));
    const costTexts = lengthOf(possible) + lengthOf(certain) / TEXT_COST;
    return { sets: tokens.sets, certain, possible, costTexts, byStem };
  }

  /** The positions in those ranges whose texts hold `part`. */
  select({ sets, certain, possible }: PartRanges, texts: TextColumn, part: Buffer): PositionSet {
    const order = this.#order;
    const count = order.length;
    const found = new Uint32Array(lengthOf(certain) + lengthOf(possible));
    let size = 0;
    // By index: a view of each range takes longer than going through it, where thousands of them are short.
    for (const { from, to } of certain) {
      for (let at = from; at < to; at += 1) {
        found[size] = order[at] ?? 0;
        size += 1;
      }
    }
    for (const { from, to } of possible) {
      for (let at = from; at < to; at += 1) {
        const position = order[at] ?? 0;
        if (!texts.holds(position, part)) continue;
        found[size] = position;
        size += 1;
      }
    }
    const positions = found.subarray(0, size);
    if (size > LIST_POSITIONS_MAX) {
      const words = emptyWords(count);
      setBits(words, positions);
      return unionOf([...sets, new BitPositions(words)], count);
    }
    const sorted = positions.sort();
    // A text can be in two ranges: its stem holds the part, and so do its end and the digits.
    const list = sorted.filter((position, index) => index === 0 || position !== sorted[index - 1]);
    return unionOf([...sets, new ListPositions(list)], count);
  }

  /** Of the members of `selected` those whose texts hold `part`. */
  keep(
    selected: PositionSet,
    { byStem }: PartRanges,
    {
      words,
      texts,
      part,
    }: { readonly words: Uint32Array; readonly texts: TextColumn; readonly part: Buffer },
  ): PositionSet {
    return keepWhere(selected, (position) => {
      const which = byStem[stemOf(words[position] ?? 0)] ?? NONE;
      return which === ALL || (which === SOME && texts.holds(position, part));
    });
  }

  #stemRanges(numbers: readonly number[]): Range[] {
    const ranges: Range[] = [];
    for (const number of numbers) {
      const range = this.#stemRange(number);
      if (range.from < range.to) ranges.push(range);
    }
    return ranges;
  }

  /** A stem that came later has no positions here. */
  #stemRange(number: number): Range {
    return { from: this.#starts[number] ?? 0, to: this.#starts[number + 1] ?? this.#starts[number] ?? 0 };
  }

  #digitRanges(numbers: readonly number[], digits: string): Range[] {
    const codes = digitRanges(digits);
    const ranges: Range[] = [];
    for (const number of numbers) {
      const stem = this.#stemRange(number);
      for (const [low, high] of codes) {
        const from = this.#atDigits(stem, low);
        const to = this.#atDigits({ from, to: stem.to }, high);
        if (from < to) ranges.push({ from, to });
      }
    }
    return ranges;
  }

  /** The first place in the range of a stem whose digits are not less. */
  #atDigits({ from, to }: Range, digits: number): number {
    let low = from;
    let high = to;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#digits[middle] ?? 0) < digits) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** From the words of the first `count` rows; in steps. */
export function* stemPositions(
  words: Uint32Array,
  count: number,
  stems: TextStems,
): Generator<void, StemPositions> {
  // Sorted by digits first, then by stem, each time keeping the order of equal ones: two passes by counting.
  const byDigits = new Uint32Array(count);
  yield* sortByCount({ count, codes: DIGIT_CODES, codeAt: (at) => digitsOf(words[at] ?? 0) }, (at, place) => {
    byDigits[place] = at;
  });
  const order = new Uint32Array(count);
  const digits = new Uint8Array(count);
  const starts = yield* sortByCount(
    { count, codes: stems.size, codeAt: (at) => stemOf(words[byDigits[at] ?? 0] ?? 0) },
    (at, place) => {
      const position = byDigits[at] ?? 0;
      order[place] = position;
      digits[place] = digitsOf(words[position] ?? 0);
    },
  );
  const tokens = yield* stemTokens(stems, count, (stem) =>
    order.subarray(starts[stem] ?? 0, starts[stem + 1] ?? starts[stem] ?? 0),
  );
  return new StemPositions(order, digits, starts, tokens);
}

interface Counted {
  readonly count: number;
  /** Codes are below this. */
  readonly codes: number;
  readonly codeAt: (at: number) => number;
}

/** Tells `put` for each of `count` things its place in the order of their codes. Returns where each code begins. */
function* sortByCount(
  { count, codes, codeAt }: Counted,
  put: (at: number, place: number) => void,
): Generator<void, Uint32Array> {
  const starts = new Uint32Array(codes + 1);
  for (let from = 0; from < count; from += ROWS_A_STEP) {
    const to = Math.min(count, from + ROWS_A_STEP);
    for (let at = from; at < to; at += 1) {
      const next = codeAt(at) + 1;
      starts[next] = (starts[next] ?? 0) + 1;
    }
    yield;
  }
  for (let code = 1; code <= codes; code += 1) starts[code] = (starts[code] ?? 0) + (starts[code - 1] ?? 0);
  const places = starts.slice();
  for (let from = 0; from < count; from += ROWS_A_STEP) {
    const to = Math.min(count, from + ROWS_A_STEP);
    for (let at = from; at < to; at += 1) {
      const code = codeAt(at);
      const place = places[code] ?? 0;
      places[code] = place + 1;
      put(at, place);
    }
    yield;
  }
  return starts;
}

function lengthOf(ranges: readonly Range[]): number {
  return ranges.reduce((sum, { from, to }) => sum + to - from, 0);
}
