import type { Advisory } from '../../advisories/advisory.ts';
import type { Queryable } from '../database.ts';
import type { UrgentItem } from './urgent-items.ts';

/** Open questions about packages, of every project, that say by which ids a record would answer them. */
export async function openQuestions(
  tx: Queryable,
): Promise<readonly { readonly projectId: string; readonly item: UrgentItem }[]> {
  const rows = await tx.query<UrgentItem & { readonly projectId: string }>(
    `SELECT project_id AS "projectId", id, kind, name, ecosystem, range, aliases, vulnerability, asked_by AS "askedBy",
       asked_at AS "askedAt", reason, state, state_since AS "stateSince", retired_into AS "retiredInto",
       first_match_at AS "firstMatchAt", last_match_at AS "lastMatchAt"
     FROM urgent_item WHERE kind = 'package' AND state = 'open' AND aliases <> '{}' ORDER BY project_id, id`,
  );
  return rows.map(({ projectId, ...item }) => ({ projectId, item }));
}

/** A record and the package it is filed under. */
export interface NewRecord {
  readonly feed: string;
  readonly advisory: Pick<Advisory, 'id' | 'cves' | 'aliases'>;
  readonly ecosystem: string;
  readonly name: string;
}

/** Records numbered above `numberBefore` about packages of these names (of Maven's `group:artifact` the artifact too). */
export async function newRecordsNaming(
  tx: Queryable,
  names: readonly string[],
  numberBefore: number,
): Promise<readonly NewRecord[]> {
  const rows = await tx.query<{ feed: string; facts: string; ecosystem: string; name: string }>(
    `SELECT a.feed, a.facts, af.ecosystem, af.name
     FROM advisory a JOIN advisory_affected af ON af.advisory = a.number
     WHERE a.number > $2
       AND (af.name = ANY ($1::text[]) OR af.ecosystem = 'Maven' AND split_part(af.name, ':', 2) = ANY ($1::text[]))
     ORDER BY a.feed, a.id`,
    [names, numberBefore],
  );
  return rows.map(({ facts, ...row }) => {
    // Written by stageAdvisories from an Advisory, so this is its form.
    const { id, cves, aliases } = JSON.parse(facts) as Omit<Advisory, 'affected'>;
    return { ...row, advisory: { id, cves, aliases } };
  });
}
