import type { Decision } from '../../findings/assess.ts';
import type { FindingColumns } from '../../findings/finding-columns.ts';
import { ADVISORY_STATE_COLUMNS, type AdvisoryState } from '../advisories/lock-advisory-set.ts';
import type { Queryable } from '../database.ts';
import { columnsOfRow, FINDING_SET_COLUMNS, type FindingSetRow } from '../findings/load-assessable.ts';
import { prepared } from '../prepared-sql.ts';

/** What assessments after reports need beside the servers' own rows and their packages. */
export interface ReportFacts {
  readonly state: AdvisoryState;
  /** The moment against which the age of feeds is measured, in ms since 1970; undefined: the present. */
  readonly feedsMeasuredAt: number | undefined;
  readonly includeUnfixed: boolean;
  /** Whether something is asked as urgent in the project. */
  readonly hasUrgentItems: boolean;
  /** In the order of the servers. */
  readonly servers: readonly ServerFacts[];
}

export interface ServerFacts {
  /** The findings that the server had. */
  readonly columns: FindingColumns;
  /** Whether one of them is fixed. */
  readonly hasFixed: boolean;
  readonly decisions: readonly Decision[];
}

const LOAD = prepared(
  `SELECT ${ADVISORY_STATE_COLUMNS}, a.feeds_measured_at AS "feedsMeasuredAt",
     coalesce((SELECT include_unfixed FROM project_setting WHERE project_id = $1), false) AS "includeUnfixed",
     EXISTS (SELECT FROM urgent_item WHERE project_id = $1 AND state = 'open') AS "hasUrgentItems",
     (SELECT json_agg(json_build_object('vulnerability', vulnerability, 'kind', kind, 'until', until))
      FROM decision WHERE project_id = $1 AND server_id = w.server_id) AS decisions,
     coalesce(f.has_fixed, false) AS "hasFixed", ${FINDING_SET_COLUMNS}
   FROM unnest($2::text[], $3::bigint[]) WITH ORDINALITY AS w (server_id, finding_set, at)
   LEFT JOIN advisory_set a ON true
   LEFT JOIN finding_set f ON f.project_id = $1 AND f.id = w.finding_set
   ORDER BY w.at`,
);

/** Of servers of one project, at least one. One round trip; the servers' rows are to be locked. */
export async function loadReportFacts(
  tx: Queryable,
  projectId: string,
  servers: readonly { readonly id: string; readonly findingSet: number | undefined }[],
): Promise<ReportFacts> {
  const rows = await tx.query<ReportFactsRow>(LOAD, [
    projectId,
    servers.map(({ id }) => id),
    servers.map(({ findingSet }) => findingSet ?? null),
  ]);
  const [first] = rows;
  if (first === undefined) throw new Error('facts of no server were asked for');
  const { revision, matchGeneration, startedAt, includeUnfixed, hasUrgentItems } = first;
  return {
    state: { revision, matchGeneration, startedAt },
    feedsMeasuredAt: first.feedsMeasuredAt ?? undefined,
    includeUnfixed,
    hasUrgentItems,
    servers: rows.map((row) => ({
      hasFixed: row.hasFixed,
      columns: columnsOfRow(row),
      decisions: (row.decisions ?? []).map(({ until, ...decision }) => ({
        ...decision,
        until: until ?? undefined,
      })),
    })),
  };
}

interface ReportFactsRow extends AdvisoryState, FindingSetRow {
  readonly feedsMeasuredAt: number | null;
  readonly includeUnfixed: boolean;
  readonly hasUrgentItems: boolean;
  readonly hasFixed: boolean;
  readonly decisions: readonly (Omit<Decision, 'until'> & { readonly until: number | null })[] | null;
}
