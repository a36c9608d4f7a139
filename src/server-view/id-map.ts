/**
 * From a server's id to its position: open addressing in one typed array, 8 bytes a server at two million (a Map of strings
 * takes some 150). What is stored is the position; ids are compared in their column, so a collision costs a look and never an
 * error.
 */
import { hashOf, hashOfAscii, type TextColumn } from './text-column.ts';

export class IdMap {
  readonly #ids: TextColumn;
  /** Position + 1; 0: free. Twice as many places as ids or more, a power of two. */
  readonly #places: Uint32Array;
  readonly #mask: number;

  /** An empty map over the ids of a column; `addRange` fills it, so that the work can be done in slices. */
  constructor(ids: TextColumn) {
    this.#ids = ids;
    const places = 2 ** Math.ceil(Math.log2(Math.max(2, ids.count * 2)));
    this.#places = new Uint32Array(places);
    this.#mask = places - 1;
  }

  get bytes(): number {
    return this.#places.byteLength;
  }

  addRange(from: number, to: number): void {
    for (let position = from; position < to; position += 1) {
      let place = this.#ids.hash(position) & this.#mask;
      while (this.#places[place] !== 0) place = (place + 1) & this.#mask;
      this.#places[place] = position + 1;
    }
  }

  /** The position of an id; -1: none has it. */
  find(id: string): number {
    // Nearly all ids are ASCII, of which no bytes have to be made.
    const hash = hashOfAscii(id);
    if (hash !== undefined) return this.#find(hash, (position) => this.#ids.equalsAscii(position, id));
    const bytes = Buffer.from(id, 'utf8');
    return this.#find(hashOf(bytes, 0, bytes.length), (position) => this.#ids.equals(position, bytes));
  }

  #find(hash: number, isIt: (position: number) => boolean): number {
    for (let place = hash & this.#mask; ; place = (place + 1) & this.#mask) {
      const position = (this.#places[place] ?? 0) - 1;
      if (position < 0 || isIt(position)) return position;
    }
  }
}
