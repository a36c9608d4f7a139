import { createHash } from 'node:crypto';
import type { Advisory, AffectedPackage } from '../../advisories/advisory.ts';
import type { KnownExploited } from '../../advisories/feed.ts';
import { vulnerabilityIdsOfAdvisory } from '../../advisories/vulnerability-id.ts';
import { filedName } from '../../matching/candidate.ts';
import type { CopyValue } from '../copy-rows.ts';
import type { Queryable, Transaction } from '../database.ts';
import { storableJson, storableText } from '../storable-text.ts';

/**
 * Staging of an import, batch by batch, so that memory stays flat. Everything happens in the import's own transaction:
 * nobody sees any of it before the commit. The many rows of what advisories say of packages go straight into their tables,
 * under numbers that no advisory has yet, while the next batch is being read; the records themselves wait in a temporary
 * table until `applyStagedAdvisories` has settled which of them count. Numbers grow in the order of reading.
 */

/** One advisory on its way into the store. */
export interface StagedAdvisory {
  readonly feed: string;
  readonly advisory: Advisory;
}

/** One import's stage. */
export interface ImportStage {
  /** Numbers up to here were there before; those above are this import's. */
  readonly numberBefore: number;
  nextNumber: number;
}

/** Creates the temporary tables, which go with the transaction. The caller holds the import lock: numbers are its alone. */
export async function createStage(tx: Queryable): Promise<ImportStage> {
  await tx.query(`
    -- Sorts and joins of a million staged rows stay in memory; an import is the only one of its kind at a time.
    SET LOCAL work_mem = '128MB';
    CREATE TEMPORARY TABLE staged_feed (feed text PRIMARY KEY, is_list boolean, published_at bigint) ON COMMIT DROP;
    CREATE TEMPORARY TABLE staged_key (feed text, id text) ON COMMIT DROP;
    CREATE TEMPORARY TABLE staged_withdrawn (feed text, id text, modified_at bigint, PRIMARY KEY (feed, id)) ON COMMIT DROP;
    CREATE TEMPORARY TABLE staged_advisory (
      number integer, feed text, id text, published_at bigint, modified_at bigint, digest bytea, facts text
    ) ON COMMIT DROP;
    CREATE TEMPORARY TABLE staged_known_exploited (cve text PRIMARY KEY, name text, added_at bigint) ON COMMIT DROP;
    CREATE TEMPORARY TABLE staged_exploit_probability (cve text PRIMARY KEY, probability real) ON COMMIT DROP;
  `);
  const [row] = await tx.query<{ number: number }>(`SELECT coalesce(max(number), 0) AS number FROM advisory`);
  const numberBefore = row?.number ?? 0;
  return { numberBefore, nextNumber: numberBefore + 1 };
}

/** Notes that the import brings something of `feed`. Returns whether the store holds anything of it. */
export async function stageFeed(tx: Queryable, feed: string): Promise<boolean> {
  await tx.query(`INSERT INTO staged_feed (feed, is_list) VALUES ($1, false) ON CONFLICT DO NOTHING`, [feed]);
  const [row] = await tx.query<{ held: boolean }>(
    `SELECT EXISTS (SELECT FROM advisory WHERE feed = $1) AS held`,
    [feed],
  );
  return row?.held ?? false;
}

/**
 * Marks `feed` as a whole list: what the store holds of it and this import does not bring again is removed. Of two lists
 * of one feed in one import both count, and the later date.
 */
export async function stageList(tx: Queryable, feed: string, publishedAt: number | undefined): Promise<void> {
  await tx.query(
    `INSERT INTO staged_feed (feed, is_list, published_at) VALUES ($1, true, $2)
     ON CONFLICT (feed) DO UPDATE SET
       is_list = true, published_at = greatest(staged_feed.published_at, excluded.published_at)`,
    [feed, publishedAt ?? null],
  );
}

/**
 * Stages a batch of advisories. One that is in the store unchanged, or there with a later `modified`, is only noted as
 * seen, and that only for a feed that is a whole list. `feeds.held` are those of which the store holds anything.
 */
export async function stageAdvisories(
  tx: Transaction,
  stage: ImportStage,
  batch: readonly StagedAdvisory[],
  feeds: { readonly lists: ReadonlySet<string>; readonly held: ReadonlySet<string> },
): Promise<void> {
  const rows = batch.map(stagedRow);
  const listed = rows.filter((row) => feeds.lists.has(row.feed));
  if (listed.length > 0) {
    await tx.copyIn(
      'staged_key (feed, id)',
      listed.map((row) => [row.feed, row.id]),
    );
  }
  const held = await heldDigests(
    tx,
    rows.filter((row) => feeds.held.has(row.feed)),
  );
  const changed = rows.filter((row) => {
    const before = held.get(keyOf(row));
    if (before === undefined) return true;
    const isOlder = (before.modified_at ?? 0) > (row.modifiedAt ?? before.modified_at ?? 0);
    return !isOlder && !before.digest.equals(row.digest);
  });
  await copyStaged(tx, stage, changed);
}

export async function stageWithdrawn(
  tx: Queryable,
  batch: readonly { readonly feed: string; readonly id: string; readonly modified: number | undefined }[],
): Promise<void> {
  const latest = new Map(batch.map((item) => [keyOf(item), item]));
  const items = [...latest.values()];
  await tx.query(
    `INSERT INTO staged_withdrawn (feed, id, modified_at) SELECT * FROM unnest($1::text[], $2::text[], $3::bigint[])
     ON CONFLICT (feed, id) DO UPDATE SET modified_at = excluded.modified_at`,
    [
      items.map((item) => item.feed),
      items.map((item) => storableText(item.id)),
      items.map((item) => item.modified ?? null),
    ],
  );
}

export async function stageKnownExploited(tx: Queryable, batch: readonly KnownExploited[]): Promise<void> {
  const entries = [...new Map(batch.map((entry) => [entry.cve, entry])).values()];
  await tx.query(
    `INSERT INTO staged_known_exploited (cve, name, added_at) SELECT * FROM unnest($1::text[], $2::text[], $3::bigint[])
     ON CONFLICT (cve) DO UPDATE SET name = excluded.name, added_at = excluded.added_at`,
    [entries.map((e) => e.cve), entries.map((e) => storableText(e.name)), entries.map((e) => e.addedAt)],
  );
}

export async function stageExploitProbabilities(
  tx: Queryable,
  batch: readonly { readonly cve: string; readonly probability: number }[],
): Promise<void> {
  const entries = [...new Map(batch.map((entry) => [entry.cve, entry.probability])).entries()];
  await tx.query(
    `INSERT INTO staged_exploit_probability (cve, probability) SELECT * FROM unnest($1::text[], $2::real[])
     ON CONFLICT (cve) DO UPDATE SET probability = excluded.probability`,
    [entries.map(([cve]) => cve), entries.map(([, probability]) => probability)],
  );
}

interface StagedRow {
  readonly feed: string;
  readonly id: string;
  readonly publishedAt: number | undefined;
  readonly modifiedAt: number | undefined;
  readonly digest: Buffer;
  readonly facts: string;
  readonly affected: readonly AffectedRow[];
  readonly vulnerabilities: readonly { readonly type: string; readonly id: string }[];
}

interface AffectedRow {
  readonly ecosystem: string;
  readonly name: string;
  readonly entries: string;
}

function keyOf(record: { readonly feed: string; readonly id: string }): string {
  return `${record.feed}\n${record.id}`;
}

function stagedRow({ feed, advisory }: StagedAdvisory): StagedRow {
  const { affected, ...facts } = advisory;
  const factsText = storableJson(facts);
  const affectedRows = affectedByPackage(affected);
  const vulnerabilities = vulnerabilityIdsOfAdvisory(advisory);
  const digest = createHash('sha256').update(factsText);
  for (const { ecosystem, name, entries } of affectedRows)
    digest.update(`\n${ecosystem}\n${name}\n${entries}`);
  return {
    feed,
    id: storableText(advisory.id),
    publishedAt: advisory.published,
    modifiedAt: advisory.modified,
    digest: digest.digest(),
    facts: factsText,
    affected: affectedRows,
    vulnerabilities: vulnerabilities.map(({ type, id }) => ({ type, id: storableText(id) })),
  };
}

/** Groups what an advisory says by the package it says it of: one stored row each. */
function affectedByPackage(affected: readonly AffectedPackage[]): readonly AffectedRow[] {
  const groups = new Map<string, { ecosystem: string; name: string; entries: AffectedPackage[] }>();
  for (const entry of affected) {
    const ecosystem = storableText(entry.ecosystem);
    const name = storableText(filedName(entry));
    const key = `${ecosystem}\n${name}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { ecosystem, name, entries: [entry] });
    else group.entries.push(entry);
  }
  return [...groups.values()].map((group) => ({ ...group, entries: storableJson(group.entries) }));
}

async function heldDigests(tx: Queryable, rows: readonly StagedRow[]) {
  if (rows.length === 0) return new Map<string, never>();
  const held = await tx.query<{ feed: string; id: string; digest: Buffer; modified_at: number | null }>(
    `SELECT feed, id, digest, modified_at FROM advisory
     JOIN unnest($1::text[], $2::text[]) AS wanted (feed, id) USING (feed, id)`,
    [rows.map((row) => row.feed), rows.map((row) => row.id)],
  );
  return new Map(held.map((row) => [keyOf(row), row]));
}

async function copyStaged(tx: Transaction, stage: ImportStage, rows: readonly StagedRow[]): Promise<void> {
  if (rows.length === 0) return;
  const advisories: CopyValue[][] = [];
  const affected: CopyValue[][] = [];
  const vulnerabilities: CopyValue[][] = [];
  for (const row of rows) {
    const number = stage.nextNumber;
    stage.nextNumber += 1;
    const times = [row.publishedAt ?? null, row.modifiedAt ?? null];
    advisories.push([number, row.feed, row.id, ...times, row.digest, row.facts]);
    for (const { ecosystem, name, entries } of row.affected)
      affected.push([ecosystem, name, number, entries]);
    for (const { type, id } of row.vulnerabilities) vulnerabilities.push([type, id, number]);
  }
  await tx.copyIn('staged_advisory (number, feed, id, published_at, modified_at, digest, facts)', advisories);
  await tx.copyIn('advisory_affected (ecosystem, name, advisory, entries)', affected);
  await tx.copyIn('advisory_vulnerability (type, vulnerability_id, advisory)', vulnerabilities);
}
