/**
 * `bench freshness`: two nodes on one PostgreSQL. Reports go to the first, and from each acknowledgement on both are asked
 * for the server until they show it; at rest, and while 300 other reports a second arrive at the first node.
 */
import { fleetSizes, openBenchFleet } from './bench-fleet.ts';
import { percentile, runLoad } from './load-process.ts';
import type { BenchOptions, Figures } from './main.ts';
import { type NodeProcess, startNode } from './node-process.ts';
import type { ReportLoadFigures, ReportLoadTask } from './report-load.ts';
import type { VisibilityFigures, VisibilityTask } from './visibility-load.ts';

const SERVERS_DEFAULT = 100_000;
const SAMPLES = 200;
const REPORTS_PER_SECOND = 300;
const LOAD_SECONDS = 20;
/** The two loads have agents of their own: one in ten is asked for. */
const AGENTS_OF = 10;

export async function freshnessBench(options: BenchOptions): Promise<Figures> {
  const fleet = await openBenchFleet(options, { servers: SERVERS_DEFAULT, writes: true });
  const nodes: NodeProcess[] = [];
  try {
    for (let node = 0; node < 2; node += 1) nodes.push(await startNode(fleet.environment));
    const ports = nodes.map((node) => node.port);
    const visibility: VisibilityTask = {
      ports,
      token: fleet.token,
      path: fleet.viewPath,
      agentsFile: fleet.folder.agentsFile,
      samples: SAMPLES,
      from: 0,
      of: AGENTS_OF,
    };
    options.note('from acknowledgement to visible, at rest');
    const atRest = await runLoad<VisibilityFigures>('visibility-load', visibility);
    options.note(`the same while ${REPORTS_PER_SECOND} reports a second arrive`);
    const [underReports, load] = await Promise.all([
      runLoad<VisibilityFigures>('visibility-load', { ...visibility, from: 1 }),
      runLoad<ReportLoadFigures>('report-load', {
        port: ports[0] ?? 0,
        agentsFile: fleet.folder.agentsFile,
        kind: 'both',
        perSecond: REPORTS_PER_SECOND,
        seconds: LOAD_SECONDS,
        seed: 3,
        from: 2,
        of: 3,
      } satisfies ReportLoadTask),
    ]);
    return {
      ...fleetSizes(fleet),
      // Of the node that is later.
      seconds_visible_p50: Math.max(...atRest.map((list) => percentile(list, 0.5))),
      seconds_visible_p99: Math.max(...atRest.map((list) => percentile(list, 0.99))),
      ...figuresOf(atRest, ''),
      ...figuresOf(underReports, '_under_reports'),
      reports_accepted_per_second: load.acceptedPerSecond,
      reports_refused: Object.values(load.refused).reduce((sum, one) => sum + one, 0),
      report_p99_ms: load.wholeP99Ms,
    };
  } finally {
    for (const node of nodes) await node.stop();
    await fleet.close();
  }
}

function figuresOf([own = [], other = []]: VisibilityFigures, suffix: string): Figures {
  return {
    [`seconds_visible_own_node_p50${suffix}`]: percentile(own, 0.5),
    [`seconds_visible_own_node_p99${suffix}`]: percentile(own, 0.99),
    [`seconds_visible_other_node_p50${suffix}`]: percentile(other, 0.5),
    [`seconds_visible_other_node_p99${suffix}`]: percentile(other, 0.99),
  };
}
