import { type FileHandle, open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { CompiledCandidate, CompiledRecord } from './compiled-format.ts';

/** Bytes of one spill file that are held before they go to the disk. */
const SPILL_BYTES = 256 * 1024;
const FIRST_BUFFER_BYTES = 16 * 1024;
const BLOCK_BYTES = 1024 * 1024;
/** Most bytes that one UTF-16 code unit takes in UTF-8. */
const UTF8_BYTES_MAX = 3;
/** Before each candidate: the lengths of its name and of its text, in bytes. */
const FRAME_BYTES = 8;

/**
 * One ecosystem of the compiled advisory file while it is gathered: its parts lie on the disk as UTF-8 and are only ever
 * copied from there, since as texts they would take several times the memory.
 */
export class Spill {
  readonly ecosystem: string;
  readonly feeds: string[] = [];
  /** Start of each record; one more at the end. */
  readonly recordStarts: number[] = [0];
  readonly #notices = new Map<string, number>();
  readonly #records: SpillFile;
  readonly #candidates: SpillFile;

  /** Files of this spill lie in `folder` under `number`. */
  constructor(ecosystem: string, folder: string, number: number) {
    this.ecosystem = ecosystem;
    this.#records = new SpillFile(join(folder, `${number}.records`));
    this.#candidates = new SpillFile(join(folder, `${number}.candidates`));
  }

  /** Returns the record's number. */
  addRecord(record: CompiledRecord): number {
    const bytes = this.#records.add(JSON.stringify(record));
    return this.recordStarts.push((this.recordStarts.at(-1) ?? 0) + bytes) - 2;
  }

  addCandidate(name: string, candidate: CompiledCandidate): void {
    this.#candidates.addFramed(name, JSON.stringify(candidate));
  }

  feedNumber(feed: string): number {
    const held = this.feeds.indexOf(feed);
    return held >= 0 ? held : this.feeds.push(feed) - 1;
  }

  /** Notices of the records so far, each once. */
  get notices(): readonly string[] {
    return [...this.#notices.keys()];
  }

  noticeNumber(notice: string): number {
    const number = this.#notices.get(notice) ?? this.#notices.size;
    this.#notices.set(notice, number);
    return number;
  }

  /** To be called between records: what is held goes to the disk once it is enough. */
  async flush(): Promise<void> {
    await this.#records.flush(SPILL_BYTES);
    await this.#candidates.flush(SPILL_BYTES);
  }

  async candidatesByName(): Promise<CandidatesByName> {
    return groupByName(await this.#candidates.read());
  }

  /** Copies all records into `file` at `offset`. Returns how many bytes that are. */
  async copyRecords(file: FileHandle, offset: number): Promise<number> {
    const writer = new BlockWriter(file, offset);
    for await (const block of this.#records.blocks()) await writer.write([block]);
    return writer.end();
  }
}

/** Texts on their way through the disk. */
class SpillFile {
  readonly #path: string;
  #buffer = Buffer.allocUnsafe(FIRST_BUFFER_BYTES);
  #held = 0;

  constructor(path: string) {
    this.#path = path;
  }

  /** Returns the text's length in bytes. */
  add(text: string): number {
    this.#makeRoom(text.length * UTF8_BYTES_MAX);
    const bytes = this.#buffer.write(text, this.#held);
    this.#held += bytes;
    return bytes;
  }

  addFramed(name: string, text: string): void {
    this.#makeRoom(FRAME_BYTES);
    const frame = this.#held;
    this.#held += FRAME_BYTES;
    const nameBytes = this.add(name);
    const textBytes = this.add(text);
    this.#buffer.writeUInt32LE(nameBytes, frame);
    this.#buffer.writeUInt32LE(textBytes, frame + 4);
  }

  async flush(bytesMin: number): Promise<void> {
    if (this.#held === 0 || this.#held < bytesMin) return;
    const file = await open(this.#path, 'a');
    try {
      await file.writeFile(this.#buffer.subarray(0, this.#held));
    } finally {
      await file.close();
    }
    this.#held = 0;
    if (this.#buffer.byteLength > 2 * SPILL_BYTES) this.#buffer = Buffer.allocUnsafe(FIRST_BUFFER_BYTES);
  }

  /** All of it, in one piece. */
  async read(): Promise<Buffer> {
    await this.flush(0);
    return await readFile(this.#path);
  }

  async *blocks(): AsyncGenerator<Buffer> {
    await this.flush(0);
    const file = await open(this.#path, 'r');
    try {
      const block = Buffer.allocUnsafe(BLOCK_BYTES);
      for (;;) {
        const { bytesRead } = await file.read(block, 0, block.byteLength);
        if (bytesRead === 0) return;
        yield block.subarray(0, bytesRead);
      }
    } finally {
      await file.close();
    }
  }

  #makeRoom(bytes: number): void {
    if (this.#held + bytes <= this.#buffer.byteLength) return;
    const larger = Buffer.allocUnsafe(2 * (this.#held + bytes));
    this.#buffer.copy(larger, 0, 0, this.#held);
    this.#buffer = larger;
  }
}

/** The candidates of one ecosystem, as one JSON list a name. */
export interface CandidatesByName {
  /** Sorted by UTF-16 code units, without repeats. */
  readonly names: readonly string[];
  /** Start of each name's list; one more at the end. */
  readonly starts: readonly number[];
  /** Writes the lists into `file` from `offset` on. Returns how many bytes that are. */
  readonly writeTo: (file: FileHandle, offset: number) => Promise<number>;
}

function groupByName(content: Buffer): CandidatesByName {
  // From and to of each text, in the order in which they came.
  const byName = new Map<string, number[]>();
  for (let at = 0; at < content.byteLength; ) {
    const nameEnd = at + FRAME_BYTES + content.readUInt32LE(at);
    const textEnd = nameEnd + content.readUInt32LE(at + 4);
    const name = content.toString('utf8', at + FRAME_BYTES, nameEnd);
    const held = byName.get(name);
    if (held === undefined) byName.set(name, [nameEnd, textEnd]);
    else held.push(nameEnd, textEnd);
    at = textEnd;
  }
  const names = [...byName.keys()].sort();
  const starts = [0];
  for (const name of names) {
    // A bracket before the first, a comma before every other, a bracket after the last.
    let bytes = 1;
    for (const [from, to] of spansOf(byName, name)) bytes += 1 + to - from;
    starts.push((starts.at(-1) ?? 0) + bytes);
  }
  const writeTo = async (file: FileHandle, offset: number): Promise<number> => {
    const writer = new BlockWriter(file, offset);
    for (const name of names) {
      const pieces: Buffer[] = [];
      for (const [from, to] of spansOf(byName, name)) {
        pieces.push(pieces.length === 0 ? OPEN : COMMA, content.subarray(from, to));
      }
      await writer.write([...pieces, CLOSE]);
    }
    return writer.end();
  };
  return { names, starts, writeTo };
}

const OPEN = Buffer.from('[');
const COMMA = Buffer.from(',');
const CLOSE = Buffer.from(']');

function* spansOf(byName: ReadonlyMap<string, readonly number[]>, name: string) {
  const bounds = byName.get(name) ?? [];
  for (let at = 0; at + 1 < bounds.length; at += 2) yield [bounds[at] ?? 0, bounds[at + 1] ?? 0] as const;
}

/** Writes many small pieces to one place of a file, in large blocks. */
class BlockWriter {
  readonly #file: FileHandle;
  readonly #from: number;
  readonly #block = Buffer.allocUnsafe(BLOCK_BYTES);
  #held = 0;
  #at: number;

  constructor(file: FileHandle, offset: number) {
    this.#file = file;
    this.#from = offset;
    this.#at = offset;
  }

  /** A list, because a promise a piece would cost more than the piece. */
  async write(pieces: readonly Buffer[]): Promise<void> {
    for (const piece of pieces) {
      if (piece.byteLength > this.#block.byteLength - this.#held) await this.#flush();
      if (piece.byteLength > this.#block.byteLength) {
        await writeAll(this.#file, piece, this.#at);
        this.#at += piece.byteLength;
      } else {
        piece.copy(this.#block, this.#held);
        this.#held += piece.byteLength;
      }
    }
  }

  /** Returns how many bytes were written in all. */
  async end(): Promise<number> {
    await this.#flush();
    return this.#at - this.#from;
  }

  async #flush(): Promise<void> {
    await writeAll(this.#file, this.#block.subarray(0, this.#held), this.#at);
    this.#at += this.#held;
    this.#held = 0;
  }
}

/** Writes all of `bytes` at `position`: one call of the system may write less. */
export async function writeAll(file: FileHandle, bytes: Buffer, position: number): Promise<void> {
  for (let done = 0; done < bytes.byteLength; ) {
    const { bytesWritten } = await file.write(bytes, done, bytes.byteLength - done, position + done);
    done += bytesWritten;
  }
}
