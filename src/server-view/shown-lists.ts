/**
 * The distinct lists of shown vulnerabilities, each kept once however many servers have it: its numbers (a byte or two each,
 * as differences) to recognise it by, and its fragment of the row, encoded. A list is counted by the servers that hold it and
 * forgotten with the last of them.
 */
import { ByteArena } from './byte-arena.ts';
import { hashOf } from './text-column.ts';
import type { VulnerabilityNames } from './vulnerability-names.ts';
import { fieldsJson, listFields } from './wire-row.ts';

const NONE = 0xffff_ffff;
const LISTS_FIRST = 1024;
const NUMBER_BYTES_MAX = 5;

export class ShownLists {
  readonly #names: VulnerabilityNames;
  readonly #arena: ByteArena;
  /** First list of each hash, by its low bits; `#nexts` leads on. */
  #firsts = new Uint32Array(LISTS_FIRST).fill(NONE);
  #nexts = new Uint32Array(LISTS_FIRST);
  #hashes = new Uint32Array(LISTS_FIRST);
  #holders = new Uint32Array(LISTS_FIRST);
  #numbers = new Uint32Array(LISTS_FIRST);
  #fragments = new Uint32Array(LISTS_FIRST);
  #count = 0;
  readonly #free: number[] = [];
  #scratch = Buffer.allocUnsafe(LISTS_FIRST);

  constructor(names: VulnerabilityNames, chunkBytesLog2?: number) {
    this.#names = names;
    this.#arena = new ByteArena(chunkBytesLog2);
  }

  /** Distinct lists held. */
  get count(): number {
    return this.#count - this.#free.length;
  }

  get bytes(): number {
    return this.#arena.bytes + this.#firsts.byteLength + 5 * this.#nexts.byteLength;
  }

  /** The list of these numbers, held once more. It is encoded when it is first asked for. */
  hold(numbers: ArrayLike<number>): number {
    const length = this.#encodeNumbers(numbers);
    const hash = hashOf(this.#scratch, 0, length);
    for (let list = this.#firstOf(hash); list !== NONE; list = this.#nexts[list] ?? NONE) {
      if (this.#hashes[list] === hash && this.#isSame(list, length)) {
        this.#holders[list] = (this.#holders[list] ?? 0) + 1;
        return list;
      }
    }
    return this.#make(hash, length);
  }

  release(list: number): void {
    const left = (this.#holders[list] ?? 0) - 1;
    if (left < 0) throw new Error(`shown lists: ${list} has been released before`);
    this.#holders[list] = left;
    if (left > 0) return;
    const hash = this.#hashes[list] ?? 0;
    const next = this.#nexts[list] ?? NONE;
    const bucket = hash & (this.#firsts.length - 1);
    if (this.#firsts[bucket] === list) {
      this.#firsts[bucket] = next;
    } else {
      let before = this.#firsts[bucket] ?? NONE;
      while (this.#nexts[before] !== list) before = this.#nexts[before] ?? NONE;
      this.#nexts[before] = next;
    }
    this.#arena.release(this.#numbers[list] ?? NONE);
    const fragment = this.#fragments[list] ?? NONE;
    if (fragment !== NONE) this.#arena.release(fragment);
    this.#free.push(list);
  }

  /** Bytes of the fragment `,"vul_ids_info":{…}`. */
  fragmentLength(list: number): number {
    return this.#arena.length(this.#fragmentOf(list));
  }

  /** The fragment where it lies: see `ByteArena.view`. */
  viewFragment(list: number): Buffer {
    return this.#arena.view(this.#fragmentOf(list));
  }

  copyFragment(list: number, target: Buffer, at: number): number {
    return this.#arena.copy(this.#fragmentOf(list), target, at);
  }

  /** Encodes every list that is not yet, in steps, for whoever slices the work. */
  *encodeAll(): Generator<void> {
    for (let list = 0; list < this.#count; list += 1) {
      if ((this.#holders[list] ?? 0) === 0) continue;
      this.#fragmentOf(list);
      yield;
    }
  }

  /** Notes every number that is held, so that the names can be ranked. */
  *noteNumbers(): Generator<void> {
    for (let list = 0; list < this.#count; list += 1) {
      if ((this.#holders[list] ?? 0) === 0) continue;
      for (const number of this.#numbersOf(list)) this.#names.note(number);
      yield;
    }
  }

  /** Moves what lies in sparse buffers, so that they can be given back. */
  *compact(): Generator<void> {
    for (let list = 0; list < this.#count; list += 1) {
      if ((this.#holders[list] ?? 0) > 0) {
        this.#move(this.#numbers, list);
        if (this.#fragments[list] !== NONE) this.#move(this.#fragments, list);
      }
      yield;
    }
  }

  #move(addresses: Uint32Array, list: number): void {
    const address = addresses[list] ?? NONE;
    if (!this.#arena.isSparse(address)) return;
    addresses[list] = this.#arena.duplicate(address);
    this.#arena.release(address);
  }

  #fragmentOf(list: number): number {
    const known = this.#fragments[list] ?? NONE;
    if (known !== NONE) return known;
    const fields = listFields(this.#names.listsOf(this.#numbersOf(list)));
    const fragment = this.#arena.add(Buffer.from(`,${fieldsJson(fields)}`, 'utf8'));
    this.#fragments[list] = fragment;
    return fragment;
  }

  #firstOf(hash: number): number {
    return this.#firsts[hash & (this.#firsts.length - 1)] ?? NONE;
  }

  #isSame(list: number, length: number): boolean {
    const kept = this.#arena.view(this.#numbers[list] ?? NONE);
    return kept.length === length && this.#scratch.compare(kept, 0, length, 0, length) === 0;
  }

  #make(hash: number, length: number): number {
    if (this.#free.length === 0 && this.#count === this.#nexts.length) this.#grow();
    let list = this.#free.pop();
    if (list === undefined) {
      list = this.#count;
      this.#count += 1;
    }
    const bucket = hash & (this.#firsts.length - 1);
    this.#nexts[list] = this.#firsts[bucket] ?? NONE;
    this.#firsts[bucket] = list;
    this.#hashes[list] = hash;
    this.#holders[list] = 1;
    this.#numbers[list] = this.#arena.add(this.#scratch, 0, length);
    this.#fragments[list] = NONE;
    return list;
  }

  #grow(): void {
    const size = this.#nexts.length * 2;
    const grown = (from: Uint32Array): Uint32Array<ArrayBuffer> => {
      const to = new Uint32Array(size);
      to.set(from);
      return to;
    };
    this.#hashes = grown(this.#hashes);
    this.#holders = grown(this.#holders);
    this.#numbers = grown(this.#numbers);
    this.#fragments = grown(this.#fragments);
    this.#nexts = new Uint32Array(size);
    this.#firsts = new Uint32Array(size).fill(NONE);
    for (let list = 0; list < this.#count; list += 1) {
      const bucket = (this.#hashes[list] ?? 0) & (size - 1);
      this.#nexts[list] = this.#firsts[bucket] ?? NONE;
      this.#firsts[bucket] = list;
    }
  }

  /** Writes numbers as differences, seven bits a byte (LEB128), to the scratch buffer; answers how many bytes. */
  #encodeNumbers(numbers: ArrayLike<number>): number {
    const room = numbers.length * NUMBER_BYTES_MAX;
    if (this.#scratch.length < room) this.#scratch = Buffer.allocUnsafe(room * 2);
    let at = 0;
    let before = 0;
    for (let index = 0; index < numbers.length; index += 1) {
      const number = numbers[index] ?? 0;
      let difference = (number - before) >>> 0;
      before = number;
      for (; difference > 0x7f; difference >>>= 7) {
        this.#scratch[at] = (difference & 0x7f) | 0x80;
        at += 1;
      }
      this.#scratch[at] = difference;
      at += 1;
    }
    return at;
  }

  #numbersOf(list: number): readonly number[] {
    const bytes = this.#arena.view(this.#numbers[list] ?? NONE);
    const numbers: number[] = [];
    let number = 0;
    let difference = 0;
    let shift = 0;
    for (const byte of bytes) {
      difference |= (byte & 0x7f) << shift;
      shift += 7;
      if (byte > 0x7f) continue;
      number = (number + difference) | 0;
      numbers.push(number);
      difference = 0;
      shift = 0;
    }
    return numbers;
  }
}
