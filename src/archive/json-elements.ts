import type { ByteStream } from './byte-stream.ts';

/** One element of a JSON list as text, not parsed yet. `text` is empty where it is longer than the bound. */
export interface JsonElement {
  /** The line on which it begins, counted from 1. */
  readonly line: number;
  readonly text: string;
  readonly isTooLong: boolean;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const NEWLINE = 0x0a;
const OPEN_LIST = 0x5b;
const CLOSE_LIST = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

/**
 * Splits a JSON document that is one list into its elements as it arrives, so that a list of any length takes the
 * memory of one element. Only brackets, commas and strings are looked at; whether an element is JSON is for its parser
 * to say. What follows the list's end is ignored; a list that is cut short yields its cut element last.
 */
export async function* readJsonElements(
  source: ByteStream,
  options: { readonly elementBytesMax: number },
): AsyncGenerator<readonly JsonElement[]> {
  const splitter = new ElementSplitter(options.elementBytesMax);
  for await (const bytes of source) {
    const elements = splitter.add(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
    if (elements.length > 0) yield elements;
    if (splitter.isAtEnd) return;
  }
  const last = splitter.finish();
  if (last !== undefined) yield [last];
}

/** The state between two pieces of a document. */
class ElementSplitter {
  isAtEnd = false;
  readonly #elementBytesMax: number;
  #depth = 0;
  #inString = false;
  #escaped = false;
  #line = 1;
  #startLine = 1;
  #hasContent = false;
  #parts: Buffer[] = [];
  #length = 0;

  constructor(elementBytesMax: number) {
    this.#elementBytesMax = elementBytesMax;
  }

  add(chunk: Buffer): JsonElement[] {
    const elements: JsonElement[] = [];
    let start = 0;
    for (let index = 0; index < chunk.byteLength && !this.isAtEnd; index += 1) {
      const byte = chunk[index] ?? 0;
      if (byte === NEWLINE) this.#line += 1;
      if (this.#depth === 1 && !this.#hasContent && byte > 0x20) {
        this.#startLine = this.#line;
        start = index;
      }
      const ends = this.#step(byte);
      if (ends) {
        this.#keep(chunk.subarray(start, index));
        const element = this.#take();
        if (element !== undefined) elements.push(element);
        start = index + 1;
      } else if (this.#depth === 0) {
        start = index + 1;
      }
    }
    if (!this.isAtEnd) this.#keep(chunk.subarray(start));
    return elements;
  }

  finish(): JsonElement | undefined {
    return this.#take();
  }

  /** Moves on by one byte; true where it ends an element (the byte itself is not part of it). */
  #step(byte: number): boolean {
    if (this.#inString) {
      if (this.#escaped) this.#escaped = false;
      else if (byte === BACKSLASH) this.#escaped = true;
      else if (byte === QUOTE) this.#inString = false;
      return false;
    }
    if (byte === CLOSE_LIST || byte === CLOSE_OBJECT) {
      this.#depth -= 1;
      this.isAtEnd = this.#depth <= 0;
      return this.isAtEnd;
    }
    if (byte === COMMA && this.#depth === 1) return true;
    if (this.#depth > 0 && byte > 0x20) this.#hasContent = true;
    if (byte === QUOTE) this.#inString = true;
    else if (byte === OPEN_LIST || byte === OPEN_OBJECT) this.#depth += 1;
    return false;
  }

  #keep(bytes: Buffer): void {
    if (!this.#hasContent) return;
    this.#length += bytes.byteLength;
    if (this.#length > this.#elementBytesMax) this.#parts = [];
    else this.#parts.push(bytes);
  }

  #take(): JsonElement | undefined {
    if (!this.#hasContent) return undefined;
    const isTooLong = this.#length > this.#elementBytesMax;
    const text = isTooLong ? '' : Buffer.concat(this.#parts).toString('utf8').trim();
    this.#hasContent = false;
    this.#parts = [];
    this.#length = 0;
    return { line: this.#startLine, text, isTooLong };
  }
}
