/**
 * `bench reports`: what a report costs a node and PostgreSQL in processor time, unchanged digests and whole reports apart,
 * and how many of 300 a second are accepted where both arrive.
 */
import { setTimeout } from 'node:timers/promises';
import type { Database } from '../src/store/database.ts';
import { type BenchFleet, fleetSizes, openBenchFleet } from './bench-fleet.ts';
import { runLoad } from './load-process.ts';
import type { BenchOptions, Figures } from './main.ts';
import { type NodeProcess, startNode } from './node-process.ts';
import { familySeconds, parentOf } from './processor-time.ts';
import type { ReportKind, ReportLoadFigures, ReportLoadTask } from './report-load.ts';

const SERVERS_DEFAULT = 20_000;
const LOADS: readonly (readonly [kind: ReportKind, perSecond: number, seconds: number])[] = [
  ['both', 100, 10],
  ['unchanged', 150, 15],
  ['whole', 50, 15],
  ['both', 300, 20],
];
/** PostgreSQL tells what a connection counted up to a second later. */
const COUNTED_AFTER_MS = 1_500;

export async function reportsBench(options: BenchOptions): Promise<Figures> {
  const fleet = await openBenchFleet(options, { servers: SERVERS_DEFAULT, writes: true });
  let node: NodeProcess | undefined;
  try {
    node = await startNode(fleet.environment);
    const figures: Record<string, number | string> = { ...fleetSizes(fleet) };
    // Agents of its own for each: what one load changed another does not know.
    for (const [at, [kind, perSecond, seconds]] of LOADS.entries()) {
      options.note(`${perSecond} reports a second for ${seconds} s: ${kind}`);
      const load = { port: node.port, kind, perSecond, seconds, seed: at, from: at, of: LOADS.length };
      const measured = await measureLoad(fleet, node, load);
      // The first fills what is kept from report to report.
      if (at > 0) Object.assign(figures, prefixed(kind, measured));
    }
    return figures;
  } finally {
    await node?.stop();
    await fleet.close();
  }
}

async function measureLoad(
  fleet: BenchFleet,
  node: NodeProcess,
  task: Omit<ReportLoadTask, 'agentsFile'>,
): Promise<Figures> {
  const before = await countsOf(fleet.database, node);
  const load = await runLoad<ReportLoadFigures>('report-load', {
    ...task,
    agentsFile: fleet.folder.agentsFile,
  });
  await setTimeout(COUNTED_AFTER_MS);
  const after = await countsOf(fleet.database, node);
  const accepted = Math.max(1, load.accepted);
  const each = (count: keyof Counts): number => (after[count] - before[count]) / accepted;
  return {
    accepted_per_second: load.acceptedPerSecond,
    refused: Object.values(load.refused).reduce((sum, one) => sum + one, 0),
    wanted_in_full: load.wanted,
    whole_p50_ms: load.wholeP50Ms,
    whole_p99_ms: load.wholeP99Ms,
    unchanged_p50_ms: load.unchangedP50Ms,
    unchanged_p99_ms: load.unchangedP99Ms,
    node_ms_each: 1000 * each('nodeSeconds'),
    postgres_ms_each: 1000 * each('postgresSeconds'),
    load_ms_each: (1000 * load.processorSeconds) / accepted,
    commits_each: each('commits'),
    server_updates_each: each('serverUpdates'),
    server_hot_updates_each: each('serverHotUpdates'),
  };
}

interface Counts {
  readonly nodeSeconds: number;
  readonly postgresSeconds: number;
  readonly commits: number;
  readonly serverUpdates: number;
  readonly serverHotUpdates: number;
}

async function countsOf(database: Database, node: NodeProcess): Promise<Counts> {
  const [row] = await database.query<{ pid: number; commits: number; updates: number; hot: number }>(
    `SELECT pg_backend_pid() AS pid, d.xact_commit AS commits, t.n_tup_upd AS updates, t.n_tup_hot_upd AS hot
     FROM pg_stat_database d, pg_stat_user_tables t WHERE d.datname = current_database() AND t.relname = 'server'`,
  );
  if (row === undefined) throw new Error('PostgreSQL keeps no statistics');
  return {
    nodeSeconds: await node.processorSeconds(),
    postgresSeconds: await familySeconds(await parentOf(row.pid)),
    commits: row.commits,
    serverUpdates: row.updates,
    serverHotUpdates: row.hot,
  };
}

function prefixed(kind: ReportKind, figures: Figures): Figures {
  const isOfKind = (name: string): boolean =>
    kind === 'both' || !name.startsWith(kind === 'whole' ? 'unchanged_' : 'whole_');
  return Object.fromEntries(
    Object.entries(figures)
      .filter(([name]) => isOfKind(name))
      .map(([name, value]) => [`${kind}_${name}`, value]),
  );
}
