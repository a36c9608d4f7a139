import { type FileHandle, mkdir, mkdtemp, open, readFile, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Advisory, AffectedPackage } from './advisory.ts';
import {
  COMPILED_HEADER_BYTES,
  COMPILED_MAGIC,
  type CompiledCandidate,
  type CompiledContents,
  type CompiledCoverage,
  type CompiledIndex,
  type CompiledRecord,
  type CompiledSection,
} from './compiled-format.ts';
import { recordFactsOf } from './record-facts.ts';
import { vulnerabilityIdsOf } from './vulnerability-id.ts';

/** Bytes of one ecosystem that are held before they go to its spill file. */
const SPILL_BYTES = 256 * 1024;
/** Lower probabilities change no priority (design.md section 4), so they are not kept. */
const PROBABILITY_MIN = 0.1;

/** What the file is made of. */
export interface CompiledInput {
  readonly revision: number;
  /** Milliseconds since 1970. */
  readonly writtenAt: number;
  /** Each record once, in any order. */
  readonly advisories: AsyncIterable<{ readonly feed: string; readonly advisory: Advisory }>;
  readonly knownExploited: ReadonlySet<string>;
  /** EPSS by CVE, 0..1; entries below 0.1 may be left out. */
  readonly probabilities: ReadonlyMap<string, number>;
  readonly coverage: readonly {
    readonly feed: string;
    readonly ecosystem: string;
    readonly publishedAt: number | undefined;
    readonly newestAt: number | undefined;
    readonly records: number;
  }[];
  /** Under which name a candidate is filed: `filedName` of matching/candidate.ts. */
  readonly filedName: (affected: AffectedPackage) => string;
}

/**
 * Writes the compiled advisory file at `path`: beside it first, then synced and renamed, so that readers see the old one or
 * the new one whole. Memory stays bounded by the largest ecosystem: records pass through spill files in a folder of
 * their own beside `path`, which is removed whatever happens.
 */
export async function writeCompiled(path: string, input: CompiledInput): Promise<void> {
  const folder = dirname(path);
  await mkdir(folder, { recursive: true });
  const work = await mkdtemp(join(folder, `.${basename(path)}-`));
  try {
    const spills = await spill(work, input);
    const draft = join(work, 'draft');
    await assemble(draft, spills, input);
    await rename(draft, path);
    await syncFolder(folder);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** One ecosystem while it is gathered. */
class Spill {
  readonly ecosystem: string;
  readonly feeds: string[] = [];
  readonly #records: SpillFile;
  readonly #candidates: SpillFile;
  recordCount = 0;

  constructor(ecosystem: string, folder: string, number: number) {
    this.ecosystem = ecosystem;
    this.#records = new SpillFile(join(folder, `${number}.records`));
    this.#candidates = new SpillFile(join(folder, `${number}.candidates`));
  }

  addRecord(record: CompiledRecord): number {
    this.#records.add(JSON.stringify(record));
    this.recordCount += 1;
    return this.recordCount - 1;
  }

  addCandidate(name: string, candidate: CompiledCandidate): void {
    this.#candidates.add(`${JSON.stringify(name)}\t${JSON.stringify(candidate)}`);
  }

  feedNumber(feed: string): number {
    const held = this.feeds.indexOf(feed);
    return held >= 0 ? held : this.feeds.push(feed) - 1;
  }

  async flush(bytesMin: number): Promise<void> {
    await this.#records.flush(bytesMin);
    await this.#candidates.flush(bytesMin);
  }

  async recordLines(): Promise<string[]> {
    return this.#records.lines();
  }

  async candidateLines(): Promise<string[]> {
    return this.#candidates.lines();
  }
}

/** Lines on their way through the disk. JSON texts hold no line feed, so a line is a text. */
class SpillFile {
  readonly #path: string;
  #held: string[] = [];
  #heldLength = 0;

  constructor(path: string) {
    this.#path = path;
  }

  add(line: string): void {
    this.#held.push(line);
    this.#heldLength += line.length + 1;
  }

  async flush(bytesMin: number): Promise<void> {
    if (this.#held.length === 0 || this.#heldLength < bytesMin) return;
    const file = await open(this.#path, 'a');
    try {
      await file.write(`${this.#held.join('\n')}\n`);
    } finally {
      await file.close();
    }
    this.#held = [];
    this.#heldLength = 0;
  }

  async lines(): Promise<string[]> {
    await this.flush(0);
    const text = await readFile(this.#path, 'utf8').catch(() => '');
    const lines = text.split('\n');
    lines.pop();
    return lines;
  }
}

async function spill(folder: string, input: CompiledInput): Promise<readonly Spill[]> {
  const spills = new Map<string, Spill>();
  for await (const { feed, advisory } of input.advisories) {
    const numbers = new Map<Spill, number>();
    for (const affected of advisory.affected) {
      let target = spills.get(affected.ecosystem);
      if (target === undefined) {
        target = new Spill(affected.ecosystem, folder, spills.size);
        spills.set(affected.ecosystem, target);
      }
      let record = numbers.get(target);
      if (record === undefined) {
        record = target.addRecord(recordOf(target.feedNumber(feed), advisory, input));
        numbers.set(target, record);
      }
      target.addCandidate(input.filedName(affected), candidateOf(record, advisory, affected));
    }
    for (const target of numbers.keys()) await target.flush(SPILL_BYTES);
  }
  return [...spills.values()].sort((a, b) => (a.ecosystem < b.ecosystem ? -1 : 1));
}

function recordOf(feed: number, advisory: Advisory, input: CompiledInput): CompiledRecord {
  const facts = recordFactsOf(advisory);
  const probabilities: Record<string, number> = {};
  for (const cve of advisory.cves) {
    const probability = input.probabilities.get(cve) ?? 0;
    if (probability >= PROBABILITY_MIN) probabilities[cve] = probability;
  }
  return [
    feed,
    advisory.id,
    advisory.cves,
    advisory.summary,
    advisory.published ?? -1,
    facts.cvss ?? -1,
    advisory.word ?? '',
    advisory.cves.filter((cve) => input.knownExploited.has(cve)),
    probabilities,
  ];
}

function candidateOf(record: number, advisory: Advisory, affected: AffectedPackage): CompiledCandidate {
  return [
    record,
    affected.matchOn === 'source' ? 1 : 0,
    affected.name,
    affected.scheme,
    affected.ranges.flatMap(({ introduced, fixed, lastAffected }) => [introduced, fixed, lastAffected]),
    affected.versions,
    affected.architectures,
    affected.module,
    affected.pocket,
    vulnerabilityIdsOf(advisory, affected).map(({ type, id }) => [type, id] as const),
  ];
}

async function assemble(path: string, spills: readonly Spill[], input: CompiledInput): Promise<void> {
  const file = await open(path, 'wx');
  try {
    let offset = COMPILED_HEADER_BYTES;
    const sections: Record<string, CompiledSection> = Object.create(null);
    for (const source of spills) {
      const section = await writeSection(file, offset, source);
      sections[source.ecosystem] = section;
      offset += section.indexBytes + section.candidateBytes + section.recordBytes;
    }
    const contents: CompiledContents = {
      revision: input.revision,
      writtenAt: input.writtenAt,
      coverage: input.coverage.map(compiledCoverage),
      sections,
    };
    const table = Buffer.from(JSON.stringify(contents));
    await file.write(table, 0, table.length, offset);
    const header = Buffer.alloc(COMPILED_HEADER_BYTES);
    header.write(COMPILED_MAGIC, 'latin1');
    header.writeBigUInt64LE(BigInt(offset), 8);
    header.writeBigUInt64LE(BigInt(table.length), 16);
    await file.write(header, 0, header.length, 0);
    await file.sync();
  } finally {
    await file.close();
  }
}

async function writeSection(file: FileHandle, offset: number, source: Spill): Promise<CompiledSection> {
  const candidates = groupByName(await source.candidateLines());
  const records = await source.recordLines();
  const recordStarts = [0];
  for (const record of records) recordStarts.push((recordStarts.at(-1) ?? 0) + Buffer.byteLength(record));
  const index: CompiledIndex = {
    names: candidates.names,
    starts: candidates.starts,
    recordStarts,
    feeds: source.feeds,
  };
  const parts = [JSON.stringify(index), candidates.texts.join(''), records.join('')].map((text) =>
    Buffer.from(text),
  );
  let at = offset;
  for (const part of parts) {
    await file.write(part, 0, part.length, at);
    at += part.length;
  }
  const [indexBytes = 0, candidateBytes = 0, recordBytes = 0] = parts.map((part) => part.length);
  return { offset, indexBytes, candidateBytes, recordBytes };
}

function groupByName(lines: readonly string[]): {
  readonly names: readonly string[];
  readonly starts: readonly number[];
  readonly texts: readonly string[];
} {
  const byName = new Map<string, string[]>();
  for (const line of lines) {
    const tab = line.indexOf('\t');
    const name: unknown = JSON.parse(line.slice(0, tab));
    if (typeof name !== 'string') continue;
    const held = byName.get(name);
    if (held === undefined) byName.set(name, [line.slice(tab + 1)]);
    else held.push(line.slice(tab + 1));
  }
  const names = [...byName.keys()].sort();
  const starts = [0];
  const texts: string[] = [];
  for (const name of names) {
    const text = `[${(byName.get(name) ?? []).join(',')}]`;
    texts.push(text);
    starts.push((starts.at(-1) ?? 0) + Buffer.byteLength(text));
  }
  return { names, starts, texts };
}

function compiledCoverage(row: CompiledInput['coverage'][number]): CompiledCoverage {
  const { feed, ecosystem, records, publishedAt, newestAt } = row;
  return {
    feed,
    ecosystem,
    records,
    ...(publishedAt === undefined ? {} : { publishedAt }),
    ...(newestAt === undefined ? {} : { newestAt }),
  };
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
