import type { SeverityWord } from '../../advisories/advisory.ts';
import type { Decision } from '../../findings/assess.ts';
import { FINDING_STATUS_WORDS, FIXING_PRIORITY_WORDS, type Finding } from '../../findings/finding.ts';
import type { AssetValue, PriorityFacts } from '../../matching/priority.ts';
import type { Queryable } from '../database.ts';

/** What an assessment needs of a server's row. */
export interface AssessableServer {
  readonly id: string;
  readonly assetValue: AssetValue;
  readonly kernelRelease: string;
  readonly kernelVersion: string;
  readonly packageIds: readonly number[];
  readonly findings: readonly Finding[];
  readonly dueAt: number | undefined;
}

/** Reads servers and locks their rows until the transaction ends, in the order of their ids so that two never deadlock. */
export async function loadAssessableServers(
  tx: Queryable,
  projectId: string,
  ids: readonly string[],
): Promise<readonly AssessableServer[]> {
  const rows = await tx.query<ServerRow>(
    `SELECT id, asset_value, kernel_release, kernel_version, package_ids, finding_vulnerability, finding_status,
       finding_priority, finding_fixable, finding_first_seen_at, finding_status_since, due_at
     FROM server WHERE project_id = $1 AND id = ANY ($2::text[]) ORDER BY id FOR UPDATE`,
    [projectId, ids],
  );
  return rows.map((row) => ({
    id: row.id,
    assetValue: row.asset_value,
    kernelRelease: row.kernel_release,
    kernelVersion: row.kernel_version,
    packageIds: row.package_ids,
    findings: findingsOf(row),
    dueAt: row.due_at ?? undefined,
  }));
}

export interface FindingArrays {
  readonly finding_vulnerability: readonly number[];
  readonly finding_status: readonly number[];
  readonly finding_priority: readonly number[];
  readonly finding_fixable: readonly boolean[];
  readonly finding_first_seen_at: readonly number[];
  readonly finding_status_since: readonly number[];
}

interface ServerRow extends FindingArrays {
  readonly id: string;
  readonly asset_value: AssetValue;
  readonly kernel_release: string;
  readonly kernel_version: string;
  readonly package_ids: readonly number[];
  readonly due_at: number | null;
}

/** The findings of a server's row from its parallel arrays. */
export function findingsOf(row: FindingArrays): readonly Finding[] {
  return row.finding_vulnerability.map((vulnerability, index) => ({
    vulnerability,
    status: FINDING_STATUS_WORDS[row.finding_status[index] ?? 0] ?? 'vul_status_unfix',
    priority: FIXING_PRIORITY_WORDS[row.finding_priority[index] ?? 0] ?? 'Low',
    fixable: row.finding_fixable[index] ?? false,
    firstSeenAt: row.finding_first_seen_at[index] ?? 0,
    statusSince: row.finding_status_since[index] ?? 0,
  }));
}

/** Decisions on the given servers' findings, by server. */
export async function loadDecisions(
  tx: Queryable,
  projectId: string,
  serverIds: readonly string[],
): Promise<ReadonlyMap<string, readonly Decision[]>> {
  const rows = await tx.query<{
    server_id: string;
    vulnerability: number;
    kind: Decision['kind'];
    until: number | null;
  }>(
    `SELECT server_id, vulnerability, kind, until FROM decision WHERE project_id = $1 AND server_id = ANY ($2::text[])`,
    [projectId, serverIds],
  );
  const decisions = new Map<string, Decision[]>();
  for (const { server_id, vulnerability, kind, until } of rows) {
    const decision = { vulnerability, kind, until: until ?? undefined };
    const held = decisions.get(server_id);
    if (held === undefined) decisions.set(server_id, [decision]);
    else held.push(decision);
  }
  return decisions;
}

/** What the priorities of the given vulnerabilities are made of, by number. */
export async function loadPriorityFacts(
  tx: Queryable,
  vulnerabilities: Iterable<number>,
): Promise<ReadonlyMap<number, PriorityFacts>> {
  const rows = await tx.query<{
    number: number;
    cvss: number | null;
    severity_word: SeverityWord | null;
    published_at: number | null;
    known_exploited: boolean;
    exploit_probability: number | null;
  }>(
    `SELECT number, cvss, severity_word, published_at, known_exploited, exploit_probability
     FROM vulnerability WHERE number = ANY ($1::integer[])`,
    [[...vulnerabilities]],
  );
  return new Map(
    rows.map((row) => [
      row.number,
      {
        cvssBase: row.cvss ?? undefined,
        word: row.severity_word ?? undefined,
        publishedAt: row.published_at ?? undefined,
        knownExploited: row.known_exploited,
        epss: row.exploit_probability ?? undefined,
      },
    ]),
  );
}
