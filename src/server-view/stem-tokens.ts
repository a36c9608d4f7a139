/**
 * What many stems have in common, each with its positions: runs of letters (`web` in `web-shop-`) and beginnings (`10.5.` in
 * `10.5.77.`). Where a part lies within such a token, the servers with the token hold it, and are known without going through
 * the positions of their stems.
 */
import { BitPositions, emptyWords, setBits } from './bitset.ts';
import type { PositionSet } from './position-set.ts';
import type { TextStems } from './text-stems.ts';

const LETTERS = /\p{L}+/gu;
/** A beginning ends with a separator. */
const SEPARATOR = /[^\p{L}\p{M}\p{N}]/gu;
const BEGINNINGS_MAX = 3;
/** A token is kept where at least one position in so many has it: below, its positions are few enough to be collected. */
const POSITIONS_PER_HOLDER_MAX = 64;
/** Each takes one bit a position, and one of the two words that each stem has for them. */
const TOKENS_MAX = 64;
const TOKENS_A_WORD = 32;

interface StemToken {
  readonly text: string;
  readonly positions: BitPositions;
  /** Tokens, this one included, that all of its stems have: what they hold it adds nothing to. */
  readonly within: TokenMask;
}

/** A bit for each token. */
interface TokenMask {
  readonly low: number;
  readonly high: number;
}

/** Sets of tokens that hold a part, as few as need be. */
export interface TokensHolding {
  readonly sets: readonly PositionSet[];
  /** Whether the stem of a number has one of these tokens. */
  readonly haveStem: (stem: number) => boolean;
}

export class StemTokens {
  readonly #tokens: readonly StemToken[];
  /** Masks by stem: bits of the first tokens and of the others. */
  readonly #low: Uint32Array;
  readonly #high: Uint32Array;

  constructor(tokens: readonly StemToken[], low: Uint32Array, high: Uint32Array) {
    this.#tokens = tokens;
    this.#low = low;
    this.#high = high;
  }

  get bytes(): number {
    return this.#tokens.reduce((sum, { positions }) => sum + positions.bytes, 2 * this.#low.byteLength);
  }

  holding(part: string): TokensHolding {
    const sets: PositionSet[] = [];
    const chosen = { low: 0, high: 0 };
    // The most frequent first: a beginning adds nothing to a run of letters in it.
    let index = -1;
    for (const { text, positions, within } of this.#tokens) {
      index += 1;
      const addsNothing = (within.low & chosen.low) !== 0 || (within.high & chosen.high) !== 0;
      if (addsNothing || !text.includes(part)) continue;
      sets.push(positions);
      addToken(chosen, index);
    }
    const { low, high } = chosen;
    return {
      sets,
      haveStem: (stem) => ((this.#low[stem] ?? 0) & low) !== 0 || ((this.#high[stem] ?? 0) & high) !== 0,
    };
  }
}

function addToken(mask: { low: number; high: number }, index: number): void {
  if (index < TOKENS_A_WORD) mask.low |= 1 << index;
  else mask.high |= 1 << (index - TOKENS_A_WORD);
}

/** The tokens of all stems that are frequent among `count` positions; `positionsOf` answers those of a stem. */
export function* stemTokens(
  stems: TextStems,
  count: number,
  positionsOf: (stem: number) => Uint32Array,
): Generator<void, StemTokens> {
  const holders = new Map<string, { stems: number[]; positions: number }>();
  for (const stem of stems.where(() => true)) {
    const positions = positionsOf(stem).length;
    if (positions === 0) continue;
    for (const token of tokensOf(stems.text(stem))) {
      const held = holders.get(token);
      if (held === undefined) holders.set(token, { stems: [stem], positions });
      else {
        held.stems.push(stem);
        held.positions += positions;
      }
    }
  }
  yield;
  const frequent = [...holders]
    .filter(([, held]) => held.positions * POSITIONS_PER_HOLDER_MAX >= count)
    .sort(([, a], [, b]) => b.positions - a.positions)
    .slice(0, TOKENS_MAX);
  const low = new Uint32Array(stems.size);
  const high = new Uint32Array(stems.size);
  for (const [index, [, held]] of frequent.entries()) {
    const bit = 1 << (index % TOKENS_A_WORD);
    const masks = index < TOKENS_A_WORD ? low : high;
    for (const stem of held.stems) masks[stem] = (masks[stem] ?? 0) | bit;
  }
  const tokens: StemToken[] = [];
  for (const [text, held] of frequent) {
    const words = emptyWords(count);
    for (const stem of held.stems) setBits(words, positionsOf(stem));
    let within = { low: -1, high: -1 };
    for (const stem of held.stems)
      within = { low: within.low & (low[stem] ?? 0), high: within.high & (high[stem] ?? 0) };
    tokens.push({ text, positions: new BitPositions(words, { isOfSnapshot: true }), within });
    yield;
  }
  return new StemTokens(tokens, low, high);
}

function tokensOf(stem: string): ReadonlySet<string> {
  const tokens = new Set<string>(stem.match(LETTERS));
  let count = 0;
  for (const { index } of stem.matchAll(SEPARATOR)) {
    if (count === BEGINNINGS_MAX) break;
    tokens.add(stem.slice(0, index + 1));
    count += 1;
  }
  return tokens;
}
