import type { Assessment } from '../../findings/assess.ts';
import { FINDING_STATUSES, FIXING_PRIORITIES } from '../../findings/finding.ts';
import type { ServerSummary } from '../../findings/summary.ts';
import type { Queryable } from '../database.ts';

export interface AssessedServer {
  readonly projectId: string;
  readonly serverId: string;
  readonly assessment: Assessment;
  readonly summary: ServerSummary;
  /** Who caused it, for the history: a user, `report`, `advisories` or `clock`. */
  readonly actor: string;
  readonly remark: string;
  readonly now: number;
}

/** Writes one server's findings, its summary and its history, and removes the decisions that came to their end. */
export async function saveAssessment(tx: Queryable, assessed: AssessedServer): Promise<void> {
  const { projectId, serverId, assessment, summary } = assessed;
  const { findings } = assessment;
  await tx.execute(
    `UPDATE server SET
       finding_vulnerability = $3, finding_status = $4, finding_priority = $5, finding_fixable = $6,
       finding_first_seen_at = $7, finding_status_since = $8, open_count = $9, critical_count = $10, high_count = $11,
       medium_count = $12, low_count = $13, score = $14, level = $15, status_bits = $16, due_at = $17
     WHERE project_id = $1 AND id = $2`,
    [
      projectId,
      serverId,
      findings.map((finding) => finding.vulnerability),
      findings.map((finding) => FINDING_STATUSES[finding.status]),
      findings.map((finding) => FIXING_PRIORITIES[finding.priority]),
      findings.map((finding) => finding.fixable),
      findings.map((finding) => finding.firstSeenAt),
      findings.map((finding) => finding.statusSince),
      summary.openCount,
      summary.counts.Critical,
      summary.counts.High,
      summary.counts.Medium,
      summary.counts.Low,
      summary.score,
      summary.level,
      summary.statusBits,
      assessment.dueAt ?? null,
    ],
  );
  await insertEvents(tx, assessed);
  if (assessment.endedDecisions.length > 0) {
    await tx.execute(
      `DELETE FROM decision WHERE project_id = $1 AND server_id = $2 AND vulnerability = ANY ($3::integer[])`,
      [projectId, serverId, assessment.endedDecisions],
    );
  }
}

async function insertEvents(tx: Queryable, assessed: AssessedServer): Promise<void> {
  const { events } = assessed.assessment;
  if (events.length === 0) return;
  await tx.execute(
    `INSERT INTO finding_event (project_id, server_id, vulnerability, kind, status_before, status_after, actor, remark, at)
     SELECT $1, $2, e.*, $7, $8, $9
     FROM unnest($3::integer[], $4::text[], $5::smallint[], $6::smallint[]) AS e (vulnerability, kind, status_before, status_after)`,
    [
      assessed.projectId,
      assessed.serverId,
      events.map((event) => event.vulnerability),
      events.map((event) => event.kind),
      events.map((event) => (event.statusBefore === undefined ? null : FINDING_STATUSES[event.statusBefore])),
      events.map((event) => (event.statusAfter === undefined ? null : FINDING_STATUSES[event.statusAfter])),
      assessed.actor,
      assessed.remark,
      assessed.now,
    ],
  );
}
