/**
 * A small cache for facts that are read on every request and change rarely: bounded in entries and in age, and one load
 * at a time per key. The age bounds how long another process's change (a revoked token, a removed right) stays unseen
 * here; changes made through this process clear it at once.
 */
export class ExpiringCache<V> {
  readonly #entries = new Map<string, { readonly value: Promise<V>; readonly staleAtMs: number }>();
  readonly #entriesMax: number;
  readonly #ageMaxMs: number;
  readonly #now: () => number;

  constructor(limits: {
    readonly entriesMax: number;
    readonly ageMaxMs: number;
    readonly now: () => number;
  }) {
    this.#entriesMax = limits.entriesMax;
    this.#ageMaxMs = limits.ageMaxMs;
    this.#now = limits.now;
  }

  /** The value of `key`, loaded if it is absent or too old. A load that fails, or finds `undefined`, is not kept. */
  get(key: string, load: () => Promise<V>): Promise<V> {
    const known = this.#entries.get(key);
    if (known !== undefined && known.staleAtMs > this.#now()) return known.value;
    const value = load();
    this.#entries.delete(key);
    if (this.#entries.size >= this.#entriesMax) this.#dropOldest();
    const entry = { value, staleAtMs: this.#now() + this.#ageMaxMs };
    this.#entries.set(key, entry);
    const forget = () => {
      if (this.#entries.get(key) === entry) this.#entries.delete(key);
    };
    value.then((loaded) => {
      if (loaded === undefined) forget();
    }, forget);
    return value;
  }

  delete(key: string): void {
    this.#entries.delete(key);
  }

  clear(): void {
    this.#entries.clear();
  }

  #dropOldest(): void {
    const [oldest] = this.#entries.keys();
    if (oldest !== undefined) this.#entries.delete(oldest);
  }
}
