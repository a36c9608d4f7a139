/**
 * The load of reports, in a process of its own: so many a second, whether or not the last ones are answered, unchanged
 * digests and whole reports with five packages changed, through the agents' endpoints.
 */
import { text } from 'node:stream/consumers';
import { setTimeout } from 'node:timers/promises';
import { readAgentReports } from './agent-reports.ts';
import { httpClient } from './http-client.ts';
import { percentile } from './load-process.ts';
import { randomNumbers } from './random.ts';

/** Unchanged digests, whole reports, or the one and the other in turn. */
export type ReportKind = 'unchanged' | 'whole' | 'both';

export interface ReportLoadTask {
  readonly port: number;
  readonly agentsFile: string;
  readonly kind: ReportKind;
  readonly perSecond: number;
  readonly seconds: number;
  readonly seed: number;
  /** Agents of this load: every `of`th from `from` on. */
  readonly from: number;
  readonly of: number;
}

export interface ReportLoadFigures {
  readonly sent: number;
  readonly accepted: number;
  readonly acceptedPerSecond: number;
  /** Answers other than 200, by status. */
  readonly refused: Readonly<Record<string, number>>;
  /** Unchanged digests after which the whole report was wanted: the bench took the wrong digest for the service's. */
  readonly wanted: number;
  readonly wholeP50Ms: number;
  readonly wholeP99Ms: number;
  readonly unchangedP50Ms: number;
  readonly unchangedP99Ms: number;
  /** What this process took while it sent. */
  readonly processorSeconds: number;
}

const CONNECTIONS_MAX = 64;
const TICK_MS = 10;

const task = JSON.parse(await text(process.stdin)) as ReportLoadTask;
const client = httpClient(task.port, CONNECTIONS_MAX);
const random = randomNumbers(task.seed);
const reports = await readAgentReports(task.agentsFile);
const own = reports.agents.map((_agent, at) => at).filter((at) => at % task.of === task.from);
const busy = new Set<number>();
const refused: Record<string, number> = {};
const timesMs = { whole: [] as number[], unchanged: [] as number[] };
let wanted = 0;
let next = 0;

/** The next agent that is not waiting for an answer. */
function freeAgent(): number | undefined {
  for (let tries = 0; tries < own.length; tries += 1) {
    const at = own[next++ % own.length];
    if (at !== undefined && !busy.has(at)) return at;
  }
  return undefined;
}

async function send(at: number, kind: 'whole' | 'unchanged'): Promise<void> {
  busy.add(at);
  const started = performance.now();
  const answer = await client.ask({
    ...(kind === 'whole' ? reports.changed(at, random) : reports.unchanged(at)),
    whole: true,
  });
  busy.delete(at);
  if (answer.status !== 200) refused[answer.status] = (refused[answer.status] ?? 0) + 1;
  else timesMs[kind].push(performance.now() - started);
  if (answer.text.includes('"full_report_wanted":true')) wanted += 1;
}

const started = performance.now();
const usedBefore = process.cpuUsage();
const running = new Set<Promise<void>>();
let sent = 0;
for (;;) {
  const elapsed = performance.now() - started;
  if (elapsed >= task.seconds * 1000) break;
  while (sent < (elapsed / 1000) * task.perSecond) {
    const at = freeAgent();
    if (at === undefined) break;
    const one = send(at, task.kind === 'both' ? (sent % 2 === 0 ? 'unchanged' : 'whole') : task.kind);
    running.add(one);
    void one.finally(() => running.delete(one));
    sent += 1;
  }
  await setTimeout(TICK_MS);
}
await Promise.all(running);
const seconds = (performance.now() - started) / 1000;
const used = process.cpuUsage(usedBefore);
client.close();
const whole = timesMs.whole.sort((a, b) => a - b);
const unchanged = timesMs.unchanged.sort((a, b) => a - b);
const figures: ReportLoadFigures = {
  sent,
  accepted: whole.length + unchanged.length,
  acceptedPerSecond: (whole.length + unchanged.length) / seconds,
  refused,
  wanted,
  wholeP50Ms: percentile(whole, 0.5),
  wholeP99Ms: percentile(whole, 0.99),
  unchangedP50Ms: percentile(unchanged, 0.5),
  unchangedP99Ms: percentile(unchanged, 0.99),
  processorSeconds: (used.user + used.system) / 1e6,
};
process.stdout.write(JSON.stringify(figures));
