/**
 * The positions of a snapshot by the stem of a text (`text-stems.ts`) and, within a stem, by the digits after it: what holds a
 * part is found by looking through the stems, not through the texts of all servers.
 */
import { BitPositions, emptyWords, setBits } from './bitset.ts';
import { ListPositions, POSITIONS_PER_LIST_MEMBER, type PositionSet } from './position-set.ts';
import type { TextColumn } from './text-column.ts';
import { DIGIT_CODES, digitRanges, digitsFrom, digitsOf, stemOf, type TextStems } from './text-stems.ts';

const ROWS_A_STEP = 8_192;
/** What a text costs that is looked through, in positions that are taken over. */
const TEXT_COST = 16;

/** Where a part can be: positions that have it, and positions whose texts are to be looked through. */
export interface PartRanges {
  readonly certain: readonly Range[];
  readonly possible: readonly Range[];
  /** About how many texts as much work is: to be compared with looking through chosen texts alone. */
  readonly costTexts: number;
}

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

  constructor(order: Uint32Array, digits: Uint8Array, starts: Uint32Array) {
    this.#order = order;
    this.#digits = digits;
    this.#starts = starts;
  }

  get bytes(): number {
    return this.#order.byteLength + this.#digits.byteLength + this.#starts.byteLength;
  }

  /** Where `part`, which is not empty, can be. Undefined: in the digits of any text, so that all are to be looked through. */
  rangesOf(part: string, stems: TextStems): PartRanges | undefined {
    const from = digitsFrom(part);
    if (from === 0) return undefined;
    const certain = this.#stemRanges(stems.where((stem) => stem.includes(part)));
    const possible = [this.#stemRange(0)];
    if (from < part.length) {
      const before = part.slice(0, from);
      const digits = part.slice(from);
      const ranges = this.#digitRanges(
        stems.where((stem) => stem.endsWith(before)),
        digits,
      );
      // The code of a text says no more than its first two digits.
      (digits.length > 2 ? possible : certain).push(...ranges);
    }
    const costTexts = lengthOf(possible) + lengthOf(certain) / TEXT_COST;
    return { certain, possible, costTexts };
  }

  /** The positions in those ranges whose texts hold `part`. */
  select({ certain, possible }: PartRanges, texts: TextColumn, part: Buffer): PositionSet {
    const count = this.#order.length;
    const parts = [
      ...certain.map(({ from, to }) => this.#order.subarray(from, to)),
      ...possible.map(({ from, to }) =>
        this.#order.subarray(from, to).filter((position) => texts.holds(position, part)),
      ),
    ];
    const most = parts.reduce((sum, { length }) => sum + length, 0);
    if (most * POSITIONS_PER_LIST_MEMBER > count) {
      const words = emptyWords(count);
      for (const positions of parts) setBits(words, positions);
      return new BitPositions(words);
    }
    const sorted = new Uint32Array(most);
    let at = 0;
    for (const positions of parts) {
      sorted.set(positions, at);
      at += positions.length;
    }
    // A text can be in two ranges: its stem holds the part, and so do its end and the digits.
    return new ListPositions(
      sorted.sort().filter((position, index) => index === 0 || position !== sorted[index - 1]),
    );
  }

  #stemRanges(numbers: readonly number[]): Range[] {
    return numbers.map((number) => this.#stemRange(number)).filter(({ from, to }) => from < to);
  }

  /** A stem that came later has no positions here. */
  #stemRange(number: number): Range {
    return { from: this.#starts[number] ?? 0, to: this.#starts[number + 1] ?? this.#starts[number] ?? 0 };
  }

  #digitRanges(numbers: readonly number[], digits: string): Range[] {
    return this.#stemRanges(numbers).flatMap((stem) =>
      digitRanges(digits)
        .map(([low, high]) => ({ from: this.#atDigits(stem, low), to: this.#atDigits(stem, high) }))
        .filter(({ from, to }) => from < to),
    );
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
  return new StemPositions(order, digits, starts);
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
