/**
 * Texts of servers as a stem and the digits they end with: `web-shop-` and `0417`, `10.5.77.` and `12`. Names and addresses of
 * a fleet have few stems, so a part is looked for in the stems, and each stem stands for all servers that have it. A row keeps
 * one word for each text: the number of its stem, and the first two digits.
 */

/** Beyond so many stems at a time a text has none (stem 0), and is looked through by itself. */
const STEMS_MAX = 100_000;

const DIGITS_LOG2 = 7;
const DIGITS_MASK = (1 << DIGITS_LOG2) - 1;
/** Codes of digits: 0 none, 1 to 10 a single one, from 11 on the first two. */
const TWO_DIGITS = 11;

/** The number of the stem in a row's word. */
export function stemOf(word: number): number {
  return word >>> DIGITS_LOG2;
}

/** The code of the first digits in a row's word; codes of one stem lie in the order of `digitRanges`. */
export function digitsOf(word: number): number {
  return word & DIGITS_MASK;
}

/**
 * Whether texts with a stem hold `part`, by the number of the stem; undefined: their digits say. Each stem is judged once, so a
 * judge is good for as long as no stem is given up.
 */
export function stemJudge(part: string, stems: TextStems): (stem: number) => boolean | undefined {
  const from = digitsFrom(part);
  const before = part.slice(0, from);
  const known: (boolean | undefined)[] = [undefined];
  return (stem) => {
    if (stem in known) return known[stem];
    const text = stems.text(stem);
    if (text.includes(part)) known[stem] = true;
    else known[stem] = from < part.length && text.endsWith(before) ? undefined : false;
    return known[stem];
  };
}

export const DIGIT_CODES = TWO_DIGITS + 100;

/** Where the digits begin that a text ends with. */
export function digitsFrom(text: string): number {
  let at = text.length;
  while (at > 0 && isDigit(text.charCodeAt(at - 1))) at -= 1;
  return at;
}

/** Codes of digits that begin with `digits` (at least one): from and to (exclusive) of each range. */
export function digitRanges(digits: string): readonly (readonly [number, number])[] {
  const first = digits.charCodeAt(0) - 48;
  const tens = TWO_DIGITS + 10 * first;
  if (digits.length === 1) {
    return [
      [1 + first, 2 + first],
      [tens, tens + 10],
    ];
  }
  const both = tens + digits.charCodeAt(1) - 48;
  return [[both, both + 1]];
}

export class TextStems {
  readonly #numbers = new Map<string, number>();
  /** By number; the first is the stem of texts that have none. */
  readonly #stems: (string | undefined)[] = [undefined];
  #holders = new Uint32Array(1024);
  readonly #free: number[] = [];

  /** Numbers given so far are below this. */
  get size(): number {
    return this.#stems.length;
  }

  /** The word of a text, whose stem is held once more. */
  hold(text: string): number {
    const from = digitsFrom(text);
    const stem = this.#numberOf(text.slice(0, from));
    this.#holders[stem] = (this.#holders[stem] ?? 0) + 1;
    return (stem << DIGITS_LOG2) | digitsCode(text, from);
  }

  release(word: number): void {
    const stem = stemOf(word);
    const left = (this.#holders[stem] ?? 0) - 1;
    this.#holders[stem] = left;
    const text = this.#stems[stem];
    if (left > 0 || text === undefined) return;
    // Rows of a snapshot that still have the number are none that are shown, so it may be given out again.
    this.#numbers.delete(text);
    this.#stems[stem] = undefined;
    this.#free.push(stem);
  }

  /** The stem of a number that is in use. */
  text(stem: number): string {
    return this.#stems[stem] ?? '';
  }

  /** Numbers of the stems for which a test holds. */
  where(test: (stem: string) => boolean): readonly number[] {
    const found: number[] = [];
    // By index: `entries` takes several times as long, for thousands of stems at each question.
    for (let number = 1; number < this.#stems.length; number += 1) {
      const stem = this.#stems[number];
      if (stem !== undefined && test(stem)) found.push(number);
    }
    return found;
  }

  #numberOf(stem: string): number {
    const known = this.#numbers.get(stem);
    if (known !== undefined) return known;
    if (this.#numbers.size >= STEMS_MAX) return 0;
    const number = this.#free.pop() ?? this.#stems.length;
    if (number >= this.#holders.length) {
      const grown = new Uint32Array(this.#holders.length * 2);
      grown.set(this.#holders);
      this.#holders = grown;
    }
    // A copy, because a slice keeps the whole text in memory.
    const own = Buffer.from(stem, 'utf8').toString('utf8');
    this.#numbers.set(own, number);
    this.#stems[number] = own;
    this.#holders[number] = 0;
    return number;
  }
}

function digitsCode(text: string, from: number): number {
  const length = text.length - from;
  if (length === 0) return 0;
  const first = text.charCodeAt(from) - 48;
  return length === 1 ? 1 + first : TWO_DIGITS + 10 * first + text.charCodeAt(from + 1) - 48;
}

function isDigit(unit: number): boolean {
  return unit >= 48 && unit <= 57;
}
