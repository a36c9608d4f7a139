import { createHash } from 'node:crypto';
import type { Advisory, AffectedPackage } from '../../advisories/advisory.ts';
import type { KnownExploited } from '../../advisories/feed.ts';
import { vulnerabilityIdsOf } from '../../advisories/vulnerability-id.ts';
import { filedName } from '../../matching/candidate.ts';
import type { Queryable } from '../database.ts';
import { storableJson, storableText } from '../storable-text.ts';

/**
 * Staging of an import: what was read is gathered in temporary tables of the import's own transaction, batch by batch, so
 * that memory stays flat and nobody sees any of it before `switchAdvisorySet` has put it in force.
 */

/** One advisory on its way into the store. */
export interface StagedAdvisory {
  readonly feed: string;
  readonly advisory: Advisory;
}

/** Creates the temporary tables. They go with the transaction. */
export async function createStage(tx: Queryable): Promise<void> {
  await tx.query(`
    CREATE TEMPORARY TABLE staged_list (feed text PRIMARY KEY, published_at bigint) ON COMMIT DROP;
    CREATE TEMPORARY TABLE staged_key (feed text, id text, PRIMARY KEY (feed, id)) ON COMMIT DROP;
    CREATE TEMPORARY TABLE staged_withdrawn (feed text, id text, modified_at bigint, PRIMARY KEY (feed, id)) ON COMMIT DROP;
    CREATE TEMPORARY TABLE staged_advisory (
      feed text, id text, published_at bigint, modified_at bigint, digest bytea,
      facts text, affected json, vulnerabilities json, PRIMARY KEY (feed, id)
    ) ON COMMIT DROP;
    CREATE TEMPORARY TABLE staged_known_exploited (cve text PRIMARY KEY, name text, added_at bigint) ON COMMIT DROP;
    CREATE TEMPORARY TABLE staged_exploit_probability (cve text PRIMARY KEY, probability real) ON COMMIT DROP;
  `);
}

/** Marks `feed` as a whole list: what the store holds of it and this import does not bring again is removed. */
export async function stageList(tx: Queryable, feed: string, publishedAt: number | undefined): Promise<void> {
  await tx.query(
    `INSERT INTO staged_list (feed, published_at) VALUES ($1, $2)
     ON CONFLICT (feed) DO UPDATE SET published_at = greatest(staged_list.published_at, excluded.published_at)`,
    [feed, publishedAt ?? null],
  );
}

/**
 * Stages a batch of advisories. One that is in the store unchanged, or there with a later `modified`, is only noted as
 * seen; of two in one import the later `modified` wins, and of equals the later read. Returns how many are new or changed.
 */
export async function stageAdvisories(tx: Queryable, batch: readonly StagedAdvisory[]): Promise<number> {
  const rows = new Map<string, StagedRow>();
  for (const staged of batch) {
    const row = stagedRow(staged);
    const key = `${row.feed}\n${row.id}`;
    const twin = rows.get(key);
    if (twin === undefined || (row.modifiedAt ?? 0) >= (twin.modifiedAt ?? 0)) rows.set(key, row);
  }
  const all = [...rows.values()];
  const feeds = all.map((row) => row.feed);
  const ids = all.map((row) => row.id);
  await tx.query(
    `INSERT INTO staged_key (feed, id) SELECT * FROM unnest($1::text[], $2::text[]) ON CONFLICT DO NOTHING`,
    [feeds, ids],
  );
  const held = await tx.query<{ feed: string; id: string; digest: Buffer; modified_at: number | null }>(
    `SELECT feed, id, digest, modified_at FROM advisory
     JOIN unnest($1::text[], $2::text[]) AS wanted (feed, id) USING (feed, id)`,
    [feeds, ids],
  );
  for (const { feed, id, digest, modified_at } of held) {
    const key = `${feed}\n${id}`;
    const row = rows.get(key);
    if (row === undefined) continue;
    if (digest.equals(row.digest) || (modified_at ?? 0) > (row.modifiedAt ?? modified_at ?? 0))
      rows.delete(key);
  }
  await insertStaged(tx, [...rows.values()]);
  return rows.size;
}

export async function stageWithdrawn(
  tx: Queryable,
  batch: readonly { readonly feed: string; readonly id: string; readonly modified: number | undefined }[],
): Promise<void> {
  const latest = new Map(batch.map((item) => [`${item.feed}\n${item.id}`, item]));
  const items = [...latest.values()];
  await tx.query(
    `INSERT INTO staged_withdrawn (feed, id, modified_at) SELECT * FROM unnest($1::text[], $2::text[], $3::bigint[])
     ON CONFLICT (feed, id) DO UPDATE SET modified_at = excluded.modified_at`,
    [
      items.map((item) => item.feed),
      items.map((item) => item.id),
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
  readonly affected: string;
  readonly vulnerabilities: string;
}

function stagedRow({ feed, advisory }: StagedAdvisory): StagedRow {
  const { affected, ...facts } = advisory;
  const factsText = storableJson(facts);
  const affectedText = storableJson(affectedByPackage(affected));
  const vulnerabilities = new Map<string, { type: string; id: string }>();
  for (const entry of affected) {
    for (const { type, id } of vulnerabilityIdsOf(advisory, entry)) {
      vulnerabilities.set(`${type}\n${id}`, { type, id: storableText(id) });
    }
  }
  return {
    feed,
    id: storableText(advisory.id),
    publishedAt: advisory.published,
    modifiedAt: advisory.modified,
    digest: createHash('sha256').update(factsText).update('\n').update(affectedText).digest(),
    facts: factsText,
    affected: affectedText,
    vulnerabilities: storableJson([...vulnerabilities.values()]),
  };
}

/** Groups what an advisory says by the package it says it of: one stored row each. */
function affectedByPackage(
  affected: readonly AffectedPackage[],
): readonly { readonly ecosystem: string; readonly name: string; readonly entries: string }[] {
  const groups = new Map<string, AffectedPackage[]>();
  for (const entry of affected) {
    const key = `${entry.ecosystem}\n${filedName(entry)}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [entry]);
    else group.push(entry);
  }
  return [...groups.values()].flatMap((entries) => {
    const first = entries[0];
    if (first === undefined) return [];
    return [{ ecosystem: first.ecosystem, name: filedName(first), entries: storableJson(entries) }];
  });
}

async function insertStaged(tx: Queryable, rows: readonly StagedRow[]): Promise<void> {
  if (rows.length === 0) return;
  await tx.query(
    `INSERT INTO staged_advisory (feed, id, published_at, modified_at, digest, facts, affected, vulnerabilities)
     SELECT * FROM unnest($1::text[], $2::text[], $3::bigint[], $4::bigint[], $5::bytea[], $6::text[], $7::json[], $8::json[])
     ON CONFLICT (feed, id) DO UPDATE SET
       published_at = excluded.published_at, modified_at = excluded.modified_at, digest = excluded.digest,
       facts = excluded.facts, affected = excluded.affected, vulnerabilities = excluded.vulnerabilities
     WHERE coalesce(excluded.modified_at, 0) >= coalesce(staged_advisory.modified_at, 0)`,
    [
      rows.map((row) => row.feed),
      rows.map((row) => row.id),
      rows.map((row) => row.publishedAt ?? null),
      rows.map((row) => row.modifiedAt ?? null),
      rows.map((row) => row.digest),
      rows.map((row) => row.facts),
      rows.map((row) => row.affected),
      rows.map((row) => row.vulnerabilities),
    ],
  );
}
