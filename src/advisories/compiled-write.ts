import { type FileHandle, mkdir, mkdtemp, open, rename, rm } from 'node:fs/promises';
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
import { Spill, writeAll } from './compiled-spill.ts';
import { recordFactsOf, worthBeyond } from './record-facts.ts';
import { vulnerabilityIdsOf } from './vulnerability-id.ts';

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
  /** Highest CVSS by CVE that any record about the CVE alone gives. */
  readonly worth: ReadonlyMap<string, number>;
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
        record = target.addRecord(recordOf(target, feed, advisory, input));
        numbers.set(target, record);
      }
      target.addCandidate(input.filedName(affected), candidateOf(record, advisory, affected));
    }
    for (const target of numbers.keys()) await target.flush();
  }
  return [...spills.values()].sort((a, b) => (a.ecosystem < b.ecosystem ? -1 : 1));
}

function recordOf(target: Spill, feed: string, advisory: Advisory, input: CompiledInput): CompiledRecord {
  const facts = recordFactsOf(advisory);
  const probabilities: Record<string, number> = {};
  for (const cve of advisory.cves) {
    const probability = input.probabilities.get(cve) ?? 0;
    if (probability >= PROBABILITY_MIN) probabilities[cve] = probability;
  }
  const row = [
    target.feedNumber(feed),
    advisory.id,
    advisory.cves,
    advisory.summary,
    advisory.published ?? -1,
    facts.cvss ?? -1,
    advisory.word ?? '',
    advisory.cves.filter((cve) => input.knownExploited.has(cve)),
    probabilities,
    worthBeyond(advisory.cves, facts.cvss, input.worth),
  ] as const;
  const { notice } = facts;
  return notice === undefined ? row : [...row, [target.noticeNumber(notice.text), notice.url]];
}

function candidateOf(record: number, advisory: Advisory, affected: AffectedPackage): CompiledCandidate {
  const candidate = [
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
  ] as const;
  return affected.update === undefined ? candidate : [...candidate, affected.update];
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
    await writeAll(file, table, offset);
    const header = Buffer.alloc(COMPILED_HEADER_BYTES);
    header.write(COMPILED_MAGIC, 'latin1');
    header.writeBigUInt64LE(BigInt(offset), 8);
    header.writeBigUInt64LE(BigInt(table.length), 16);
    await writeAll(file, header, 0);
    await file.sync();
  } finally {
    await file.close();
  }
}

async function writeSection(file: FileHandle, offset: number, source: Spill): Promise<CompiledSection> {
  const { names, starts, writeTo } = await source.candidatesByName();
  const { recordStarts, feeds, notices } = source;
  const index: CompiledIndex = { names, starts, recordStarts, feeds, notices };
  const indexText = Buffer.from(JSON.stringify(index));
  const indexBytes = indexText.byteLength;
  await writeAll(file, indexText, offset);
  const candidateBytes = await writeTo(file, offset + indexBytes);
  const recordBytes = await source.copyRecords(file, offset + indexBytes + candidateBytes);
  return { offset, indexBytes, candidateBytes, recordBytes };
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
