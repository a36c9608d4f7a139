/**
 * Reads rows from the text format of COPY (PostgreSQL documentation, "COPY", File Formats): fields between tabs, rows between
 * line feeds, `\N` for NULL, a backslash before what would be mistaken. Works on bytes, because most of what comes are the
 * digits of numbers, which need never be a text.
 */

const TAB = 0x09;
const LINE_FEED = 0x0a;
const COMMA = 0x2c;
const ZERO = 0x30;
const BACKSLASH = 0x5c;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const TRUE = 0x74;
const ESCAPED = /\\(.)/gs;
const UNESCAPED: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', b: '\b', f: '\f', v: '\v' };

/** What `read` makes of each row, in one list for each chunk of COPY's output, which may end anywhere. */
export async function* copiedRows<T>(
  chunks: AsyncIterable<Buffer>,
  read: (reader: CopyReader) => T,
): AsyncGenerator<readonly T[]> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of chunks) {
    const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    const end = bytes.lastIndexOf(LINE_FEED) + 1;
    const rows: T[] = [];
    const reader = new CopyReader(bytes, end);
    while (reader.hasMore()) rows.push(read(reader));
    rest = bytes.subarray(end);
    if (rows.length > 0) yield rows;
  }
  if (rest.length > 0) throw new Error('a copy ends within a row');
}

/** The fields of rows one after the other; whoever reads knows what comes. */
export class CopyReader {
  readonly #bytes: Buffer;
  readonly #end: number;
  #at = 0;

  constructor(bytes: Buffer, end: number) {
    this.#bytes = bytes;
    this.#end = end;
  }

  hasMore(): boolean {
    return this.#at < this.#end;
  }

  /** The next `count` fields of a row as texts, made in one go: a third of the time that one by one takes. */
  texts(count: number): readonly (string | null)[] {
    const bytes = this.#bytes;
    const from = this.#at;
    let hasBackslash = false;
    let at = from;
    for (let fields = 0; fields < count; at += 1) {
      const byte = bytes[at];
      if (byte === TAB) fields += 1;
      else if (byte === BACKSLASH) hasBackslash = true;
      else if (byte === LINE_FEED) {
        fields += 1;
        if (fields < count) throw new Error('a copied row lacks a field');
      } else if (at >= this.#end) throw new Error('a copied row lacks a field');
    }
    this.#at = at;
    const fields = bytes.toString('utf8', from, at - 1).split('\t');
    return hasBackslash ? fields.map(unescaped) : fields;
  }

  /** The next field, an array of whole numbers. */
  numbers(): number[] | null {
    const bytes = this.#bytes;
    if (this.#isNull()) return null;
    this.#expect(OPEN_BRACE);
    const numbers: number[] = [];
    let value = 0;
    for (let at = this.#at; ; at += 1) {
      const byte = bytes[at] ?? CLOSE_BRACE;
      if (byte === COMMA) {
        numbers.push(value);
        value = 0;
      } else if (byte === CLOSE_BRACE) {
        if (at > this.#at) numbers.push(value);
        this.#at = at + 2;
        return numbers;
      } else value = value * 10 + byte - ZERO;
    }
  }

  /** The next field, an array of truth values. */
  booleans(): boolean[] | null {
    const bytes = this.#bytes;
    if (this.#isNull()) return null;
    this.#expect(OPEN_BRACE);
    const booleans: boolean[] = [];
    for (let at = this.#at; ; at += 1) {
      const byte = bytes[at] ?? CLOSE_BRACE;
      if (byte === CLOSE_BRACE) {
        this.#at = at + 2;
        return booleans;
      }
      if (byte !== COMMA) booleans.push(byte === TRUE);
    }
  }

  #isNull(): boolean {
    if (this.#bytes[this.#at] !== BACKSLASH) return false;
    this.texts(1);
    return true;
  }

  #expect(byte: number): void {
    if (this.#bytes[this.#at] !== byte) throw new Error('a copied row has no array where one is due');
    this.#at += 1;
  }
}

function unescaped(field: string): string | null {
  if (!field.includes('\\')) return field;
  return field === '\\N' ? null : field.replace(ESCAPED, (_, letter) => UNESCAPED[letter] ?? letter);
}
