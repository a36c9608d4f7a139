import type { Advisory } from '../advisories/advisory.ts';
import { highestBaseScore } from '../advisories/cvss.ts';
import type { FeedItem } from '../advisories/feed.ts';
import type { FiledCandidate } from '../advisories/filed-candidate.ts';
import { noticeOf, recordFactsOf, scoredCves, worthBeyond } from '../advisories/record-facts.ts';
import { vulnerabilityIdsOf } from '../advisories/vulnerability-id.ts';
import { filedName } from './candidate.ts';
import type { FeedCoverage } from './coverage.ts';
import type { ScanSource } from './scan.ts';

/** Lower probabilities change no priority (design.md section 4). */
const PROBABILITY_MIN = 0.1;

export interface GatheredItems {
  readonly source: ScanSource;
  /** Advisories read, whether or not the inventory has their packages. */
  readonly records: number;
  /** Broken records, each with its file, place and reason; at most `PROBLEMS_KEPT_MAX` of `problemCount`. */
  readonly problems: readonly string[];
  readonly problemCount: number;
}

export const PROBLEMS_KEPT_MAX = 100;

/** By ecosystem, the names that are of interest: what `wantedNames` gives, or anything that answers alike. */
export interface WantedNames {
  readonly get: (ecosystem: string) => { readonly has: (name: string) => boolean } | undefined;
}

/**
 * Gathers from freshly read advisory files what concerns the wanted names, and forgets the rest at once: memory follows the
 * inventory, not the files. Of two records with one id in one feed the later `modified` wins, and of equals the later read;
 * a withdrawn one is forgotten, all as an import does it.
 */
export async function gatherItems(
  items: AsyncIterable<FeedItem>,
  wanted: WantedNames,
): Promise<GatheredItems> {
  const held = new HeldRecords(wanted);
  const coverage = new CoverageRows();
  const knownExploited = new Set<string>();
  const probabilities = new Map<string, number>();
  const worth = new Map<string, number>();
  const problems: string[] = [];
  let problemCount = 0;
  let records = 0;
  for await (const item of items) {
    switch (item.kind) {
      case 'list':
        coverage.addList(item.feed, item.publishedAt);
        break;
      case 'advisory':
        records += 1;
        coverage.addAdvisory(item.feed, item.advisory);
        noteWorth(item.advisory, worth);
        held.add(item.feed, item.advisory);
        break;
      case 'withdrawn':
        held.withdraw(item.feed, item.id, item.modified);
        break;
      case 'known-exploited':
        knownExploited.add(item.entry.cve);
        break;
      case 'exploit-probability':
        if (item.probability >= PROBABILITY_MIN) probabilities.set(item.cve, item.probability);
        break;
      case 'problem':
        problemCount += 1;
        if (problems.length < PROBLEMS_KEPT_MAX) problems.push(`${item.where}: ${item.problem}`);
        break;
    }
  }
  const candidates = filedBy(held, { knownExploited, probabilities, worth });
  return {
    source: { coverage: coverage.rows(), candidates: (ecosystem) => candidates.get(ecosystem) ?? [] },
    records,
    problems,
    problemCount,
  };
}

interface HeldRecord {
  readonly feed: string;
  readonly modified: number;
  /** Undefined once withdrawn: an older copy read later must not bring it back. */
  readonly advisory: Advisory | undefined;
}

/** The records that name a wanted package, by feed and id. */
class HeldRecords {
  readonly #wanted: WantedNames;
  readonly #records = new Map<string, HeldRecord>();

  constructor(wanted: WantedNames) {
    this.#wanted = wanted;
  }

  add(feed: string, advisory: Advisory): void {
    const key = `${feed}\n${advisory.id}`;
    const affected = advisory.affected.filter((entry) =>
      this.#wanted.get(entry.ecosystem)?.has(filedName(entry)),
    );
    const before = this.#records.get(key);
    const modified = advisory.modified ?? 0;
    if (before !== undefined && before.modified > modified) return;
    if (affected.length > 0) this.#records.set(key, { feed, modified, advisory: { ...advisory, affected } });
    else if (before !== undefined) this.#records.set(key, { feed, modified, advisory: undefined });
  }

  withdraw(feed: string, id: string, modified: number | undefined): void {
    const key = `${feed}\n${id}`;
    const before = this.#records.get(key);
    if (before !== undefined && before.modified > (modified ?? Number.POSITIVE_INFINITY)) return;
    this.#records.set(key, { feed, modified: modified ?? 0, advisory: undefined });
  }

  *live(): Iterable<{ readonly feed: string; readonly advisory: Advisory }> {
    for (const { feed, advisory } of this.#records.values())
      if (advisory !== undefined) yield { feed, advisory };
  }
}

/** Counts and dates of each feed's records by ecosystem. */
class CoverageRows {
  readonly #published = new Map<string, number>();
  readonly #rows = new Map<
    string,
    { feed: string; ecosystem: string; newestAt: number | undefined; records: number }
  >();

  addList(feed: string, publishedAt: number | undefined): void {
    if (publishedAt !== undefined)
      this.#published.set(feed, Math.max(publishedAt, this.#published.get(feed) ?? publishedAt));
  }

  addAdvisory(feed: string, { affected, modified, published }: Advisory): void {
    const date = modified ?? published;
    let last = '';
    const seen = affected.length > 1 ? new Set<string>() : undefined;
    for (const { ecosystem } of affected) {
      if (ecosystem === last || seen?.has(ecosystem)) continue;
      last = ecosystem;
      seen?.add(ecosystem);
      const key = `${feed}\n${ecosystem}`;
      const row = this.#rows.get(key);
      if (row === undefined) {
        this.#rows.set(key, { feed, ecosystem, newestAt: date, records: 1 });
      } else {
        row.records += 1;
        if (date !== undefined && date > (row.newestAt ?? 0)) row.newestAt = date;
      }
    }
  }

  rows(): readonly FeedCoverage[] {
    return [...this.#rows.values()].map((row) => ({ ...row, publishedAt: this.#published.get(row.feed) }));
  }
}

/** Scores alone are kept, not records: memory follows the number of CVEs that are scored. */
function noteWorth(advisory: Advisory, worth: Map<string, number>): void {
  if (advisory.severities.length === 0) return;
  const score = highestBaseScore(advisory.severities);
  if (score === undefined) return;
  for (const cve of scoredCves(advisory)) {
    if (score > (worth.get(cve) ?? -1)) worth.set(cve, score);
  }
}

/** What the catalogues and other records say of CVEs. */
interface CveLists {
  readonly knownExploited: ReadonlySet<string>;
  readonly probabilities: ReadonlyMap<string, number>;
  readonly worth: ReadonlyMap<string, number>;
}

function filedBy(held: HeldRecords, lists: CveLists): ReadonlyMap<string, readonly FiledCandidate[]> {
  const { knownExploited, probabilities } = lists;
  const byEcosystem = new Map<string, FiledCandidate[]>();
  for (const { feed, advisory } of held.live()) {
    const facts = recordFactsOf(advisory);
    const exploited = advisory.cves.filter((cve) => knownExploited.has(cve));
    const probable: Record<string, number> = {};
    for (const cve of advisory.cves) {
      const probability = probabilities.get(cve);
      if (probability !== undefined) probable[cve] = probability;
    }
    for (const affected of advisory.affected) {
      const candidate: FiledCandidate = {
        filedName: filedName(affected),
        feed,
        advisoryId: advisory.id,
        cves: advisory.cves,
        vulnerabilities: vulnerabilityIdsOf(advisory, affected),
        affected,
        facts,
        ...noticeOf(advisory),
        knownExploited: exploited,
        probabilities: probable,
        worth: worthBeyond(advisory.cves, facts.cvss, lists.worth),
      };
      const list = byEcosystem.get(affected.ecosystem);
      if (list === undefined) byEcosystem.set(affected.ecosystem, [candidate]);
      else list.push(candidate);
    }
  }
  return byEcosystem;
}
