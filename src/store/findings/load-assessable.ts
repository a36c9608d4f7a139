import type { SeverityWord } from '../../advisories/advisory.ts';
import type { Decision } from '../../findings/assess.ts';
import type { Finding } from '../../findings/finding.ts';
import { type FindingColumns, undatedFindings } from '../../findings/finding-columns.ts';
import { DATES_LENGTH_MAX, datedFindings, type FindingDates } from '../../findings/finding-dates.ts';
import type { AssetValue, PriorityFacts } from '../../matching/priority.ts';
import type { Queryable } from '../database.ts';

/** What an assessment needs of a server's row. */
export interface AssessableServer {
  readonly id: string;
  readonly assetValue: AssetValue;
  readonly kernelRelease: string;
  readonly kernelVersion: string;
  /** Packages that the machine says wait for a restart. */
  readonly restartPackages: readonly string[];
  readonly packageIds: readonly number[];
  /** Number of that set of packages; undefined: nothing was ever reported. */
  readonly packageSet: number | undefined;
  readonly findings: readonly Finding[];
  readonly dueAt: number | undefined;
}

/** Servers whose rows are locked until the transaction ends; at least one. */
export interface LockedServers {
  /** Ascending. */
  readonly serverIds: readonly string[];
  /** Where their rows lie (`ctid`), in the same order: as long as they are locked, the quickest way to them. */
  readonly rows: readonly string[];
}

/** Servers of which an assessment needs the same: what comes out for one holds for all. */
export interface AssessableGroup extends Omit<AssessableServer, 'id'>, LockedServers {
  /** Whether the moments of `findings` are the servers' own. Else they are 0, and only what changes is to be written. */
  readonly isDated: boolean;
}

/** Which servers: by id, or all that have one of the sets of packages. */
export type ServerChoice =
  | { readonly serverIds: readonly string[] }
  | { readonly packageSets: readonly number[] };

/**
 * Reads servers and locks their rows until the transaction ends, in the order of their ids so that two never deadlock. The
 * moments of their findings are 0 but where `loadAssessableGroups` needs them.
 */
export async function loadAssessableServers(
  tx: Queryable,
  projectId: string,
  ids: readonly string[],
): Promise<readonly AssessableServer[]> {
  const groups = await loadAssessableGroups(tx, projectId, { serverIds: ids });
  return groups.flatMap(({ serverIds, rows: _rows, ...group }) => serverIds.map((id) => ({ id, ...group })));
}

/**
 * The same in groups that are assessed at once. A server on which somebody has decided something is a group of its own; one
 * with a fixed finding shares a group only with those of the same moments, because they say when that leaves the lists.
 */
export async function loadAssessableGroups(
  tx: Queryable,
  projectId: string,
  choice: ServerChoice,
): Promise<readonly AssessableGroup[]> {
  const locked = await lockServers(tx, projectId, choice);
  const rows = await tx.query<GroupRow>(
    `WITH keyed AS (
       SELECT l.*, l.ctid AS row,
         CASE WHEN cardinality(l.finding_dates) >= $3
             OR EXISTS (SELECT FROM decision d WHERE d.project_id = $1 AND d.server_id = l.id)
           THEN l.id ELSE '' END AS own_id,
         coalesce(f.has_fixed, false) AS has_fixed
       FROM server l LEFT JOIN finding_set f ON f.project_id = $1 AND f.id = l.finding_set
       WHERE l.project_id = $1 AND l.ctid = ANY ($2::tid[])),
     grouped AS (
       SELECT array_agg(k.id ORDER BY k.id) AS server_ids, array_agg(k.row::text ORDER BY k.id) AS rows, k.asset_value, k.kernel_release, k.kernel_version, k.restart_packages,
         k.package_set, k.finding_set, k.due_at, (k.own_id <> '' OR k.has_fixed) AS is_dated,
         CASE WHEN k.own_id <> '' OR k.has_fixed THEN k.finding_since ELSE 0 END AS since,
         CASE WHEN k.own_id <> '' OR k.has_fixed THEN k.finding_dates ELSE '{}' END AS dates
       FROM keyed k
       GROUP BY k.asset_value, k.kernel_release, k.kernel_version, k.restart_packages, k.package_set, k.finding_set, k.due_at,
         k.own_id, 10, 11, 12)
     SELECT g.*, ${FINDING_SET_COLUMNS}
     FROM grouped g
     LEFT JOIN finding_set f ON f.project_id = $1 AND f.id = g.finding_set`,
    [projectId, locked, DATES_LENGTH_MAX],
  );
  const packageSets = await loadPackageSets(
    tx,
    projectId,
    rows.flatMap((row) => row.package_set ?? []),
  );
  return rows.map((row) => ({
    serverIds: row.server_ids,
    rows: row.rows,
    assetValue: row.asset_value,
    kernelRelease: row.kernel_release,
    kernelVersion: row.kernel_version,
    restartPackages: row.restart_packages,
    packageIds: packageSets.get(row.package_set ?? 0) ?? [],
    packageSet: row.package_set ?? undefined,
    findings: findingsOf(row),
    isDated: row.is_dated,
    dueAt: row.due_at ?? undefined,
  }));
}

/**
 * Locks the servers until the transaction ends, in the order of their ids. A statement of its own: one that waits for a lock
 * goes on with the row as it is then, and with everything else as it was when it began, so a set of findings that was made
 * meanwhile would be missing. Returns where their rows lie.
 */
export async function lockServers(
  tx: Queryable,
  projectId: string,
  choice: ServerChoice,
): Promise<readonly string[]> {
  const [condition, chosen] =
    'serverIds' in choice
      ? ['id = ANY ($2::text[])', choice.serverIds]
      : ['package_set = ANY ($2::bigint[])', choice.packageSets];
  const rows = await tx.query<{ row: string }>(
    `SELECT ctid::text AS row FROM server WHERE project_id = $1 AND ${condition} ORDER BY id FOR UPDATE`,
    [projectId, chosen],
  );
  return rows.map(({ row }) => row);
}

/** The packages of sets, by number: apart from the groups, because several of them have the same one. */
async function loadPackageSets(
  tx: Queryable,
  projectId: string,
  numbers: readonly number[],
): Promise<ReadonlyMap<number, readonly number[]>> {
  const rows = await tx.query<{ id: number; package_ids: readonly number[] }>(
    `SELECT id, package_ids FROM package_set WHERE project_id = $1 AND id = ANY ($2::bigint[])`,
    [projectId, [...new Set(numbers)]],
  );
  return new Map(rows.map((row) => [row.id, row.package_ids]));
}

/** The findings of a row of `server` from `f`, the `finding_set` that it has or not; with `since` and `dates` a `FindingsRow`. */
export const FINDING_SET_COLUMNS = `coalesce(f.vulnerability, '{}') AS finding_vulnerability,
  coalesce(f.status, '{}') AS finding_status, coalesce(f.priority, '{}') AS finding_priority,
  coalesce(f.fixable, '{}') AS finding_fixable`;

export interface FindingSetRow {
  readonly finding_vulnerability: readonly number[];
  readonly finding_status: readonly number[];
  readonly finding_priority: readonly number[];
  readonly finding_fixable: readonly boolean[];
}

export interface FindingsRow extends FindingDates, FindingSetRow {}

interface GroupRow extends FindingsRow {
  readonly server_ids: readonly string[];
  readonly rows: readonly string[];
  readonly asset_value: AssetValue;
  readonly kernel_release: string;
  readonly kernel_version: string;
  readonly restart_packages: readonly string[];
  readonly package_set: number | null;
  readonly due_at: number | null;
  readonly is_dated: boolean;
}

/** The findings of a server from the parallel arrays of its set and its own dates. */
export function findingsOf(row: FindingsRow): readonly Finding[] {
  return datedFindings(undatedFindings(columnsOfRow(row)), row);
}

/** The columns of the row's set. */
export function columnsOfRow(row: FindingSetRow): FindingColumns {
  return {
    vulnerability: row.finding_vulnerability,
    status: row.finding_status,
    priority: row.finding_priority,
    fixable: row.finding_fixable,
  };
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
    // What an operator calls urgent ranks as what the catalogue does.
    `SELECT number, cvss, severity_word, published_at, (known_exploited OR type = 'urgent_vul') AS known_exploited,
       exploit_probability
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
