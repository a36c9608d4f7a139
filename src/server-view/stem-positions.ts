/**
 * The positions of a snapshot by the stem of a text (`text-stems.ts`), and by the digits after it: what holds a part is found
 * by looking through the stems, not through the texts of all servers.
 */
import { BitPositions, emptyWords, setBits } from './bitset.ts';
import { disjoint, keepWhere, LISTS_APART_MAX, unionOf } from './combine-positions.ts';
import { ListPositions, type PositionSet } from './position-set.ts';
import { type StemIndex, stemIndex } from './stem-index.ts';
import { type StemTokens, stemTokens, type TokensHolding } from './stem-tokens.ts';
import type { TextColumn } from './text-column.ts';
import { DIGIT_CODES, digitRanges, digitsFrom, digitsOf, stemOf, type TextStems } from './text-stems.ts';

const ROWS_A_STEP = 8_192;
/**
 * What is worth more: positions taken over from a stem cost a quarter of a text that is judged, the next member of a set as
 * much as a text, and one of a list half: where members lie far apart each is a miss of the processor's caches.
 */
const POSITIONS_A_TEXT = 4;
const LISTED_A_TEXT = 2;
/** Up to so many positions of several stems are put into one list: sorting more takes longer than asking each does. */
const SORTED_POSITIONS_MAX = 1_000;

/** Where a part can be. No stem is in two of the three. */
export interface PartPlaces {
  /** Tokens that hold it: all positions of their stems do. */
  readonly tokens: TokensHolding;
  /** The other stems that hold it. */
  readonly holding: readonly number[];
  /** Stems that end as the part begins, where it ends in digits. */
  readonly ending: readonly number[];
  /** Those digits. */
  readonly digits: string;
  /** What selecting its positions costs, in texts that are judged. */
  readonly costTexts: number;
}

/** Of the positions of a stem with the part: none, all, or those whose texts say so. */
const NONE = 0;
const ALL = 1;
const SOME = 2;

/** Positions by a code: those of one are ascending, and lie one after the other. */
interface Sorted {
  readonly positions: Uint32Array;
  /** Where each code begins; one more than there are. */
  readonly starts: Uint32Array;
}

export class StemPositions {
  readonly #words: Uint32Array;
  readonly #byStem: Sorted;
  readonly #byDigits: Sorted;
  readonly #tokens: StemTokens;
  readonly #index: StemIndex;

  constructor(parts: {
    /** The words of the rows. */
    readonly words: Uint32Array;
    readonly byStem: Sorted;
    readonly byDigits: Sorted;
    readonly tokens: StemTokens;
    readonly index: StemIndex;
  }) {
    this.#words = parts.words;
    this.#byStem = parts.byStem;
    this.#byDigits = parts.byDigits;
    this.#tokens = parts.tokens;
    this.#index = parts.index;
  }

  /** But for the words, which are the rows' own. */
  get bytes(): number {
    return bytesOf(this.#byStem) + bytesOf(this.#byDigits) + this.#tokens.bytes + this.#index.bytes;
  }

  get #size(): number {
    return this.#byStem.positions.length;
  }

  /** Where `part`, which is not empty, can be. Undefined: in the digits of any text, so that all are to be looked through. */
  placesOf(part: string): PartPlaces | undefined {
    const from = digitsFrom(part);
    if (from === 0) return undefined;
    const tokens = this.#tokens.holding(part);
    const holding = this.#index.holding(part, tokens.haveStem);
    const digits = part.slice(from);
    let ending = digits === '' ? [] : this.#index.ending(part.slice(0, from));
    if (ending.length > 0) {
      const held = new Set(holding);
      ending = ending.filter((stem) => !held.has(stem) && !tokens.haveStem(stem));
    }
    const listed = this.#countOf(holding);
    const ofEnding = this.#countOf(ending);
    // Where all stems end so, those with the digits are known.
    const toJudge =
      ofEnding === this.#size && digits.length <= 2 ? 0 : Math.min(ofEnding, this.#countWithDigits(digits));
    const costTexts = this.#countOf([0]) + toJudge + listed / POSITIONS_A_TEXT;
    return { tokens, holding, ending, digits, costTexts };
  }

  /** The positions in those places whose texts hold `part`. */
  select({ tokens, holding, ending, digits }: PartPlaces, texts: TextColumn, part: Buffer): PositionSet {
    const size = this.#size;
    const holds = (position: number): boolean => texts.holds(position, part);
    const sets: PositionSet[] = [unionOf(tokens.sets, size)];
    for (const stem of holding) sets.push(this.#ofStem(stem));
    sets.push(keepWhere(this.#ofStem(0), holds));
    if (ending.length > 0) sets.push(...this.#withDigits(ending, digits, holds));
    return joined(sets, size);
  }

  /** Of the members of `selected` those whose texts hold `part`; undefined where `select` costs less. */
  keep(
    selected: PositionSet,
    { tokens, holding, ending, digits, costTexts }: PartPlaces,
    texts: TextColumn,
    part: Buffer,
  ): PositionSet | undefined {
    const members = selected instanceof ListPositions ? selected.count / LISTED_A_TEXT : selected.count;
    if (members > costTexts) return undefined;
    const codes = codesOf(digits);
    const byStem = new Uint8Array(this.#byStem.starts.length);
    if (tokens.sets.length > 0)
      for (let stem = 1; stem < byStem.length; stem += 1) if (tokens.haveStem(stem)) byStem[stem] = ALL;
    byStem[0] = SOME;
    for (const stem of ending) byStem[stem] = SOME;
    for (const stem of holding) byStem[stem] = ALL;
    const words = this.#words;
    return keepWhere(selected, (position) => {
      const word = words[position] ?? 0;
      const stem = stemOf(word);
      const which = byStem[stem] ?? NONE;
      if (which !== SOME) return which === ALL;
      return (stem === 0 || codes[digitsOf(word)] === 1) && texts.holds(position, part);
    });
  }

  /** Of the stems the positions whose digits begin with `digits`. */
  #withDigits(
    stems: readonly number[],
    digits: string,
    holds: (position: number) => boolean,
  ): readonly PositionSet[] {
    const codes = codesOf(digits);
    // The code of a text says no more than its first two digits.
    const isExact = digits.length <= 2;
    const words = this.#words;
    const ofStems = this.#countOf(stems);
    if (ofStems < this.#countWithDigits(digits)) {
      const isWanted = (position: number): boolean =>
        codes[digitsOf(words[position] ?? 0)] === 1 && (isExact || holds(position));
      return stems.map((stem) => keepWhere(this.#ofStem(stem), isWanted));
    }
    const isWhole = isExact && ofStems === this.#size;
    const wanted = new Uint8Array(this.#byStem.starts.length);
    for (const stem of stems) wanted[stem] = 1;
    const sets: PositionSet[] = [];
    for (let code = 0; code < DIGIT_CODES; code += 1) {
      if (codes[code] !== 1) continue;
      const listed = listOf(this.#byDigits, code);
      const isWanted = (position: number): boolean =>
        wanted[stemOf(words[position] ?? 0)] === 1 && (isExact || holds(position));
      sets.push(isWhole ? listed : keepWhere(listed, isWanted));
    }
    return sets;
  }

  /** A stem that came later has no positions here. */
  #ofStem(stem: number): ListPositions {
    return listOf(this.#byStem, stem);
  }

  #countOf(stems: readonly number[]): number {
    const { starts } = this.#byStem;
    let count = 0;
    for (const stem of stems) count += (starts[stem + 1] ?? 0) - (starts[stem] ?? 0);
    return count;
  }

  #countWithDigits(digits: string): number {
    if (digits === '') return 0;
    const { starts } = this.#byDigits;
    return digitRanges(digits).reduce(
      (sum, [low, high]) => sum + (starts[high] ?? 0) - (starts[low] ?? 0),
      0,
    );
  }
}

/** 1 for each code of digits that begin with `digits`. */
function codesOf(digits: string): Uint8Array {
  const codes = new Uint8Array(DIGIT_CODES);
  if (digits !== '') for (const [low, high] of digitRanges(digits)) codes.fill(1, low, high);
  return codes;
}

function listOf({ positions, starts }: Sorted, code: number): ListPositions {
  const from = starts[code] ?? 0;
  return new ListPositions(positions.subarray(from, starts[code + 1] ?? from), true);
}

/** What sets without common members hold together, in a form that is quick to ask. */
function joined(sets: readonly PositionSet[], size: number): PositionSet {
  const held = sets.filter((set) => set.count > 0);
  const lists = held.filter((set) => set instanceof ListPositions);
  if (lists.length < 2) return disjoint(held);
  const others = held.filter((set) => !(set instanceof ListPositions));
  const count = lists.reduce((sum, set) => sum + set.count, 0);
  if (count <= SORTED_POSITIONS_MAX) {
    const all = new Uint32Array(count);
    let end = 0;
    for (const { positions } of lists) {
      all.set(positions, end);
      end += positions.length;
    }
    return disjoint([...others, new ListPositions(all.sort())]);
  }
  if (lists.length <= LISTS_APART_MAX) return disjoint(held);
  const words = emptyWords(size);
  for (const { positions } of lists) setBits(words, positions);
  return disjoint([...others, new BitPositions(words)]);
}

/** From the words of the first `count` rows; in steps. */
export function* stemPositions(
  words: Uint32Array,
  count: number,
  stems: TextStems,
): Generator<void, StemPositions> {
  const byDigits = yield* sortByCount({
    count,
    codes: DIGIT_CODES,
    codeAt: (at) => digitsOf(words[at] ?? 0),
  });
  const byStem = yield* sortByCount({ count, codes: stems.size, codeAt: (at) => stemOf(words[at] ?? 0) });
  const tokens = yield* stemTokens(stems, count, (stem) => listOf(byStem, stem).positions);
  const index = yield* stemIndex(stems);
  return new StemPositions({ words, byStem, byDigits, tokens, index });
}

function bytesOf({ positions, starts }: Sorted): number {
  return positions.byteLength + starts.byteLength;
}

interface Counted {
  readonly count: number;
  /** Codes are below this. */
  readonly codes: number;
  readonly codeAt: (at: number) => number;
}

/** The numbers below `count` in the order of their codes, those of one code ascending. */
function* sortByCount({ count, codes, codeAt }: Counted): Generator<void, Sorted> {
  const positions = new Uint32Array(count);
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
      positions[place] = at;
    }
    yield;
  }
  return { positions, starts };
}
