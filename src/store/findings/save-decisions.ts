import type { SupportedOperation } from '../../findings/operations.ts';
import type { Queryable } from '../database.ts';
import { storableText } from '../storable-text.ts';

export interface DecisionsToSave {
  readonly projectId: string;
  readonly operation: SupportedOperation;
  readonly remark: string;
  readonly decidedBy: string;
  readonly now: number;
  readonly targets: readonly { readonly serverId: string; readonly vulnerability: number }[];
}

/** Keeps what a person decided about the targets, or removes the ignore that they take back. */
export async function saveDecisions(tx: Queryable, decisions: DecisionsToSave): Promise<void> {
  const { projectId, operation, targets } = decisions;
  const serverIds = targets.map((target) => target.serverId);
  const vulnerabilities = targets.map((target) => target.vulnerability);
  if (operation === 'not_ignore') {
    await tx.execute(
      `DELETE FROM decision d USING unnest($2::text[], $3::integer[]) AS t (server_id, vulnerability)
       WHERE d.project_id = $1 AND d.server_id = t.server_id AND d.vulnerability = t.vulnerability AND d.kind = 'ignored'`,
      [projectId, serverIds, vulnerabilities],
    );
    return;
  }
  await tx.execute(
    `INSERT INTO decision (project_id, server_id, vulnerability, kind, until, remark, decided_by, decided_at)
     SELECT $1, t.server_id, t.vulnerability, $4, NULL, $5, $6, $7
     FROM unnest($2::text[], $3::integer[]) AS t (server_id, vulnerability)
     ON CONFLICT (project_id, server_id, vulnerability) DO UPDATE SET
       kind = excluded.kind, until = NULL, remark = excluded.remark, decided_by = excluded.decided_by, decided_at = excluded.decided_at`,
    [
      projectId,
      serverIds,
      vulnerabilities,
      operation === 'ignore' ? 'ignored' : 'claimed_fixed',
      storableText(decisions.remark),
      decisions.decidedBy,
      decisions.now,
    ],
  );
}
