/** Findings that appeared lately, a few of them at random: what the four clocks are measured on. */
import type { Queryable } from '../database.ts';

/** Findings looked at at once, of all projects together; of each project a share, but never fewer than the least. */
export const SAMPLED_FINDINGS_MAX = 300;
const LOOKED_UP_PER_PROJECT_MIN = 10;

export interface SampledFinding {
  readonly feed: string;
  readonly cause: 'advisory' | 'report';
  readonly publishedAt: number | undefined;
  readonly fetchedAt: number | undefined;
  readonly isOfFirstImport: boolean;
  readonly matchedAt: number;
  /** Number of the transaction that wrote it, its lower 32 bits. */
  readonly xmin: number;
}

/** The last number given to an event of the history; 0: none yet. */
export async function lastEventNumber(tx: Queryable): Promise<number> {
  const [row] = await tx.query<{ last: number }>(
    `SELECT coalesce(pg_sequence_last_value(pg_get_serial_sequence('finding_event', 'id')), 0) AS last`,
  );
  return row?.last ?? 0;
}

interface SampledRow {
  readonly feed: string | null;
  readonly type: string;
  readonly actor: string;
  readonly published_at: number | null;
  readonly fetched_at: number | null;
  readonly is_of_first_import: boolean | null;
  readonly at: number;
  readonly xmin: number;
}

/**
 * Of the findings that appeared with events numbered after `after` up to `upTo`, a random part. Each is looked up by its number,
 * so it costs the same however many there are. `random` gives numbers from 0 to below 1.
 */
export async function sampleFoundFindings(
  tx: Queryable,
  { after, upTo }: { readonly after: number; readonly upTo: number },
  random: () => number = Math.random,
): Promise<readonly SampledFinding[]> {
  if (upTo <= after) return [];
  const [projects] = await tx.query<{ count: number }>('SELECT count(*) AS count FROM project');
  const share = Math.floor(SAMPLED_FINDINGS_MAX / Math.max(1, projects?.count ?? 1));
  const ids = numbersBetween(after, upTo, Math.max(LOOKED_UP_PER_PROJECT_MIN, share), random);
  const rows = await tx.query<SampledRow>(
    `SELECT coalesce(r.feed, CASE v.type WHEN 'urgent_vul' THEN 'known-exploited' END) AS feed,
       e.actor, r.published_at, r.fetched_at, r.is_of_first_import, e.at, e.xmin::text::bigint AS xmin
     FROM project p
     JOIN finding_event e ON e.project_id = p.id AND e.id = ANY ($1::bigint[])
     JOIN vulnerability v ON v.number = e.vulnerability
     -- Of several records that name it the one that came last, which is what made the finding appear.
     LEFT JOIN LATERAL (
       SELECT a.feed, coalesce(a.modified_at, a.published_at) AS published_at, a.fetched_at,
         a.fetched_at IS NOT DISTINCT FROM f.first_fetched_at AS is_of_first_import
       FROM advisory_vulnerability av JOIN advisory a ON a.number = av.advisory JOIN feed f ON f.name = a.feed
       WHERE av.type = v.type AND av.vulnerability_id = v.id
       ORDER BY a.revision DESC, a.feed LIMIT 1
     ) r ON true
     WHERE e.kind = 'found' AND e.actor IN ('advisories', 'report')
     LIMIT $2`,
    [ids, SAMPLED_FINDINGS_MAX],
  );
  return rows.map((row) => ({
    feed: row.feed ?? 'none',
    cause: row.actor === 'report' ? 'report' : 'advisory',
    publishedAt: row.published_at ?? undefined,
    fetchedAt: row.fetched_at ?? undefined,
    isOfFirstImport: row.is_of_first_import ?? false,
    matchedAt: row.at,
    xmin: row.xmin,
  }));
}

/** `count` numbers after `after` up to `upTo`, at random and each once; all of them where they are no more. */
function numbersBetween(after: number, upTo: number, count: number, random: () => number): readonly number[] {
  const span = upTo - after;
  if (span <= count) return Array.from({ length: span }, (_, index) => after + 1 + index);
  const chosen = new Set<number>();
  // One of each of `count` parts of equal length: spread over all that happened, and each once.
  for (let part = 0; part < count; part += 1) {
    const from = Math.floor((part * span) / count);
    const to = Math.floor(((part + 1) * span) / count);
    chosen.add(after + 1 + from + Math.floor(random() * (to - from)));
  }
  return [...chosen];
}
