import type { PositionSet } from './position-set.ts';

/** A set costs more than its bits: its key and its places in maps. */
const ENTRY_BYTES = 512;

/** What filters selected lately, by their key; the one that was longest not asked for goes first when it is too much. */
export class SelectionCache {
  readonly #bytesMax: number;
  readonly #held = new Map<string, PositionSet>();
  #bytes = 0;
  #hits = 0;
  #misses = 0;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** How often `get` found something since the beginning. */
  get hits(): number {
    return this.#hits;
  }

  get misses(): number {
    return this.#misses;
  }

  get(key: string): PositionSet | undefined {
    const found = this.#held.get(key);
    if (found === undefined) {
      this.#misses += 1;
      return undefined;
    }
    this.#hits += 1;
    // A Map keeps the order of insertion: the first is the oldest.
    this.#held.delete(key);
    this.#held.set(key, found);
    return found;
  }

  set(key: string, selected: PositionSet): void {
    const size = sizeOf(key, selected);
    if (size > this.#bytesMax) return;
    this.#held.set(key, selected);
    this.#bytes += size;
    for (const [oldest, set] of this.#held) {
      if (this.#bytes <= this.#bytesMax) break;
      this.#held.delete(oldest);
      this.#bytes -= sizeOf(oldest, set);
    }
  }

  clear(): void {
    this.#held.clear();
    this.#bytes = 0;
  }
}

function sizeOf(key: string, selected: PositionSet): number {
  return ENTRY_BYTES + key.length * 2 + selected.ownBytes;
}
