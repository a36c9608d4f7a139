import type { FeedItem } from '../src/advisories/feed.ts';
import { parseOsvRecord } from '../src/advisories/feeds/osv.ts';
import type { FiledCandidate } from '../src/advisories/filed-candidate.ts';
import { findFiles } from '../src/advisories/find-files.ts';
import { readAdvisoryFiles } from '../src/advisories/read.ts';
import { isJsonObject } from '../src/archive/json-guard.ts';
import type { Package } from '../src/inventory/package.ts';
import type { FeedCoverage } from '../src/matching/coverage.ts';
import { candidatesFor, type FiledCandidates, fileByName, type ScanSource } from '../src/matching/scan.ts';
import { gatherItems } from '../src/matching/scan-items.ts';
import { greenboneToOsv } from './greenbone-to-osv.ts';
import { jsonLines, textsUnder } from './texts.ts';

/** The one folder of records in no vendor's form: they are turned into OSV first. */
const CONVERTED_FOLDER = /[\\/]greenbone[\\/]/;
const EVERYTHING = { get: () => ({ has: () => true }) };

/** All records of some advisories, as matching reads them. */
export class AdvisoryLibrary {
  readonly source: ScanSource;
  readonly records: number;
  readonly problems: readonly string[];
  readonly problemCount: number;
  readonly #filed: FiledCandidates<FiledCandidate>;
  readonly #aliases: ReadonlyMap<string, ReadonlySet<string>>;

  private constructor(
    gathered: Awaited<ReturnType<typeof gatherItems>>,
    aliases: ReadonlyMap<string, ReadonlySet<string>>,
  ) {
    this.source = gathered.source;
    this.records = gathered.records;
    this.problems = gathered.problems;
    this.problemCount = gathered.problemCount;
    this.#aliases = aliases;
    const ecosystems = new Set(gathered.source.coverage.map(({ ecosystem }) => ecosystem));
    const all = [...ecosystems].flatMap((ecosystem) => gathered.source.candidates(ecosystem, new Set()));
    this.#filed = fileByName(all, ({ filedName }) => filedName);
  }

  /** Reads items to their end. */
  static async of(items: AsyncIterable<FeedItem>): Promise<AdvisoryLibrary> {
    const aliases = new Map<string, Set<string>>();
    return new AdvisoryLibrary(await gatherItems(notingAliases(items, aliases), EVERYTHING), aliases);
  }

  get coverage(): readonly FeedCoverage[] {
    return this.source.coverage;
  }

  /** System keys and application ecosystems that some record speaks of. */
  ecosystems(): readonly string[] {
    return [...this.#filed.keys()];
  }

  /** Every record that may concern the package. */
  candidatesOf(pkg: Package): readonly FiledCandidate[] {
    return candidatesFor(pkg, this.#filed);
  }

  /** The records of one ecosystem, by the name they are filed under. */
  recordsOf(ecosystem: string): ReadonlyMap<string, readonly FiledCandidate[]> {
    return this.#filed.get(ecosystem) ?? new Map();
  }

  /** Every id under which some record calls the problem with this id, the id itself among them. */
  namesOf(id: string): readonly string[] {
    return [id, ...(this.#aliases.get(id) ?? [])];
  }
}

/** All advisories under these paths: everything Parapet imports, and the converted folder. */
export async function* feedItemsOf(paths: readonly string[]): AsyncGenerator<FeedItem> {
  const { files } = await findFiles(paths);
  const own = files.map(({ path }) => path).filter((path) => !CONVERTED_FOLDER.test(path));
  yield* readAdvisoryFiles(own);
  for (const { path } of files) {
    if (!CONVERTED_FOLDER.test(path)) continue;
    for await (const { name, text } of textsUnder(path)) {
      for (const record of greenboneToOsv(jsonLines(text)).records) {
        yield osvItem(record, `${name}: ${record.id}`);
      }
    }
  }
}

/** A made record read as one that was parsed: it is plain data all the same. */
function osvItem(record: unknown, where: string): FeedItem {
  return isJsonObject(record)
    ? parseOsvRecord(record, where)
    : { kind: 'problem', where, problem: 'is no record' };
}

/** Items of OSV records that are at hand. */
export async function* itemsOfOsv(records: Iterable<unknown>): AsyncGenerator<FeedItem> {
  for (const record of records) yield osvItem(record, 'record');
}

/**
 * An application's record has one id in each database and one CVE. Of a system only the CVE behind a database's prefix
 * (`DEBIAN-CVE-…`) is the same problem: an advisory of several CVEs is none of them.
 */
async function* notingAliases(
  items: AsyncIterable<FeedItem>,
  aliases: Map<string, Set<string>>,
): AsyncGenerator<FeedItem> {
  for await (const item of items) {
    if (item.kind === 'advisory') {
      const { id, aliases: others, cves, affected } = item.advisory;
      const isOfSystem = affected.some(({ ecosystem }) => ecosystem.includes(':'));
      const same = isOfSystem ? [id, ...cves.filter((cve) => id.endsWith(cve))] : [id, ...others, ...cves];
      for (const one of same) {
        const held = aliases.get(one);
        if (held === undefined) aliases.set(one, new Set(same));
        else for (const other of same) held.add(other);
      }
    }
    yield item;
  }
}
