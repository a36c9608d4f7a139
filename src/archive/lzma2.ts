import { PackedDataProblem } from './bunzip.ts';

/**
 * LZMA2 as xz uses it, written from the descriptions of the two formats (lzma-specification.txt of the LZMA SDK, and
 * xz-file-format.txt): chunks that are stored or LZMA-coded, over one dictionary.
 */

const PROBABILITY_HALF = 1024;
const TOP = 2 ** 24;
const STATES = 12;
const LENGTH_MIN = 2;
const END_OF_SLOTS = 14;
const ALIGN_BITS = 4;

/** Decodes one LZMA2 sequence that begins at `at`; afterwards `at` is where it ended. */
export class Lzma2Decoder {
  at: number;
  readonly #data: Uint8Array;
  readonly #dictionary: Uint8Array;
  #position = 0;
  /** How many bytes of the dictionary hold something; references may not reach further back. */
  #filled = 0;
  #output = new Uint8Array(0);
  #written = 0;
  #range = 0;
  #code = 0;
  #chunkEnd = 0;
  #state = 0;
  readonly #distances = [0, 0, 0, 0];
  #literalContextBits = 0;
  #literalPositionBits = 0;
  #positionMask = 0;
  #isReady = false;
  readonly #isMatch = new Uint16Array(STATES << 4);
  readonly #isRepeat = new Uint16Array(STATES);
  readonly #isRepeat0 = new Uint16Array(STATES);
  readonly #isRepeat1 = new Uint16Array(STATES);
  readonly #isRepeat2 = new Uint16Array(STATES);
  readonly #isRepeat0Long = new Uint16Array(STATES << 4);
  readonly #slots = [0, 1, 2, 3].map(() => new Uint16Array(64));
  readonly #special = new Uint16Array(128);
  readonly #align = new Uint16Array(1 << ALIGN_BITS);
  readonly #matchLength = new LengthModel();
  readonly #repeatLength = new LengthModel();
  #literals = new Uint16Array(0);

  constructor(data: Uint8Array, at: number, dictionaryBytes: number) {
    this.#data = data;
    this.at = at;
    this.#dictionary = new Uint8Array(dictionaryBytes);
  }

  /** The next chunk; undefined at the end of the sequence. */
  next(): Uint8Array | undefined {
    const control = this.#byte();
    if (control === 0) return undefined;
    if (control === 1 || control >= 0xe0) this.#filled = 0;
    if (control < 0x80) {
      if (control > 2) throw broken('an unknown kind of chunk');
      return this.#stored();
    }
    this.#begin((((control & 0x1f) << 16) | (this.#byte() << 8) | this.#byte()) + 1);
    const packed = ((this.#byte() << 8) | this.#byte()) + 1;
    if (control >= 0xc0) this.#setProperties(this.#byte());
    if (!this.#isReady) throw broken('a chunk without properties');
    if (control >= 0xa0) this.#resetState();
    this.#chunkEnd = this.at + packed;
    this.at += 1;
    this.#range = 0xffffffff;
    this.#code = 0;
    for (let count = 0; count < 4; count += 1) this.#code = ((this.#code << 8) | this.#byte()) >>> 0;
    while (this.#written < this.#output.length) this.#decodeOne();
    this.#normalize();
    if (this.at !== this.#chunkEnd) throw broken('a chunk of another length');
    return this.#output;
  }

  #begin(bytes: number): void {
    this.#output = new Uint8Array(bytes);
    this.#written = 0;
  }

  #stored(): Uint8Array {
    this.#begin(((this.#byte() << 8) | this.#byte()) + 1);
    while (this.#written < this.#output.length) this.#put(this.#byte());
    return this.#output;
  }

  #setProperties(properties: number): void {
    if (properties >= 225) throw broken('impossible properties');
    this.#literalContextBits = properties % 9;
    this.#literalPositionBits = Math.floor(properties / 9) % 5;
    this.#positionMask = (1 << Math.floor(properties / 45)) - 1;
    if (this.#literalContextBits + this.#literalPositionBits > 4) throw broken('impossible properties');
    this.#literals = new Uint16Array(0x300 << (this.#literalContextBits + this.#literalPositionBits));
    this.#isReady = true;
  }

  #resetState(): void {
    this.#state = 0;
    this.#distances.fill(0);
    for (const model of [this.#isMatch, this.#isRepeat, this.#isRepeat0, this.#isRepeat1, this.#isRepeat2])
      model.fill(PROBABILITY_HALF);
    for (const model of [this.#isRepeat0Long, this.#special, this.#align, this.#literals, ...this.#slots])
      model.fill(PROBABILITY_HALF);
    this.#matchLength.reset();
    this.#repeatLength.reset();
  }

  #decodeOne(): void {
    const positionState = this.#position & this.#positionMask;
    const state = this.#state;
    if (this.#bit(this.#isMatch, (state << 4) + positionState) === 0) {
      this.#literal();
      return;
    }
    let length: number;
    if (this.#bit(this.#isRepeat, state) === 0) {
      length = this.#length(this.#matchLength, positionState);
      this.#state = state < 7 ? 7 : 10;
      this.#shiftDistances(3, this.#distance(length));
    } else if (this.#repeatsOneByte(positionState)) {
      this.#state = state < 7 ? 9 : 11;
      length = 1;
    } else {
      length = this.#length(this.#repeatLength, positionState);
      this.#state = state < 7 ? 8 : 11;
    }
    this.#copy(this.#distances[0] ?? 0, length);
  }

  /** Chooses one of the four distances used last; true where it is for a single byte. */
  #repeatsOneByte(positionState: number): boolean {
    const state = this.#state;
    if (this.#bit(this.#isRepeat0, state) === 0) {
      return this.#bit(this.#isRepeat0Long, (state << 4) + positionState) === 0;
    }
    let place = 1;
    if (this.#bit(this.#isRepeat1, state) === 1) place = this.#bit(this.#isRepeat2, state) === 0 ? 2 : 3;
    this.#shiftDistances(place, this.#distances[place] ?? 0);
    return false;
  }

  #shiftDistances(upTo: number, distance: number): void {
    this.#distances.copyWithin(1, 0, upTo);
    this.#distances[0] = distance;
  }

  #literal(): void {
    const before = this.#filled === 0 ? 0 : this.#byteBack(0);
    const low = (this.#position & ((1 << this.#literalPositionBits) - 1)) << this.#literalContextBits;
    const base = 0x300 * (low + (before >> (8 - this.#literalContextBits)));
    let symbol = 1;
    if (this.#state >= 7) {
      let matched = this.#byteBack(this.#distances[0] ?? 0);
      while (symbol < 0x100) {
        const matchedBit = (matched >> 7) & 1;
        matched <<= 1;
        const bit = this.#bit(this.#literals, base + ((1 + matchedBit) << 8) + symbol);
        symbol = (symbol << 1) | bit;
        if (matchedBit !== bit) break;
      }
    }
    while (symbol < 0x100) symbol = (symbol << 1) | this.#bit(this.#literals, base + symbol);
    this.#put(symbol & 0xff);
    this.#state = this.#state < 4 ? 0 : this.#state < 10 ? this.#state - 3 : this.#state - 6;
  }

  #length(model: LengthModel, positionState: number): number {
    if (this.#bit(model.choices, 0) === 0) return LENGTH_MIN + this.#tree(model.low, positionState << 3, 3);
    if (this.#bit(model.choices, 1) === 0)
      return LENGTH_MIN + 8 + this.#tree(model.middle, positionState << 3, 3);
    return LENGTH_MIN + 16 + this.#tree(model.high, 0, 8);
  }

  #distance(length: number): number {
    const slots = this.#slots[Math.min(length - LENGTH_MIN, 3)] ?? this.#align;
    const slot = this.#tree(slots, 0, 6);
    if (slot < 4) return slot;
    const directBits = (slot >> 1) - 1;
    const base = (2 | (slot & 1)) * 2 ** directBits;
    if (slot < END_OF_SLOTS) return base + this.#reverseTree(this.#special, base - slot, directBits);
    let direct = 0;
    for (let count = directBits - ALIGN_BITS; count > 0; count -= 1) direct = direct * 2 + this.#directBit();
    return base + direct * 2 ** ALIGN_BITS + this.#reverseTree(this.#align, 0, ALIGN_BITS);
  }

  #tree(model: Uint16Array, base: number, bits: number): number {
    let symbol = 1;
    for (let count = 0; count < bits; count += 1) symbol = (symbol << 1) | this.#bit(model, base + symbol);
    return symbol - (1 << bits);
  }

  #reverseTree(model: Uint16Array, base: number, bits: number): number {
    let symbol = 1;
    let value = 0;
    for (let count = 0; count < bits; count += 1) {
      const bit = this.#bit(model, base + symbol);
      symbol = (symbol << 1) | bit;
      value |= bit << count;
    }
    return value;
  }

  #bit(model: Uint16Array, index: number): number {
    this.#normalize();
    const probability = model[index] ?? PROBABILITY_HALF;
    const bound = (this.#range >>> 11) * probability;
    if (this.#code < bound) {
      this.#range = bound;
      model[index] = probability + ((2048 - probability) >> 5);
      return 0;
    }
    this.#code -= bound;
    this.#range -= bound;
    model[index] = probability - (probability >> 5);
    return 1;
  }

  #directBit(): number {
    this.#normalize();
    this.#range >>>= 1;
    if (this.#code < this.#range) return 0;
    this.#code -= this.#range;
    return 1;
  }

  #normalize(): void {
    if (this.#range >= TOP) return;
    if (this.at >= this.#chunkEnd) throw broken('a chunk that ends too early');
    this.#range = (this.#range * 256) >>> 0;
    this.#code = ((this.#code << 8) | this.#byte()) >>> 0;
  }

  #copy(distance: number, length: number): void {
    if (distance >= this.#filled) throw broken('a reference before its beginning');
    if (length > this.#output.length - this.#written) throw broken('a match past its chunk');
    for (let count = 0; count < length; count += 1) this.#put(this.#byteBack(distance));
  }

  #byteBack(distance: number): number {
    const size = this.#dictionary.length;
    const place = this.#position % size;
    const at = place - distance - 1;
    return this.#dictionary[at < 0 ? at + size : at] ?? 0;
  }

  #put(byte: number): void {
    const size = this.#dictionary.length;
    this.#dictionary[this.#position % size] = byte;
    this.#position += 1;
    if (this.#filled < size) this.#filled += 1;
    this.#output[this.#written] = byte;
    this.#written += 1;
  }

  #byte(): number {
    const byte = this.#data[this.at];
    if (byte === undefined) throw new PackedDataProblem('ends in the middle of its xz data');
    this.at += 1;
    return byte;
  }
}

/** The probabilities by which lengths of matches are coded. */
class LengthModel {
  readonly choices = new Uint16Array(2);
  readonly low = new Uint16Array(16 << 3);
  readonly middle = new Uint16Array(16 << 3);
  readonly high = new Uint16Array(256);

  reset(): void {
    for (const model of [this.choices, this.low, this.middle, this.high]) model.fill(PROBABILITY_HALF);
  }
}

function broken(what: string): PackedDataProblem {
  return new PackedDataProblem(`is broken xz data (${what})`);
}
