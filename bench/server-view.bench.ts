/**
 * `bench server-view`: the server view over HTTP, with the load from a second process: random filters and offsets, limit 10
 * and 200, against the same application sending as many bytes from one ready buffer, and against the same questions in
 * SQL. Cold: what filters selected is forgotten before every question. What is compared takes turns, so that what else the
 * machine does meets all alike. p99 under reports, and memory, are those of a real `parapet serve`.
 */
import { setTimeout } from 'node:timers/promises';
import { listServersInSql } from '../src/store/server-view/list-servers.ts';
import { vulnerabilityDictionary } from '../src/store/vulnerability-dictionary.ts';
import { type BenchFleet, fleetSizes, openBenchFleet } from './bench-fleet.ts';
import type { HttpLoadFigures, HttpLoadTask } from './http-load.ts';
import { runLoad } from './load-process.ts';
import type { BenchOptions, Figures } from './main.ts';
import { type NodeProcess, startNode } from './node-process.ts';
import type { ReportLoadFigures, ReportLoadTask } from './report-load.ts';
import { listen, loadModel, type Timed, timed, type ViewService } from './view-service.ts';

const SERVERS_DEFAULT = 100_000;
const CONNECTIONS = 4;
const LOAD_SECONDS = 2;
const TURNS = 4;
const SQL_LIMIT = 10;
const REPORTS_PER_SECOND = 300;
/** Questions while reports arrive, beside as many as can be answered: whoever asks again at once takes all that is left. */
const QUESTIONS_PER_SECOND = 100;
const UNDER_REPORTS_SECONDS = 15;
/** Time that reports arrive before the view is asked: caches and the buffers of the database are warm by then. */
const REPORTS_AHEAD_MS = 3_000;

/**
 * What SQL would need to find a page without sorting. Parapet has no such index, because every change of a finding would
 * write it; the comparison is with SQL at its best.
 */
const VIEW_ORDER_INDEX = `CREATE INDEX bench_server_by_rank ON server (project_id, sort_rank, critical_count DESC,
  high_count DESC, medium_count DESC, low_count DESC, name COLLATE "C", id COLLATE "C")`;

export async function serverViewBench(options: BenchOptions): Promise<Figures> {
  const fleet = await openBenchFleet(options, { servers: SERVERS_DEFAULT, writes: true });
  try {
    const compared = await compareAnswers(fleet, options.note);
    const node = await startNode(fleet.environment);
    try {
      options.note(`a node is ready after ${node.secondsToReady.toFixed(1)} s`);
      const figures = await underReports(fleet, node, options.note);
      return { ...fleetSizes(fleet), ...compared, ...figures };
    } finally {
      await node.stop();
    }
  } finally {
    await fleet.close();
  }
}

/** In this process: the model, ready bytes and SQL. */
async function compareAnswers(fleet: BenchFleet, note: (text: string) => void): Promise<Figures> {
  const { database, facts } = fleet;
  const { model, figures } = await loadModel(database, facts.projectId);
  note(`the read model is loaded after ${Number(figures['seconds_load']).toFixed(1)} s`);
  let isCold = true;
  const view = timed(async (filter, page) => {
    if (isCold) model.forgetSelections();
    return model.page(filter, page);
  });
  const sql = timed(listServersInSql(database, vulnerabilityDictionary(database)));
  const service = await listen(database);
  try {
    const side = { fleet, service, view };
    const cold = await againstReadyBytes(side, '', note);
    const inSql = await againstSql(side, sql, note);
    const deep = await depth(side, note);
    isCold = false;
    const reused = await againstReadyBytes(side, '_reused', note);
    return { ...figures, ...cold, ...reused, ...inSql, ...deep };
  } finally {
    await service.close();
  }
}

interface Side {
  readonly fleet: BenchFleet;
  readonly service: ViewService;
  readonly view: Timed;
}

/** Random questions against the ready buffer, at both limits; names of the figures end in `suffix`. */
async function againstReadyBytes(
  { fleet, service, view }: Side,
  suffix: string,
  note: (text: string) => void,
): Promise<Figures> {
  const figures: Record<string, number> = {};
  service.setAnswer(view.answer);
  for (const limit of [10, 200]) {
    note(`limit ${limit}${suffix}: the view and a ready buffer of the same mean size, in turns`);
    const views: HttpLoadFigures[] = [];
    const readies: HttpLoadFigures[] = [];
    for (let turn = 0; turn < TURNS; turn += 1) {
      const asked = await ask(fleet, service.port, { mode: 'random', limit, seed: 7 + turn });
      service.setReady(Buffer.alloc(asked.bytesMean, 0x20));
      const path = `/v5/${fleet.facts.projectId}/ready`;
      readies.push(await ask(fleet, service.port, { path, mode: 'plain', limit }));
      views.push(asked);
    }
    const perSecond = meanOf(views, 'requestsPerSecond');
    figures[`requests_per_second_limit_${limit}${suffix}`] = perSecond;
    figures[`p99_ms_limit_${limit}${suffix}`] = meanOf(views, 'p99Ms');
    figures[`body_bytes_mean_limit_${limit}${suffix}`] = meanOf(views, 'bytesMean');
    figures[`ratio_ready_bytes_limit_${limit}${suffix}`] = perSecond / meanOf(readies, 'requestsPerSecond');
  }
  return figures;
}

/** One connection, so that no question waits for another; the view is as cold as SQL is. */
async function againstSql(
  { fleet, service, view }: Side,
  sql: Timed,
  note: (text: string) => void,
): Promise<Figures> {
  note('the same questions in SQL and from the model, in turns');
  await fleet.database.execute(VIEW_ORDER_INDEX);
  const sums = { view: 0, sql: 0 };
  const meanMs = async (which: Timed, seed: number): Promise<number> => {
    service.setAnswer(which.answer);
    which.takeMeanMs();
    await ask(fleet, service.port, { mode: 'random', limit: SQL_LIMIT, connections: 1, seed, seconds: 5 });
    return which.takeMeanMs();
  };
  for (let turn = 0; turn < TURNS; turn += 1) {
    sums.sql += await meanMs(sql, 100 + turn);
    sums.view += await meanMs(view, 100 + turn);
  }
  service.setAnswer(view.answer);
  await fleet.database.execute('DROP INDEX bench_server_by_rank');
  return { view_mean_ms: sums.view / TURNS, sql_mean_ms: sums.sql / TURNS, ratio_sql: sums.sql / sums.view };
}

async function depth({ fleet, service, view }: Side, note: (text: string) => void): Promise<Figures> {
  note('depth: offset 0 against the deepest page');
  service.setAnswer(view.answer);
  const shallow: HttpLoadFigures[] = [];
  const deep: HttpLoadFigures[] = [];
  for (let turn = 0; turn < TURNS; turn += 1) {
    const path = `${fleet.viewPath}&limit=10&offset=0`;
    shallow.push(await ask(fleet, service.port, { path, mode: 'plain', limit: 10 }));
    deep.push(await ask(fleet, service.port, { mode: 'deep', limit: 10 }));
  }
  return {
    p99_ms_offset_0: meanOf(shallow, 'p99Ms'),
    p99_ms_offset_deepest: meanOf(deep, 'p99Ms'),
    ratio_depth_p99: meanOf(deep, 'p99Ms') / meanOf(shallow, 'p99Ms'),
  };
}

/** The view of a real node at rest and while agents report to it, and the memory of the node. */
async function underReports(
  fleet: BenchFleet,
  node: NodeProcess,
  note: (text: string) => void,
): Promise<Figures> {
  note('a node at rest');
  await ask(fleet, node.port, { mode: 'random', limit: 10, seed: 20 });
  const { rssMb } = await node.memory();
  const some = await atRestAndUnderReports(
    fleet,
    node,
    { perSecond: QUESTIONS_PER_SECOND, seed: 22, agents: 0 },
    note,
  );
  const most = await atRestAndUnderReports(fleet, node, { seed: 21, agents: 1 }, note);
  const memory = await node.memory();
  return {
    seconds_to_ready: node.secondsToReady,
    ...underReportsFigures(most, ''),
    ...underReportsFigures(some, `_${QUESTIONS_PER_SECOND}_questions`),
    rss_mb: rssMb,
    rss_mb_after_reports: memory.rssMb,
    peak_rss_mb: memory.peakRssMb,
  };
}

interface UnderReports {
  readonly atRest: HttpLoadFigures;
  readonly busy: HttpLoadFigures;
  readonly sent: ReportLoadFigures;
}

/** The same questions at rest, and while reports arrive. */
async function atRestAndUnderReports(
  fleet: BenchFleet,
  node: NodeProcess,
  {
    agents,
    ...questions
  }: Pick<HttpLoadTask, 'seed' | 'perSecond'> & {
    /** Which half of the agents reports: what one of them says twice would no longer be unchanged. */
    readonly agents: 0 | 1;
  },
  note: (text: string) => void,
): Promise<UnderReports> {
  const seconds = UNDER_REPORTS_SECONDS - REPORTS_AHEAD_MS / 1000;
  const load = { ...questions, mode: 'random', limit: 10, seconds } as const;
  const atRest = await ask(fleet, node.port, load);
  const asked =
    questions.perSecond === undefined
      ? 'as many questions as are answered'
      : `${questions.perSecond} questions a second`;
  note(`${asked}, while ${REPORTS_PER_SECOND} reports a second arrive`);
  const reports = runLoad<ReportLoadFigures>('report-load', {
    port: node.port,
    agentsFile: fleet.folder.agentsFile,
    kind: 'both',
    perSecond: REPORTS_PER_SECOND,
    seconds: UNDER_REPORTS_SECONDS,
    seed: questions.seed,
    from: agents,
    of: 2,
  } satisfies ReportLoadTask);
  await setTimeout(REPORTS_AHEAD_MS);
  const [busy, sent] = await Promise.all([ask(fleet, node.port, load), reports]);
  return { atRest, busy, sent };
}

function underReportsFigures({ atRest, busy, sent }: UnderReports, of: string): Figures {
  return {
    [`p99_ms_at_rest${of}`]: atRest.p99Ms,
    [`requests_per_second_at_rest${of}`]: atRest.requestsPerSecond,
    [`p99_ms_under_reports${of}`]: busy.p99Ms,
    [`requests_per_second_under_reports${of}`]: busy.requestsPerSecond,
    [`ratio_under_reports_p99${of}`]: busy.p99Ms / atRest.p99Ms,
    [`reports_accepted_per_second${of}`]: sent.acceptedPerSecond,
    [`reports_refused${of}`]: Object.values(sent.refused).reduce((sum, one) => sum + one, 0),
    [`report_whole_p99_ms${of}`]: sent.wholeP99Ms,
    [`report_unchanged_p99_ms${of}`]: sent.unchangedP99Ms,
  };
}

function meanOf(loads: readonly HttpLoadFigures[], name: keyof HttpLoadFigures): number {
  return loads.reduce((sum, figures) => sum + figures[name], 0) / loads.length;
}

/** Runs the load in a process of its own. */
async function ask(
  { token, viewPath }: BenchFleet,
  port: number,
  what: Partial<HttpLoadTask> & Pick<HttpLoadTask, 'mode' | 'limit'>,
): Promise<HttpLoadFigures> {
  const task: HttpLoadTask = {
    port,
    token,
    path: viewPath,
    connections: CONNECTIONS,
    seconds: LOAD_SECONDS,
    seed: 7,
    ...what,
  };
  return await runLoad<HttpLoadFigures>('http-load', task);
}
