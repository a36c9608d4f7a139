/**
 * One import of advisories, from files to the advisory set in force, as one operation: it becomes visible whole or not at
 * all (design.md section 4, "Import"). Everything happens in one transaction; a kill at any moment leaves the old set.
 */
import type { FeedItem, KnownExploited } from '../advisories/feed.ts';
import { appError } from '../errors.ts';
import { type CoverageDate, dateFeedCoverage } from '../store/advisories/date-feed-coverage.ts';
import { setFeedsMeasuredAt } from '../store/advisories/feeds-measured-at.ts';
import { areFeedsRedated, finishImport, noteCoverage, noteFeeds } from '../store/advisories/finish-import.ts';
import { holdImport, revisionInForce } from '../store/advisories/lock-advisory-set.ts';
import { refreshVulnerabilities } from '../store/advisories/refresh-vulnerabilities.ts';
import {
  createStage,
  type ImportStage,
  type StagedAdvisory,
  stageAdvisories,
  stageExploitProbabilities,
  stageFeed,
  stageKnownExploited,
  stageList,
  stageWithdrawn,
} from '../store/advisories/stage-import.ts';
import { applyStagedAdvisories, applyStagedExploitation } from '../store/advisories/switch-advisory-set.ts';
import type { Database, Transaction } from '../store/database.ts';
import { retireAnswered } from './retire-urgent.ts';

/** Records staged in one statement: large enough that the round trip does not count, small enough that memory stays flat. */
const RECORDS_PER_BATCH = 500;
/** Time one statement of an import may take: the largest rewrite some hundred thousand rows. */
const IMPORT_STATEMENT_TIMEOUT_MS = 30 * 60 * 1000;
/** Of the records that could not be read, this many are told one by one; the rest are only counted. */
export const IMPORT_PROBLEMS_LISTED_MAX = 1_000;

type StagedCounts = Pick<ImportSummary, 'used' | 'notHeld' | 'skipped' | 'problems'>;

export interface ImportSummary {
  readonly revision: number;
  /** Records read and usable, unchanged ones included; withdrawn, catalogue and probability entries count too. */
  readonly used: number;
  /** Records that were read and are rightly not held, by reason (`WithdrawnReason`); an earlier version of one is removed. */
  readonly notHeld: Readonly<Record<string, number>>;
  readonly added: number;
  readonly changed: number;
  readonly removed: number;
  /** Records that could not be used; `problems` lists the first of them with their place. */
  readonly skipped: number;
  readonly problems: readonly { readonly where: string; readonly problem: string }[];
}

export interface ImportOptions {
  readonly now: number;
  /** How new the files were that `read` went through, asked for once it has ended. */
  readonly datesRead?: () => readonly CoverageDate[];
  /** For a snapshot: the moment against which the age of its feeds is measured, also by commands on its data. */
  readonly feedsMeasuredAt?: number;
  /** What is to be noted in the same transaction. What it throws undoes the import. */
  readonly alongWith?: (tx: Transaction) => Promise<void>;
}

/**
 * Imports what `read` yields (see `readAdvisoryFiles`); it is called again where the transaction has to start again. Servers follow afterwards: see follow-advisories.ts.
 * Fails with `import-nothing-usable` where nothing could be used; then nothing is changed.
 */
export async function importAdvisories(
  database: Database,
  read: () => AsyncIterable<FeedItem>,
  { now, datesRead, feedsMeasuredAt, alongWith }: ImportOptions,
): Promise<ImportSummary> {
  const work = async (tx: Transaction): Promise<ImportSummary> => {
    await holdImport(tx);
    const stage = await createStage(tx);
    const staged = await stageItems(tx, stage, read());
    if (staged.used === 0) throw appError('import-nothing-usable', nothingUsable(staged));
    const before = await revisionInForce(tx);
    const counts = await applyStagedAdvisories(tx, stage, before + 1);
    const exploitationChanged = await applyStagedExploitation(tx);
    await noteCoverage(tx);
    const isRedated = await dateFeedCoverage(tx, datesRead?.() ?? []);
    const isChanged =
      counts.added + counts.changed + counts.removed > 0 ||
      exploitationChanged ||
      isRedated ||
      (await areFeedsRedated(tx));
    const revision = isChanged ? before + 1 : before;
    await noteFeeds(tx, { revision, now });
    await alongWith?.(tx);
    await setFeedsMeasuredAt(tx, feedsMeasuredAt);
    if (!isChanged) return { revision, ...counts, ...staged };
    await refreshVulnerabilities(tx, revision);
    await retireAnswered(tx, { numberBefore: stage.numberBefore, now });
    return { revision: await finishImport(tx, { revision, now }), ...counts, ...staged };
  };
  return await database.transaction(work, { statementTimeoutMs: IMPORT_STATEMENT_TIMEOUT_MS });
}

function nothingUsable(staged: StagedCounts): { readonly skipped: number; readonly first: string } {
  const [first] = staged.problems;
  return {
    skipped: staged.skipped,
    first: first === undefined ? 'no record was found' : `${first.where}: ${first.problem}`,
  };
}

async function stageItems(
  tx: Transaction,
  stage: ImportStage,
  items: AsyncIterable<FeedItem>,
): Promise<StagedCounts> {
  const feeds = new Set<string>();
  const lists = new Set<string>();
  const held = new Set<string>();
  const noteFeed = async (feed: string): Promise<void> => {
    if (feeds.has(feed)) return;
    feeds.add(feed);
    if (await stageFeed(tx, feed)) held.add(feed);
  };
  const problems: { where: string; problem: string }[] = [];
  const notHeld: Record<string, number> = {};
  let used = 0;
  let skipped = 0;
  const advisories = batchesOf<StagedAdvisory>((batch) => stageAdvisories(tx, stage, batch, { lists, held }));
  const withdrawn = batchesOf<Extract<FeedItem, { kind: 'withdrawn' }>>((batch) => stageWithdrawn(tx, batch));
  const exploited = batchesOf<KnownExploited>((batch) => stageKnownExploited(tx, batch));
  const probabilities = batchesOf<{ cve: string; probability: number }>((batch) =>
    stageExploitProbabilities(tx, batch),
  );
  for await (const item of items) {
    if (item.kind === 'problem') {
      skipped += 1;
      if (problems.length < IMPORT_PROBLEMS_LISTED_MAX)
        problems.push({ where: item.where, problem: item.problem });
      continue;
    }
    if (item.kind === 'not-held') {
      notHeld[item.reason] = (notHeld[item.reason] ?? 0) + item.count;
      continue;
    }
    if (item.kind === 'withdrawn' && item.reason !== 'withdrawn') {
      notHeld[item.reason] = (notHeld[item.reason] ?? 0) + 1;
    } else if (item.kind !== 'list') used += 1;
    if ('feed' in item) await noteFeed(item.feed);
    if (item.kind === 'list') {
      lists.add(item.feed);
      await stageList(tx, item.feed, item.publishedAt);
    } else if (item.kind === 'advisory') {
      await advisories.add({ feed: item.feed, advisory: item.advisory });
    } else if (item.kind === 'withdrawn') await withdrawn.add(item);
    else if (item.kind === 'known-exploited') await exploited.add(item.entry);
    else await probabilities.add({ cve: item.cve, probability: item.probability });
  }
  for (const batches of [advisories, withdrawn, exploited, probabilities]) await batches.flush();
  return { used, notHeld, skipped, problems };
}

/**
 * Gathers items and hands them on `RECORDS_PER_BATCH` at a time. The next batch is read while the database stores the last:
 * at most two are in memory.
 */
function batchesOf<T>(store: (batch: readonly T[]) => Promise<unknown>): {
  readonly add: (item: T) => Promise<void>;
  readonly flush: () => Promise<void>;
} {
  let batch: T[] = [];
  let storing: Promise<unknown> = Promise.resolve();
  const handOn = async (): Promise<void> => {
    await storing;
    const full = batch;
    batch = [];
    storing = store(full);
    // A failure is thrown by whoever awaits it next; without this it would count as unhandled until then.
    storing.catch(() => undefined);
  };
  return {
    add: async (item) => {
      batch.push(item);
      if (batch.length >= RECORDS_PER_BATCH) await handOn();
    },
    flush: async () => {
      if (batch.length > 0) await handOn();
      await storing;
    },
  };
}
