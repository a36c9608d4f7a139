/**
 * Carries out what a person decided about findings: one transaction, whole or not at all. Named findings must exist and
 * allow the operation, or the whole request is refused; "all" takes those that allow it.
 */

import { appError } from '../errors.ts';
import { isAllowed, type SupportedOperation } from '../findings/operations.ts';
import type { VulnerabilityType } from '../matching/candidate.ts';
import type { Database, Queryable } from '../store/database.ts';
import { type AssessableServer, loadAssessableServers } from '../store/findings/load-assessable.ts';
import { saveDecisions } from '../store/findings/save-decisions.ts';
import { serverIdsInScope } from '../store/fleet/server-ids-in-scope.ts';
import { assessServers } from './assess-servers.ts';

const SERVERS_PER_BATCH = 200;

/** Findings of one server: of these vulnerability ids, or all. */
export interface FindingSelection {
  readonly serverId: string;
  readonly vulnerabilityIds: readonly string[] | 'all';
  /** Whether the server was named by the caller: then a named finding that does not allow the operation refuses all. */
  readonly isNamed: boolean;
}

export interface DecisionRequest {
  readonly projectId: string;
  readonly enterpriseProjects: 'all' | readonly string[];
  readonly operation: SupportedOperation;
  readonly remark: string;
  readonly decidedBy: string;
  /** Undefined: a named id is looked up in every type, and "all" takes every type. */
  readonly type: VulnerabilityType | undefined;
  readonly selection: 'all' | readonly FindingSelection[];
  readonly now: number;
}

/** Returns how many findings the decision concerns. */
export async function decideFindings(database: Database, request: DecisionRequest): Promise<number> {
  return await database.transaction(async (tx) => {
    const selection = await resolveSelection(tx, request);
    let decided = 0;
    for (let from = 0; from < selection.length; from += SERVERS_PER_BATCH) {
      decided += await decideBatch(tx, request, selection.slice(from, from + SERVERS_PER_BATCH));
    }
    return decided;
  });
}

interface ResolvedSelection {
  readonly serverId: string;
  /** Numbers by the id under which they were asked for; "all" of the type where undefined. */
  readonly named: ReadonlyMap<string, ReadonlySet<number>> | undefined;
  readonly isNamed: boolean;
}

async function resolveSelection(
  tx: Queryable,
  request: DecisionRequest,
): Promise<readonly ResolvedSelection[]> {
  const { selection } = request;
  if (selection === 'all') {
    const all = await serverIdsInScope(tx, request, undefined);
    return all.map((serverId) => ({ serverId, named: undefined, isNamed: false }));
  }
  const asked = new Map<string, Set<string> | 'all'>();
  for (const { serverId, vulnerabilityIds } of selection) {
    const held = asked.get(serverId);
    if (vulnerabilityIds === 'all' || held === 'all') asked.set(serverId, 'all');
    else asked.set(serverId, new Set([...(held ?? []), ...vulnerabilityIds]));
  }
  const isNamed = new Set(selection.filter((item) => item.isNamed).map((item) => item.serverId));
  const found = new Set(await serverIdsInScope(tx, request, [...asked.keys()]));
  for (const serverId of asked.keys())
    if (!found.has(serverId)) throw appError('server-unknown', { serverId });
  const ids = new Set([...asked.values()].flatMap((wanted) => (wanted === 'all' ? [] : [...wanted])));
  const numbers = await numbersByVulnerabilityId(tx, [...ids], request.type);
  for (const id of ids) if (!numbers.has(id)) throw appError('vulnerability-unknown', { id });
  return [...asked.entries()]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([serverId, wanted]) => ({
      serverId,
      named:
        wanted === 'all' ? undefined : new Map([...wanted].map((id) => [id, numbers.get(id) ?? new Set()])),
      isNamed: isNamed.has(serverId),
    }));
}

async function numbersByVulnerabilityId(
  tx: Queryable,
  ids: readonly string[],
  type: VulnerabilityType | undefined,
): Promise<ReadonlyMap<string, ReadonlySet<number>>> {
  const rows = await tx.query<{ id: string; number: number }>(
    `SELECT id, number FROM vulnerability WHERE id = ANY ($1::text[]) AND ($2::text IS NULL OR type = $2)`,
    [ids, type ?? null],
  );
  const numbers = new Map<string, Set<number>>();
  for (const { id, number } of rows) numbers.set(id, (numbers.get(id) ?? new Set()).add(number));
  return numbers;
}

async function decideBatch(
  tx: Queryable,
  request: DecisionRequest,
  batch: readonly ResolvedSelection[],
): Promise<number> {
  const { projectId, operation } = request;
  const servers = await loadAssessableServers(
    tx,
    projectId,
    batch.map((item) => item.serverId),
  );
  const ofType = await numbersOfType(tx, servers, request.type);
  const asked = new Map(batch.map((item) => [item.serverId, item]));
  const targets = servers.flatMap((server) => {
    const item = asked.get(server.id);
    const chosen =
      item?.named === undefined
        ? allowedFindings(server, operation, ofType)
        : namedFindings(server, operation, { named: item.named, isNamed: item.isNamed });
    return chosen.map((vulnerability) => ({ serverId: server.id, vulnerability }));
  });
  if (targets.length === 0) return 0;
  await saveDecisions(tx, { ...request, targets });
  await assessServers(tx, {
    projectId,
    servers: { serverIds: [...new Set(targets.map((target) => target.serverId))] },
    cause: 'decision',
    actor: request.decidedBy,
    remark: request.remark,
    now: request.now,
  });
  return targets.length;
}

async function numbersOfType(
  tx: Queryable,
  servers: readonly AssessableServer[],
  type: VulnerabilityType | undefined,
): Promise<ReadonlySet<number>> {
  const numbers = new Set(
    servers.flatMap((server) => server.findings.map((finding) => finding.vulnerability)),
  );
  if (type === undefined) return numbers;
  const rows = await tx.query<{ number: number }>(
    `SELECT number FROM vulnerability WHERE number = ANY ($1::integer[]) AND type = $2`,
    [[...numbers], type],
  );
  return new Set(rows.map((row) => row.number));
}

function allowedFindings(
  server: AssessableServer,
  operation: SupportedOperation,
  ofType: ReadonlySet<number>,
): readonly number[] {
  return server.findings
    .filter((finding) => ofType.has(finding.vulnerability) && isAllowed(operation, finding.status))
    .map((finding) => finding.vulnerability);
}

function namedFindings(
  server: AssessableServer,
  operation: SupportedOperation,
  asked: { readonly named: ReadonlyMap<string, ReadonlySet<number>>; readonly isNamed: boolean },
): readonly number[] {
  const findings = new Map(server.findings.map((finding) => [finding.vulnerability, finding]));
  return [...asked.named.entries()].flatMap(([id, numbers]) => {
    const held = [...numbers].flatMap((number) => findings.get(number) ?? []);
    const allowed = held.filter((finding) => isAllowed(operation, finding.status));
    const [refused] = held.filter((finding) => !allowed.includes(finding));
    if (asked.isNamed && held.length === 0) throw appError('finding-unknown', { id, serverId: server.id });
    if (asked.isNamed && refused !== undefined) {
      throw appError('operation-not-allowed', { id, serverId: server.id, operation, status: refused.status });
    }
    return allowed.map((finding) => finding.vulnerability);
  });
}
