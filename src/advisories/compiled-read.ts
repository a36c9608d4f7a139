import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { appError, isAppError } from '../errors.ts';
import type { AffectedPackage, SeverityWord } from './advisory.ts';
import {
  COMPILED_HEADER_BYTES,
  COMPILED_INDEX_BYTES_MAX,
  COMPILED_MAGIC,
  type CompiledCandidate,
  type CompiledContents,
  type CompiledIndex,
  type CompiledRecord,
  type CompiledSection,
} from './compiled-format.ts';
import type { FiledCandidate, RecordFacts } from './filed-candidate.ts';

/** Gaps between wanted candidates up to this size are read through: one read costs more than the bytes. */
const READ_GAP_BYTES_MAX = 64 * 1024;

/**
 * An opened compiled advisory file. Reads are synchronous on purpose: `parapet scan` has nothing to do meanwhile, and a
 * dozen blocking reads are faster than a dozen turns of the event loop. The writer replaces the file by a rename, so an
 * opened one stays whole.
 */
export class CompiledAdvisories {
  readonly contents: CompiledContents;
  readonly #path: string;
  readonly #fd: number;

  /** Opens `path`. Throws `compiled-missing` where there is none, `compiled-unreadable` where it is no such file or damaged. */
  constructor(path: string) {
    this.#path = path;
    this.#fd = openFile(path);
    try {
      this.contents = this.#readContents();
    } catch (error) {
      closeSync(this.#fd);
      throw error;
    }
  }

  close(): void {
    closeSync(this.#fd);
  }

  /** Everything filed under any of `names` in `ecosystem`, ordered by name. */
  candidates(ecosystem: string, names: ReadonlySet<string>): FiledCandidate[] {
    const section = Object.hasOwn(this.contents.sections, ecosystem)
      ? this.contents.sections[ecosystem]
      : undefined;
    if (section === undefined) return [];
    try {
      return this.#collect(ecosystem, section, names);
    } catch (error) {
      if (isAppError(error)) throw error;
      // A part that is JSON but not of the shape that was written.
      throw appError(
        'compiled-unreadable',
        { path: this.#path, problem: 'a part of it has another shape' },
        error,
      );
    }
  }

  #collect(ecosystem: string, section: CompiledSection, names: ReadonlySet<string>): FiledCandidate[] {
    const index = this.#readIndex(section);
    const wanted = spansOf(index, names);
    const candidatesAt = section.offset + section.indexBytes;
    const recordsAt = candidatesAt + section.candidateBytes;
    const texts = this.#readSpans(candidatesAt, wanted);
    const rows: { readonly name: string; readonly row: CompiledCandidate }[] = [];
    const recordNumbers = new Set<number>();
    texts.forEach((text, at) => {
      for (const row of this.#parse<readonly CompiledCandidate[]>(text)) {
        rows.push({ name: wanted[at]?.name ?? '', row });
        recordNumbers.add(row[0]);
      }
    });
    const records = this.#readRecords(recordsAt, index, recordNumbers);
    const filed: FiledCandidate[] = [];
    for (const { name, row } of rows) {
      const record = records.get(row[0]);
      if (record === undefined) throw this.#damaged('a candidate names a record that is not there');
      filed.push(filedCandidate(ecosystem, name, row, record));
    }
    return filed;
  }

  #readContents(): CompiledContents {
    const size = fstatSync(this.#fd).size;
    if (size < COMPILED_HEADER_BYTES) throw this.#damaged('it is too short');
    const header = this.#read(0, COMPILED_HEADER_BYTES);
    const magic = header.toString('latin1', 0, 8);
    if (magic !== COMPILED_MAGIC)
      throw this.#damaged('it was written by another version of Parapet or is another file');
    const offset = Number(header.readBigUInt64LE(8));
    const length = Number(header.readBigUInt64LE(16));
    if (offset + length !== size || length > COMPILED_INDEX_BYTES_MAX)
      throw this.#damaged('its length is wrong');
    const contents = this.#parse<CompiledContents>(this.#read(offset, length).toString('utf8'));
    if (!Array.isArray(contents.coverage) || typeof contents.sections !== 'object') {
      throw this.#damaged('its table of contents has another shape');
    }
    return contents;
  }

  #readIndex(section: CompiledSection): CompiledIndex {
    if (section.indexBytes > COMPILED_INDEX_BYTES_MAX) throw this.#damaged('an index is too large');
    return this.#parse<CompiledIndex>(this.#read(section.offset, section.indexBytes).toString('utf8'));
  }

  #readRecords(base: number, index: CompiledIndex, numbers: ReadonlySet<number>): Map<number, SharedRecord> {
    const spans: Span[] = [];
    for (const number of [...numbers].sort((a, b) => a - b)) {
      const start = index.recordStarts[number];
      const end = index.recordStarts[number + 1];
      if (start === undefined || end === undefined) throw this.#damaged('a record number is out of range');
      spans.push({ name: String(number), start, end });
    }
    const records = new Map<number, SharedRecord>();
    this.#readSpans(base, spans).forEach((text, at) => {
      records.set(Number(spans[at]?.name), sharedRecord(this.#parse<CompiledRecord>(text), index));
    });
    return records;
  }

  /** The texts of ascending spans, read in as few pieces as their gaps allow. */
  #readSpans(base: number, spans: readonly Span[]): string[] {
    const texts: string[] = [];
    let first = 0;
    while (first < spans.length) {
      let last = first;
      while (
        last + 1 < spans.length &&
        (spans[last + 1]?.start ?? 0) - (spans[last]?.end ?? 0) <= READ_GAP_BYTES_MAX
      ) {
        last += 1;
      }
      const start = spans[first]?.start ?? 0;
      const piece = this.#read(base + start, (spans[last]?.end ?? start) - start);
      for (let at = first; at <= last; at += 1) {
        const span = spans[at];
        if (span !== undefined) texts.push(piece.toString('utf8', span.start - start, span.end - start));
      }
      first = last + 1;
    }
    return texts;
  }

  #read(offset: number, length: number): Buffer {
    const bytes = Buffer.allocUnsafe(length);
    let done = 0;
    while (done < length) {
      const count = readSync(this.#fd, bytes, done, length - done, offset + done);
      if (count === 0) throw this.#damaged('it ends too early');
      done += count;
    }
    return bytes;
  }

  /** The file is our own writing and its length was checked, so the shape is taken as written; text that is no JSON is damage. */
  #parse<T>(text: string): T {
    try {
      return JSON.parse(text) as T;
    } catch {
      throw this.#damaged('a part of it is no JSON');
    }
  }

  #damaged(problem: string): Error {
    return appError('compiled-unreadable', { path: this.#path, problem });
  }
}

interface Span {
  readonly name: string;
  readonly start: number;
  readonly end: number;
}

interface SharedRecord {
  readonly feed: string;
  readonly facts: RecordFacts;
  readonly knownExploited: readonly string[];
  readonly probabilities: Readonly<Record<string, number>>;
  readonly worth: Readonly<Record<string, number>>;
}

function openFile(path: string): number {
  try {
    return openSync(path, 'r');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT')
      throw appError('compiled-missing', { path });
    throw appError(
      'compiled-unreadable',
      { path, problem: error instanceof Error ? error.message : String(error) },
      error,
    );
  }
}

function spansOf(index: CompiledIndex, names: ReadonlySet<string>): Span[] {
  const spans: Span[] = [];
  index.names.forEach((name, at) => {
    if (names.has(name)) spans.push({ name, start: index.starts[at] ?? 0, end: index.starts[at + 1] ?? 0 });
  });
  return spans;
}

function sharedRecord(record: CompiledRecord, index: CompiledIndex): SharedRecord {
  const [feed, id, cves, summary, published, cvss, word, knownExploited, probabilities, worth, notice] =
    record;
  const facts: RecordFacts = {
    id,
    cves,
    summary,
    published: published < 0 ? undefined : published,
    cvss: cvss < 0 ? undefined : cvss,
    word: wordOf(word),
    ...(notice === undefined ? {} : { notice: { text: index.notices[notice[0]] ?? '', url: notice[1] } }),
  };
  return { feed: index.feeds[feed] ?? '', facts, knownExploited, probabilities, worth };
}

function filedCandidate(
  ecosystem: string,
  filedName: string,
  row: CompiledCandidate,
  record: SharedRecord,
): FiledCandidate {
  const [, onSource, name, scheme, flatRanges, versions, architectures, module, pocket, ...rest] = row;
  const [vulnerabilities, update] = rest;
  const ranges = [];
  for (let at = 0; at + 2 < flatRanges.length; at += 3) {
    ranges.push({
      introduced: flatRanges[at] ?? '',
      fixed: flatRanges[at + 1] ?? '',
      lastAffected: flatRanges[at + 2] ?? '',
    });
  }
  const affected: AffectedPackage = {
    ecosystem,
    name,
    matchOn: onSource === 1 ? 'source' : 'binary',
    scheme,
    ranges,
    versions,
    architectures,
    module,
    pocket,
    ...(update === undefined ? {} : { update }),
  };
  return {
    filedName,
    feed: record.feed,
    advisoryId: record.facts.id,
    cves: record.facts.cves,
    facts: record.facts,
    ...(record.facts.notice === undefined ? {} : { notice: record.facts.notice }),
    vulnerabilities: vulnerabilities.map(([type, id]) => ({ type, id })),
    affected,
    knownExploited: record.knownExploited,
    probabilities: record.probabilities,
    worth: record.worth,
  };
}

function wordOf(word: string): SeverityWord | undefined {
  return word === 'critical' || word === 'high' || word === 'medium' || word === 'low' ? word : undefined;
}
