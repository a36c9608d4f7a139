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
/** Each takes one bit a position. */
const TOKENS_MAX = 64;

export interface StemTokens {
  readonly sets: ReadonlyMap<string, BitPositions>;
  /** Stems with each of these tokens. */
  readonly stems: ReadonlyMap<string, readonly number[]>;
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
  const sets = new Map<string, BitPositions>();
  for (const [token, held] of frequent) {
    const words = emptyWords(count);
    for (const stem of held.stems) setBits(words, positionsOf(stem));
    sets.set(token, new BitPositions(words));
    yield;
  }
  return { sets, stems: new Map(frequent.map(([token, held]) => [token, held.stems])) };
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

/** The sets of tokens that hold `part`, as few as need be, and the stems that these account for. */
export function tokensHolding(
  part: string,
  { sets, stems }: StemTokens,
): { readonly sets: readonly PositionSet[]; readonly stems: ReadonlySet<number> } {
  const chosen: PositionSet[] = [];
  const accounted = new Set<number>();
  // The most frequent first: a beginning adds nothing to a run of letters in it.
  for (const [token, set] of sets) {
    const own = stems.get(token) ?? [];
    if (!token.includes(part) || own.every((stem) => accounted.has(stem))) continue;
    chosen.push(set);
    for (const stem of own) accounted.add(stem);
  }
  return { sets: chosen, stems: accounted };
}
