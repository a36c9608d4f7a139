/**
 * Reads rows of `VIEW_COLUMNS` from the text format of COPY (PostgreSQL documentation, "COPY", File Formats): fields between
 * tabs, rows between line feeds, `\N` for NULL, a backslash before what would be mistaken. Works on bytes, because most of
 * what comes are the digits of numbers, which need never be a text.
 */
import { type StoredViewRecord, storedViewRecord } from './stored-view-record.ts';

const TAB = 0x09;
const LINE_FEED = 0x0a;
const COMMA = 0x2c;
const MINUS = 0x2d;
const ZERO = 0x30;
const BACKSLASH = 0x5c;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const TRUE = 0x74;
const ESCAPED = /\\(.)/gs;
const UNESCAPED: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', b: '\b', f: '\f', v: '\v' };

/** The rows in chunks of COPY's output, which may end anywhere, in one list for each chunk. */
export async function* copiedViewRecords(
  chunks: AsyncIterable<Buffer>,
): AsyncGenerator<readonly StoredViewRecord[]> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of chunks) {
    const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    const end = bytes.lastIndexOf(LINE_FEED) + 1;
    const records: StoredViewRecord[] = [];
    const reader = new RecordReader(bytes, end);
    while (reader.hasMore()) records.push(reader.record());
    rest = bytes.subarray(end);
    if (records.length > 0) yield records;
  }
  if (rest.length > 0) throw new Error('the copy of the server view ends within a row');
}

class RecordReader {
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

  /** The fields in the order of `VIEW_COLUMNS`: an object literal evaluates them in its own order. */
  record(): StoredViewRecord {
    return storedViewRecord({
      project_id: this.#text(),
      id: this.#text(),
      version: this.#number(),
      agent_id: this.#text(),
      name: this.#text(),
      region: this.#text(),
      public_ip: this.#text(),
      private_ip: this.#text(),
      group_id: this.#textOrNull(),
      group_name: this.#textOrNull(),
      os_type: this.#text(),
      asset_value: this.#text(),
      scan_time: this.#number(),
      severity_level: this.#text(),
      score: this.#number(),
      edition: this.#text(),
      open_count: this.#number(),
      critical_count: this.#number(),
      high_count: this.#number(),
      medium_count: this.#number(),
      low_count: this.#number(),
      node_type: this.#text(),
      enterprise_project_id: this.#text(),
      status_bits: this.#number(),
      cluster_id: this.#text(),
      sort_rank: this.#number(),
      is_listed: this.#text() === 't',
      include_unfixed: this.#text() === 't',
      finding_vulnerability: this.#numbers() ?? [],
      finding_status: this.#numbers(),
      finding_fixable: this.#booleans(),
    });
  }

  #text(): string {
    const text = this.#textOrNull();
    if (text === null) throw new Error('the copy of the server view has NULL where a text is due');
    return text;
  }

  #textOrNull(): string | null {
    const from = this.#at;
    const end = this.#fieldEnd();
    const bytes = this.#bytes;
    if (bytes.subarray(from, end).indexOf(BACKSLASH) === -1) return bytes.toString('utf8', from, end);
    const text = bytes.toString('utf8', from, end);
    return text === '\\N' ? null : text.replace(ESCAPED, (_, letter) => UNESCAPED[letter] ?? letter);
  }

  #number(): number {
    const from = this.#at;
    const end = this.#fieldEnd();
    const value = digits(this.#bytes, from, end);
    if (!Number.isSafeInteger(value))
      throw new Error('the copy of the server view has no number where one is due');
    return value;
  }

  #numbers(): number[] | null {
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

  #booleans(): boolean[] | null {
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
    this.#fieldEnd();
    return true;
  }

  #expect(byte: number): void {
    if (this.#bytes[this.#at] !== byte)
      throw new Error('the copy of the server view has no list where one is due');
    this.#at += 1;
  }

  /** The end of the field at hand; goes on to the next one. */
  #fieldEnd(): number {
    const bytes = this.#bytes;
    let at = this.#at;
    while (bytes[at] !== TAB && bytes[at] !== LINE_FEED) {
      if (at >= this.#end) throw new Error('the copy of the server view ends within a row');
      at += 1;
    }
    this.#at = at + 1;
    return at;
  }
}

function digits(bytes: Buffer, from: number, end: number): number {
  const isNegative = bytes[from] === MINUS;
  let value = from < end ? 0 : Number.NaN;
  for (let at = isNegative ? from + 1 : from; at < end; at += 1) value = value * 10 + (bytes[at] ?? 0) - ZERO;
  return isNegative ? -value : value;
}
