/** A growing list of 32-bit words. Many are put in or taken out at once by moving what lies between them in blocks. */
const WORDS_FIRST = 256;

export class WordList {
  #words = new Uint32Array(WORDS_FIRST);
  #count = 0;

  get length(): number {
    return this.#count;
  }

  get bytes(): number {
    return this.#words.byteLength;
  }

  at(index: number): number {
    return this.#words[index] ?? 0;
  }

  /** The words as they are now; what is put in or taken out later may show in them. */
  view(): Uint32Array {
    return this.#words.subarray(0, this.#count);
  }

  /** Puts each of `values` before the word that now is at the index beside it in `at`, which is ascending. */
  insert(at: ArrayLike<number>, values: ArrayLike<number>): void {
    const words = this.#withRoom(values.length);
    let end = this.#count;
    for (let index = values.length - 1; index >= 0; index -= 1) {
      const from = at[index] ?? 0;
      words.copyWithin(from + index + 1, from, end);
      words[from + index] = values[index] ?? 0;
      end = from;
    }
    this.#count += values.length;
  }

  /** Takes out the words at these indexes, which are ascending, each once. */
  remove(at: ArrayLike<number>): void {
    if (at.length === 0) return;
    for (let index = 0; index < at.length; index += 1) {
      const from = (at[index] ?? 0) + 1;
      this.#words.copyWithin(from - index - 1, from, at[index + 1] ?? this.#count);
    }
    this.#count -= at.length;
  }

  #withRoom(more: number): Uint32Array {
    if (this.#count + more > this.#words.length) {
      const grown = new Uint32Array(2 * (this.#count + more));
      grown.set(this.view());
      this.#words = grown;
    }
    return this.#words;
  }
}

/** The first index whose value is not less. */
export function lowerBound(values: ArrayLike<number>, value: number): number {
  let low = 0;
  let high = values.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((values[middle] ?? 0) < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
