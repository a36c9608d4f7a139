/**
 * Which rows of an overlay a filter is about. A row never changes once it is there, so each condition is judged once for each
 * row and remembered as a bit; the rows that came since are judged when it is asked for again.
 */
import { andWords, setBit } from './bitset.ts';
import type { ServerColumns } from './columns.ts';
import type { Condition } from './query.ts';

/** Conditions that are remembered, those that were asked for last: a bit each for every row of the overlay. */
const CONDITIONS_MAX = 128;

interface Judged {
  readonly words: Uint32Array;
  /** Rows below this have been judged. */
  readonly rows: number;
}

export class RowMatches {
  readonly #judged = new Map<string, Judged>();

  /** A bit for each row of `columns` for which all conditions hold; not to be written. There is at least one. */
  of(conditions: readonly Condition[], columns: ServerColumns): Uint32Array {
    const [first, ...more] = conditions.map((condition) => this.#rowsOf(condition, columns));
    if (first === undefined || more.length === 0) return first ?? new Uint32Array(0);
    // Words that are remembered are not written to, and have room for more rows than there are.
    const both = first.slice(0, wordsFor(columns.count));
    for (const words of more) andWords(both, words);
    return both;
  }

  clear(): void {
    this.#judged.clear();
  }

  #rowsOf(condition: Condition, columns: ServerColumns): Uint32Array {
    const { key } = condition;
    const known = this.#judged.get(key);
    const judged = judgedUpTo(known, condition, columns);
    this.#judged.delete(key);
    this.#judged.set(key, judged);
    const [oldest] = this.#judged.keys();
    if (this.#judged.size > CONDITIONS_MAX && oldest !== undefined) this.#judged.delete(oldest);
    return judged.words;
  }
}

function judgedUpTo(known: Judged | undefined, condition: Condition, columns: ServerColumns): Judged {
  const { count } = columns;
  const from = known?.rows ?? 0;
  let words = known?.words ?? new Uint32Array(wordsFor(count));
  if (from === count) return { words, rows: count };
  if (words.length < wordsFor(count)) {
    const grown = new Uint32Array(2 * wordsFor(count));
    grown.set(words);
    words = grown;
  }
  const holds = condition.judge(columns, count - from);
  for (let row = from; row < count; row += 1) if (holds(row)) setBit(words, row);
  return { words, rows: count };
}

function wordsFor(rows: number): number {
  return (rows + 31) >>> 5;
}
