import { EXPORT_VERSION } from '../../advisories/export-lines.ts';
import type { Transaction } from '../database.ts';
import { revisionInForce } from './lock-advisory-set.ts';

/** Advisories asked for at a time: most have 2 kB, some 3 MB. */
const ADVISORIES_PER_BATCH = 250;

/** How far writing has come, in records. */
export interface ExportProgress {
  readonly done: number;
  readonly total: number;
}

/**
 * Everything that is in force, as the lines of an export (advisories/export-lines.ts), some hundred lines a piece. The texts of records are
 * handed on as the store holds them.
 */
export async function* streamExport(
  tx: Transaction,
  now: number,
  onProgress: (progress: ExportProgress) => void,
): AsyncGenerator<string> {
  let lines = 0;
  const piece = (texts: readonly string[]): string => {
    lines += texts.length;
    return texts.map((text) => `${text}\n`).join('');
  };
  const revision = await revisionInForce(tx);
  yield piece([JSON.stringify({ kind: 'export', version: EXPORT_VERSION, created_at: now, revision })]);
  const feeds = await tx.query(
    `SELECT 'feed' AS kind, name, published_at, imported_at FROM feed ORDER BY name COLLATE "C"`,
  );
  const coverage = await tx.query(
    `SELECT 'coverage' AS kind, feed, ecosystem, published_at FROM feed_coverage
     WHERE published_at IS NOT NULL ORDER BY feed COLLATE "C", ecosystem COLLATE "C"`,
  );
  yield piece([...feeds, ...coverage].map((row) => JSON.stringify(row)));
  const [count] = await tx.query<{ total: number }>('SELECT count(*) AS total FROM advisory');
  const total = count?.total ?? 0;
  let done = 0;
  for await (const batch of tx.stream<{ feed: string; facts: string; lists: string | null }>(
    ADVISORIES,
    [],
    ADVISORIES_PER_BATCH,
  )) {
    yield piece(
      batch.map(
        ({ feed, facts, lists }) =>
          `{"kind":"advisory","feed":${JSON.stringify(feed)},"facts":${facts},"affected":${lists ?? '[]'}}`,
      ),
    );
    done += batch.length;
    onProgress({ done, total });
  }
  for (const sql of [
    `SELECT 'known-exploited' AS kind, cve, name, added_at FROM known_exploited ORDER BY cve`,
    `SELECT 'exploit-probability' AS kind, cve, probability FROM exploit_probability ORDER BY cve`,
  ]) {
    for await (const batch of tx.stream(sql)) yield piece(batch.map((row) => JSON.stringify(row)));
  }
  yield piece([JSON.stringify({ kind: 'end', lines })]);
}

const ADVISORIES = `
  SELECT a.feed, a.facts, af.lists
  FROM advisory a LEFT JOIN (
    SELECT advisory, '[' || string_agg(entries, ',' ORDER BY ecosystem COLLATE "C", name COLLATE "C") || ']' AS lists
    FROM advisory_affected GROUP BY advisory
  ) af ON af.advisory = a.number ORDER BY a.number`;
