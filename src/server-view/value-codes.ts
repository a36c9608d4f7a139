/** Codes for the values of a dimension: small numbers in order of appearance, never reused. */
export class ValueCodes {
  readonly #codes = new Map<string, number>();

  /** `fixed` values have their index as their code. */
  constructor(fixed: readonly string[] = []) {
    for (const value of fixed) this.codeOf(value);
  }

  get count(): number {
    return this.#codes.size;
  }

  /** The code of a value, new where it has none. */
  codeOf(value: string): number {
    const known = this.#codes.get(value);
    if (known !== undefined) return known;
    const code = this.#codes.size;
    this.#codes.set(value, code);
    return code;
  }

  /** The code of a value that has been seen; undefined: no server has it. */
  find(value: string): number | undefined {
    return this.#codes.get(value);
  }
}
