import type { Decision } from '../../findings/assess.ts';
import type { FindingColumns } from '../../findings/finding-columns.ts';
import { ADVISORY_STATE_COLUMNS, type AdvisoryState } from '../advisories/lock-advisory-set.ts';
import type { Queryable } from '../database.ts';
import { columnsOfRow, FINDING_SET_COLUMNS, type FindingSetRow } from '../findings/load-assessable.ts';
import { prepared } from '../prepared-sql.ts';

/** What an assessment after a report needs beside the server's own row and its packages. */
export interface ReportFacts {
  readonly state: AdvisoryState;
  /** The moment against which the age of feeds is measured, in ms since 1970; undefined: the present. */
  readonly feedsMeasuredAt: number | undefined;
  readonly includeUnfixed: boolean;
  /** Whether something is asked as urgent in the project. */
  readonly hasUrgentItems: boolean;
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
      FROM decision WHERE project_id = $1 AND server_id = $2) AS decisions,
     coalesce(f.has_fixed, false) AS "hasFixed", ${FINDING_SET_COLUMNS}
   FROM (VALUES (1)) AS one LEFT JOIN advisory_set a ON true
   LEFT JOIN finding_set f ON f.project_id = $1 AND f.id = $3`,
);

/** One round trip; the server's row is to be locked. */
export async function loadReportFacts(
  tx: Queryable,
  server: { readonly projectId: string; readonly serverId: string; readonly findingSet: number | undefined },
): Promise<ReportFacts> {
  const [row] = await tx.query<ReportFactsRow>(LOAD, [
    server.projectId,
    server.serverId,
    server.findingSet ?? null,
  ]);
  if (row === undefined) throw new Error('a query of one row had none');
  const { revision, matchGeneration, startedAt, includeUnfixed, hasUrgentItems, hasFixed } = row;
  return {
    state: { revision, matchGeneration, startedAt },
    feedsMeasuredAt: row.feedsMeasuredAt ?? undefined,
    includeUnfixed,
    hasUrgentItems,
    hasFixed,
    columns: columnsOfRow(row),
    decisions: (row.decisions ?? []).map(({ until, ...decision }) => ({
      ...decision,
      until: until ?? undefined,
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
