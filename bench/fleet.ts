/**
 * A fleet for the benches, written into the real tables. It draws on ../shared/data/statistics.md:
 *
 * - findings a server: 23 hosts, mean 194, median 152, at most 399 matching advisories: a log-normal of that median and mean
 * - packages a server: mean 470
 * - priorities of findings: Critical 8 %, High 46 %, Medium 43 %, Low 3 %
 *
 * And assumes beyond them: as many distinct inventories as a tenth of the servers (`distinctInventories`), each with findings
 * of its own drawn from 20,000 vulnerabilities; 3 % of findings ignored or fixed; 5 % of servers without an open finding;
 * five enterprise projects, forty groups, one server in ten in a cluster; names of three words and a number.
 */
import {
  FINDING_STATUSES,
  FIXING_PRIORITIES,
  type FindingStatus,
  type FixingPriority,
} from '../src/findings/finding.ts';
import { summaryOf } from '../src/findings/summary.ts';
import { foldCase } from '../src/server-view/server-view.ts';
import type { CopyValue } from '../src/store/copy-rows.ts';
import type { Database } from '../src/store/database.ts';

export interface FleetSize {
  readonly servers: number;
  readonly distinctInventories: number;
}

export const FLEET_PROJECT = 'b'.repeat(32);
export const FLEET_ENTERPRISE_PROJECTS = ['0', 'ep-1', 'ep-2', 'ep-3', 'ep-4'] as const;
export const FLEET_GROUPS = 40;
const VULNERABILITIES = 20_000;
const PACKAGES_MEAN = 470;
const SERVERS_PER_COPY = 2_000;
const FINDINGS_MEDIAN = 152;
/** Sigma of the log-normal whose mean is 194 and median 152: sqrt(2 ln(194/152)). */
const FINDINGS_SIGMA = 0.7;
const FINDINGS_MAX = 2_000;
const T0 = Date.UTC(2026, 0, 1);
const INDEX_TIMEOUT_MS = 60 * 60 * 1000;

/** Numbers that look random and are the same at every run (Mulberry32). */
export function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** Writes the fleet. Findings are written as an assessment leaves them; the packages they came from are numbers only. */
export async function writeFleet(
  database: Database,
  size: FleetSize,
  onProgress: (done: number) => void,
): Promise<void> {
  const random = randomNumbers(1);
  await writeNames(database);
  // Filling the two inverted indexes row by row takes ten times as long as building them afterwards.
  await database.query('DROP INDEX server_by_package; DROP INDEX server_by_finding');
  const inventories = Array.from({ length: size.distinctInventories }, (_, index) =>
    inventoryOf(random, index),
  );
  for (let from = 0; from < size.servers; from += SERVERS_PER_COPY) {
    const count = Math.min(SERVERS_PER_COPY, size.servers - from);
    await database.transaction((tx) =>
      tx.copyIn(
        SERVER_COLUMNS,
        Array.from({ length: count }, (_, index) => serverRow(random, from + index, inventories)),
      ),
    );
    onProgress(from + count);
  }
  await database.transaction(
    (tx) =>
      tx.query(`SET LOCAL maintenance_work_mem = '1GB';
        CREATE INDEX server_by_package ON server USING gin (package_ids);
        CREATE INDEX server_by_finding ON server USING gin (finding_vulnerability)`),
    { statementTimeoutMs: INDEX_TIMEOUT_MS },
  );
  await database.execute('VACUUM ANALYZE server');
}

async function writeNames(database: Database): Promise<void> {
  await database.transaction(async (tx) => {
    await tx.execute(
      `INSERT INTO vulnerability (type, id, title, cves, published_at, known_exploited, revision)
       SELECT CASE WHEN n % 20 = 0 THEN 'app_vul' WHEN n % 100 = 1 THEN 'urgent_vul' ELSE 'linux_vul' END,
         CASE WHEN n % 20 = 0 THEN 'HCVD-APP-CVE-2025-' || 10000 + n WHEN n % 100 = 1 THEN 'URGENT-CVE-2025-' || 10000 + n
              ELSE 'ALSA-2025:' || 10000 + n END, 'bench', '{}', 0, false, 0
       FROM generate_series(1, $1) AS n`,
      [VULNERABILITIES],
    );
    await tx.execute(
      `INSERT INTO server_group (project_id, id, name, name_folded)
       SELECT $1, 'group-' || n, 'Group ' || n, 'group ' || n FROM generate_series(0, $2 - 1) AS n`,
      [FLEET_PROJECT, FLEET_GROUPS],
    );
  });
}

interface BenchInventory {
  readonly vulnerabilities: readonly number[];
  readonly statuses: readonly FindingStatus[];
  readonly priorities: readonly FixingPriority[];
  readonly packages: readonly number[];
}

function inventoryOf(random: () => number, index: number): BenchInventory {
  const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  const wanted = Math.min(FINDINGS_MAX, Math.round(FINDINGS_MEDIAN * Math.exp(FINDINGS_SIGMA * normal)));
  const isClean = random() < 0.05;
  const numbers = new Set<number>();
  while (numbers.size < wanted) numbers.add(1 + Math.floor(random() * VULNERABILITIES));
  const vulnerabilities = [...numbers].sort((a, b) => a - b);
  const packages = Array.from({ length: PACKAGES_MEAN }, (_, at) => 1 + ((index * 37 + at * 11) % 200_000));
  return {
    vulnerabilities,
    statuses: vulnerabilities.map(() => statusOf(random(), isClean)),
    priorities: vulnerabilities.map(() => priorityOf(random())),
    packages: [...new Set(packages)].sort((a, b) => a - b),
  };
}

function statusOf(chance: number, isClean: boolean): FindingStatus {
  if (isClean || chance < 0.03) return chance < 0.02 ? 'vul_status_ignored' : 'vul_status_fixed';
  return chance > 0.99 ? 'vul_status_reboot' : 'vul_status_unfix';
}

function priorityOf(chance: number): FixingPriority {
  if (chance < 0.08) return 'Critical';
  if (chance < 0.54) return 'High';
  return chance < 0.97 ? 'Medium' : 'Low';
}

const WORDS = [
  'web',
  'shop',
  'pay',
  'mail',
  'build',
  'lab',
  'edge',
  'core',
  'data',
  'auth',
  'log',
  'cache',
] as const;
const SERVER_COLUMNS = `server (project_id, id, identity, agent_id, name, name_folded, enterprise_project_id, region, public_ip, private_ip,
  group_id, os_type, system, asset_value, cluster_id, node_type, created_at, scan_time, is_unknown, package_ids,
  finding_vulnerability, finding_status, finding_priority, finding_fixable, finding_first_seen_at, finding_status_since,
  open_count, critical_count, high_count, medium_count, low_count, score, level, status_bits)`;

function serverRow(
  random: () => number,
  number: number,
  inventories: readonly BenchInventory[],
): readonly CopyValue[] {
  const inventory = inventories[Math.floor(random() * inventories.length)];
  if (inventory === undefined) throw new Error('the fleet has no inventories');
  const findings = inventory.vulnerabilities.map((vulnerability, at) => ({
    vulnerability,
    status: inventory.statuses[at] ?? 'vul_status_unfix',
    priority: inventory.priorities[at] ?? 'Low',
    fixable: true,
    firstSeenAt: T0,
    statusSince: T0,
  }));
  const summary = summaryOf(findings, false);
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] ?? (list[0] as T);
  const name = `${pick(WORDS)}-${pick(WORDS)}-${pick(WORDS)}-${number}`;
  const isNode = random() < 0.1;
  const id = idOf(random);
  const { counts } = summary;
  return [
    ...[
      FLEET_PROJECT,
      id,
      `bench:${number}`,
      id,
      name,
      foldCase(name),
      pick(FLEET_ENTERPRISE_PROJECTS),
      'cn-north-4',
    ],
    ...[`203.0.${number % 251}.${number % 241}`, `10.${number % 13}.${number % 251}.${number % 241}`],
    ...[`group-${Math.floor(random() * FLEET_GROUPS)}`, 'Linux', 'debian:12'],
    ...[
      pick(['important', 'common', 'common', 'test']),
      isNode ? `cluster-${number % 50}` : '',
      isNode ? 'cce' : 'not_cce',
    ],
    ...[T0, T0, random() < 0.02, arrayText(inventory.packages)],
    arrayText(inventory.vulnerabilities),
    arrayText(inventory.statuses.map((status) => FINDING_STATUSES[status])),
    arrayText(inventory.priorities.map((priority) => FIXING_PRIORITIES[priority])),
    arrayText(inventory.vulnerabilities.map(() => 't')),
    ...[
      arrayText(inventory.vulnerabilities.map(() => T0)),
      arrayText(inventory.vulnerabilities.map(() => T0)),
    ],
    ...[summary.openCount, counts.Critical, counts.High, counts.Medium, counts.Low],
    ...[summary.score, summary.level, summary.statusBits],
  ];
}

function arrayText(values: readonly (number | string)[]): string {
  return `{${values.join(',')}}`;
}

function idOf(random: () => number): string {
  const hex = Array.from({ length: 8 }, () =>
    Math.floor(random() * 65_536)
      .toString(16)
      .padStart(4, '0'),
  ).join('');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}
