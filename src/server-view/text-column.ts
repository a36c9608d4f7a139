/**
 * Texts of many servers in one buffer: UTF-8, each ended by a byte that UTF-8 never uses, so a part that is looked for
 * cannot be found across two of them. UTF-8 is self-synchronising: a part is found in the bytes exactly where it is found in
 * the characters.
 */
import { PositionCollector } from './position-collector.ts';
import { AllPositions, type PositionSet } from './position-set.ts';

const SEPARATOR = 0xff;
const BYTES_A_TEXT_GUESS = 24;
const UTF8_BYTES_A_UNIT_MAX = 3;

const ASCII_MAX = 0x7f;
const HASH_FIRST = 0x811c9dc5;
const HASH_FACTOR = 0x01000193;

/** Longer texts than this are not made into one string: V8 allows 2^29 - 24 characters. */
const STRING_BYTES_MAX = 2 ** 28;

export class TextColumn {
  #bytes: Buffer;
  /** The bytes as a string of one character each, made when it is first of use. */
  #latin1: string | undefined;
  /** Where each text begins; one more than there are texts. */
  #starts: Uint32Array;
  #count = 0;

  /** Room for so many texts of so many bytes (separators not counted); it grows where that is not enough. */
  constructor(texts: number, bytes: number = texts * BYTES_A_TEXT_GUESS) {
    this.#bytes = Buffer.allocUnsafeSlow(bytes + texts);
    this.#starts = new Uint32Array(texts + 1);
  }

  get count(): number {
    return this.#count;
  }

  /** Of the buffer and the offsets, unused room included. */
  get bytes(): number {
    return this.#bytes.byteLength + this.#starts.byteLength;
  }

  get length(): number {
    return (this.#starts[this.#count] ?? 0) - this.#count;
  }

  append(text: string): void {
    const start = this.#starts[this.#count] ?? 0;
    this.#reserve(1, text.length * UTF8_BYTES_A_UNIT_MAX);
    const end = start + this.#bytes.write(text, start, 'utf8');
    this.#bytes[end] = SEPARATOR;
    this.#count += 1;
    this.#starts[this.#count] = end + 1;
  }

  /** Appends the texts `from` to `to` (exclusive) of another column. */
  appendFrom(other: TextColumn, from: number, to: number): void {
    const first = other.#starts[from] ?? 0;
    const length = (other.#starts[to] ?? 0) - first;
    this.#reserve(to - from, length);
    const start = this.#starts[this.#count] ?? 0;
    if (to - from === 1) {
      // A text alone is shorter than what a call of `copy` costs.
      const bytes = this.#bytes;
      const others = other.#bytes;
      for (let at = 0; at < length; at += 1) bytes[start + at] = others[first + at] ?? 0;
    } else {
      other.#bytes.copy(this.#bytes, start, first, first + length);
    }
    for (let at = from; at < to; at += 1) {
      this.#count += 1;
      this.#starts[this.#count] = (other.#starts[at + 1] ?? 0) - first + start;
    }
  }

  /** Takes the last text back. */
  dropLast(): void {
    this.#count -= 1;
  }

  get(index: number): string {
    return this.#bytes.toString('utf8', this.#starts[index] ?? 0, (this.#starts[index + 1] ?? 1) - 1);
  }

  /**
   * Order of two texts as bytes, which is that of `COLLATE "C"`. A loop: most differ within some bytes, which is less than what a
   * call of Buffer.compare costs.
   */
  compare(index: number, other: TextColumn, otherIndex: number): number {
    const bytes = this.#bytes;
    const others = other.#bytes;
    const start = this.#starts[index] ?? 0;
    const otherStart = other.#starts[otherIndex] ?? 0;
    const length = (this.#starts[index + 1] ?? 1) - 1 - start;
    const otherLength = (other.#starts[otherIndex + 1] ?? 1) - 1 - otherStart;
    const shorter = Math.min(length, otherLength);
    for (let at = 0; at < shorter; at += 1) {
      const difference = (bytes[start + at] ?? 0) - (others[otherStart + at] ?? 0);
      if (difference !== 0) return difference;
    }
    return length - otherLength;
  }

  equals(index: number, bytes: Uint8Array): boolean {
    const start = this.#starts[index] ?? 0;
    if ((this.#starts[index + 1] ?? 0) - start - 1 !== bytes.length) return false;
    for (let at = 0; at < bytes.length; at += 1) if (this.#bytes[start + at] !== bytes[at]) return false;
    return true;
  }

  /** Whether a text is `text`, all of whose characters are ASCII. */
  equalsAscii(index: number, text: string): boolean {
    const start = this.#starts[index] ?? 0;
    if ((this.#starts[index + 1] ?? 0) - start - 1 !== text.length) return false;
    for (let at = 0; at < text.length; at += 1)
      if (this.#bytes[start + at] !== text.charCodeAt(at)) return false;
    return true;
  }

  /** A hash of 32 bits of a text's bytes: FNV-1a, mixed once more because it is used by its low bits. */
  hash(index: number): number {
    return hashOf(this.#bytes, this.#starts[index] ?? 0, (this.#starts[index + 1] ?? 1) - 1);
  }

  /** Whether a text holds `part`, which is not empty. */
  holds(index: number, part: Uint8Array): boolean {
    const last = (this.#starts[index + 1] ?? 0) - 1 - part.length;
    for (let at = this.#starts[index] ?? 0; at <= last; at += 1) {
      let same = 0;
      while (same < part.length && this.#bytes[at + same] === part[same]) same += 1;
      if (same === part.length) return true;
    }
    return false;
  }

  /**
   * The texts that hold `part` (bytes of UTF-8); all, where it is empty. The column is not to be appended to any more.
   * Buffer.indexOf is quicker where few texts hold the part, String.indexOf where many do, because a call of it costs a
   * fifth (500,000 names: 9 ms against 17 for 1 in 450 of them, 15 ms against 5 for 1 in 4).
   */
  find(part: Buffer): PositionSet {
    if (part.length === 0) return new AllPositions(this.#count);
    const end = this.#starts[this.#count] ?? 0;
    const bytes = this.#bytes.subarray(0, end);
    const found = new PositionCollector(this.#count);
    let position = 0;
    let at = bytes.indexOf(part);
    const mayTurn = end <= STRING_BYTES_MAX;
    while (at >= 0 && !(mayTurn && found.isDenseUpTo(position))) {
      position = this.#textAt(at, position);
      found.add(position);
      position += 1;
      at = bytes.indexOf(part, this.#starts[position] ?? 0);
    }
    if (at < 0) return found.finish();
    this.#latin1 ??= bytes.toString('latin1');
    const text = this.#latin1;
    const sought = part.toString('latin1');
    for (; at >= 0; at = text.indexOf(sought, this.#starts[position] ?? 0)) {
      position = this.#textAt(at, position);
      found.add(position);
      position += 1;
    }
    return found.finish();
  }

  /** The text in which a byte lies, looked for from `from` on in growing steps. */
  #textAt(byte: number, from: number): number {
    let low = from;
    let step = 1;
    while (low + step <= this.#count && (this.#starts[low + step] ?? 0) <= byte) {
      low += step;
      step *= 2;
    }
    let high = Math.min(this.#count, low + step);
    while (low + 1 < high) {
      const middle = (low + high) >>> 1;
      if ((this.#starts[middle] ?? 0) <= byte) low = middle;
      else high = middle;
    }
    return low;
  }

  #reserve(texts: number, bytes: number): void {
    if (this.#count + texts + 1 > this.#starts.length) {
      const starts = new Uint32Array(Math.max(this.#count + texts + 1, this.#starts.length * 2));
      starts.set(this.#starts);
      this.#starts = starts;
    }
    const needed = (this.#starts[this.#count] ?? 0) + bytes + texts;
    if (needed > this.#bytes.length) {
      const grown = Buffer.allocUnsafeSlow(Math.max(needed, this.#bytes.length * 2));
      this.#bytes.copy(grown);
      this.#bytes = grown;
    }
  }
}

export function hashOf(bytes: Uint8Array, from: number, to: number): number {
  let hash = HASH_FIRST;
  for (let at = from; at < to; at += 1) hash = Math.imul(hash ^ (bytes[at] ?? 0), HASH_FACTOR);
  return mixed(hash);
}

/** The same of a text all of whose characters are ASCII, without its bytes; undefined: there are others. */
export function hashOfAscii(text: string): number | undefined {
  let hash = HASH_FIRST;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code > ASCII_MAX) return undefined;
    hash = Math.imul(hash ^ code, HASH_FACTOR);
  }
  return mixed(hash);
}

function mixed(hash: number): number {
  const once = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  return (once ^ (once >>> 13)) >>> 0;
}
