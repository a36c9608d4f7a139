/**
 * Healing: the versions of all servers, a chunk at a time, against those that the read model holds. The model must be at the
 * very moment from which the versions are read, so each chunk is read in the transaction that has just brought it there.
 */
import type { Queryable } from '../database.ts';
import { readServers } from './read-changes.ts';
import type { ServerChanges, ServerKey, ServerVersion, ViewSink } from './view-sink.ts';

/** Servers compared in one transaction: some 10 ms, for which reading changes waits. */
export const COMPARED_AT_ONCE_MAX = 2_000;

/** How far a pass has come: the last server compared; undefined at the beginning. */
export type ComparePosition = ServerKey | undefined;

export interface ComparedChunk {
  /** Undefined: this was the last chunk of the pass. */
  readonly next: ComparePosition;
  /** What the model held wrongly, as it is in the store. */
  readonly repairs: ServerChanges;
}

/** Compares the servers after `after`; at the end of the pass also looks for those that the store does not have. */
export async function compareChunk(
  tx: Queryable,
  sink: Pick<ViewSink, 'beginComparing' | 'compare' | 'uncompared'>,
  after: ComparePosition,
): Promise<ComparedChunk> {
  if (after === undefined) sink.beginComparing();
  const versions = await versionsAfter(tx, after);
  const differing = [...sink.compare(versions)];
  const isLast = versions.length < COMPARED_AT_ONCE_MAX;
  if (isLast) differing.push(...sink.uncompared(COMPARED_AT_ONCE_MAX));
  const repairs = differing.length === 0 ? { upserts: [], removals: [] } : await readServers(tx, differing);
  return { next: isLast ? undefined : versions.at(-1), repairs };
}

async function versionsAfter(tx: Queryable, after: ComparePosition): Promise<readonly ServerVersion[]> {
  return await tx.query<ServerVersion>(
    `SELECT project_id AS "projectId", id, xmin::text::bigint AS version FROM server
     WHERE $1::text IS NULL OR (project_id, id) > ($1, $2) ORDER BY project_id, id LIMIT $3`,
    [after?.projectId ?? null, after?.id ?? null, COMPARED_AT_ONCE_MAX],
  );
}
