/**
 * What the store calls a list of shown vulnerabilities, and the list that this is: many servers come with the same key, and
 * only the first of them has to bring the numbers along. Keys that show the same vulnerabilities share one list.
 */
import type { ShownLists } from './shown-lists.ts';

const SLOTS_FIRST = 1024;

export class ShownSets {
  readonly #lists: ShownLists;
  readonly #slots = new Map<number, number>();
  #keys = new Float64Array(SLOTS_FIRST);
  #listOf = new Uint32Array(SLOTS_FIRST);
  #holders = new Uint32Array(SLOTS_FIRST);
  #count = 0;
  readonly #free: number[] = [];
  /** Slots that may have no holder: learned, or left by the last one. */
  readonly #unheld = new Set<number>();

  constructor(lists: ShownLists) {
    this.#lists = lists;
  }

  knows(key: number): boolean {
    return this.#slots.has(key);
  }

  get bytes(): number {
    // A Map takes some 40 bytes an entry.
    return this.#keys.byteLength + this.#listOf.byteLength + this.#holders.byteLength + 40 * this.#slots.size;
  }

  /** Makes a key known before servers come with it; `forgetUnheld` forgets those with which none came. */
  learn(key: number, numbers: ArrayLike<number>): void {
    if (!this.#slots.has(key)) this.#unheld.add(this.#make(key, numbers));
  }

  /** The slot of a key, held once more; `numbers` may be left out where the key is known. */
  hold(key: number, numbers: ArrayLike<number> | undefined): number {
    let slot = this.#slots.get(key);
    if (slot === undefined) {
      if (numbers === undefined) throw new Error(`shown vulnerabilities ${key} are not known`);
      slot = this.#make(key, numbers);
    }
    this.#holders[slot] = (this.#holders[slot] ?? 0) + 1;
    return slot;
  }

  /** The number of the list in `ShownLists`. */
  listOf(slot: number): number {
    return this.#listOf[slot] ?? 0;
  }

  release(slot: number): void {
    const left = (this.#holders[slot] ?? 0) - 1;
    if (left < 0) throw new Error(`shown sets: ${slot} has been released before`);
    this.#holders[slot] = left;
    if (left === 0) this.#unheld.add(slot);
  }

  /**
   * Forgets the keys that no server has. Not with the last release: of changes that are taken over together the next server
   * may come with the same key, and rely on its being known.
   */
  forgetUnheld(): void {
    for (const slot of this.#unheld) if (this.#holders[slot] === 0) this.#forget(slot);
    this.#unheld.clear();
  }

  #forget(slot: number): void {
    this.#slots.delete(this.#keys[slot] ?? 0);
    this.#lists.release(this.#listOf[slot] ?? 0);
    this.#free.push(slot);
  }

  #make(key: number, numbers: ArrayLike<number>): number {
    const slot = this.#free.pop() ?? this.#count++;
    if (slot >= this.#keys.length) this.#grow();
    this.#keys[slot] = key;
    this.#listOf[slot] = this.#lists.hold(numbers);
    this.#holders[slot] = 0;
    this.#slots.set(key, slot);
    return slot;
  }

  #grow(): void {
    const size = this.#keys.length * 2;
    const keys = new Float64Array(size);
    keys.set(this.#keys);
    this.#keys = keys;
    for (const name of ['list', 'holders'] as const) {
      const grown = new Uint32Array(size);
      grown.set(name === 'list' ? this.#listOf : this.#holders);
      if (name === 'list') this.#listOf = grown;
      else this.#holders = grown;
    }
  }
}
