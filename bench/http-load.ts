/**
 * The load on the server view, in a process of its own: a few connections kept alive, for a fixed time against the loopback.
 * Each asks again as soon as it is answered; or questions come at a fixed rate, whether or not the ones before are answered, and
 * their times are counted from when they were due. Reads its task from standard input, writes one JSON object of figures.
 */
import { text } from 'node:stream/consumers';
import { setTimeout } from 'node:timers/promises';
import { FLEET_GROUPS } from './fleet/server-row.ts';
import { httpClient } from './http-client.ts';
import { percentile } from './load-process.ts';
import { pick, randomBelow, randomNumbers } from './random.ts';

export interface HttpLoadTask {
  readonly port: number;
  readonly token: string;
  readonly path: string;
  /** `random`: filters and offsets added to the path; `deep`: the deepest page; `plain`: the path as it is. */
  readonly mode: 'random' | 'plain' | 'deep';
  readonly limit: number;
  readonly connections: number;
  /** Questions a second; undefined: as many as are answered. */
  readonly perSecond?: number;
  readonly seconds: number;
  /** Two loads with the same seed ask the same questions in the same order. */
  readonly seed: number;
}

export interface HttpLoadFigures {
  readonly requests: number;
  readonly requestsPerSecond: number;
  readonly bytesMean: number;
  readonly meanMs: number;
  readonly p99Ms: number;
}

const task = JSON.parse(await text(process.stdin)) as HttpLoadTask;
const client = httpClient(task.port, task.connections);
const random = randomNumbers(task.seed);
const timesMs: number[] = [];
let total = 0;
let bytes = 0;

async function ask(path: string): Promise<string> {
  const answer = await client.ask({ path, headers: { 'x-auth-token': task.token } });
  if (answer.status !== 200) throw new Error(`${path} was answered ${answer.status}: ${answer.text}`);
  bytes += answer.bytes;
  return answer.text;
}

/** Two in ten questions are unfiltered; the others have one or two filters, as a person or a dashboard would ask. */
function randomQuery(): string {
  const filters = [
    () => `severity_level=${pick(random, ['High', 'Medium', 'Low', 'Security'])}`,
    () => `handle_status=${pick(random, ['unhandled', 'handled'])}`,
    () => `asset_value=${pick(random, ['important', 'common', 'test'])}`,
    () => `group_name=group%20${randomBelow(random, FLEET_GROUPS)}`,
    () => `host_name=${pick(random, ['web', 'shop', 'pay-mail', 'edge-core', '-77'])}`,
    () => `private_ip=10.${randomBelow(random, 13)}.`,
    () => `status=${pick(random, ['vul_status_unfix', 'vul_status_ignored', 'vul_status_fixed'])}`,
    () => `node_type=${pick(random, ['cce', 'not_cce'])}`,
    () => `cluster_id=cluster-${randomBelow(random, 50)}`,
  ];
  const count = random() < 0.2 ? 0 : random() < 0.5 ? 1 : 2;
  const chosen = new Set<() => string>();
  while (chosen.size < count) chosen.add(pick(random, filters));
  const offset = Math.floor(random() * random() * total);
  return `&limit=${task.limit}&offset=${offset}${[...chosen].map((filter) => `&${filter()}`).join('')}`;
}

function pathOf(): string {
  if (task.mode === 'plain') return task.path;
  if (task.mode === 'deep')
    return `${task.path}&limit=${task.limit}&offset=${Math.max(0, total - DEEPEST_ROWS)}`;
  return `${task.path}${randomQuery()}`;
}

/** The deepest page of the largest limit, so that all limits are asked at the same depth. */
const DEEPEST_ROWS = 200;

if (task.mode !== 'plain') {
  const head = await ask(`${task.path}&limit=1&offset=0`);
  total = Number(/"total_num":(\d+)/.exec(head)?.[1] ?? 0);
  bytes = 0;
}
const started = performance.now();
const until = started + task.seconds * 1000;

async function askAgainAndAgain(): Promise<void> {
  while (performance.now() < until) {
    const path = pathOf();
    const from = performance.now();
    await ask(path);
    timesMs.push(performance.now() - from);
  }
}

async function askAtRate(perSecond: number): Promise<void> {
  const asked: Promise<void>[] = [];
  for (let due = started; due < until; due += 1000 / perSecond) {
    const path = pathOf();
    await setTimeout(Math.max(0, due - performance.now()));
    asked.push(ask(path).then(() => void timesMs.push(performance.now() - due)));
  }
  await Promise.all(asked);
}

if (task.perSecond === undefined)
  await Promise.all(Array.from({ length: task.connections }, askAgainAndAgain));
else await askAtRate(task.perSecond);
const seconds = (performance.now() - started) / 1000;
timesMs.sort((a, b) => a - b);
client.close();
const figures: HttpLoadFigures = {
  requests: timesMs.length,
  requestsPerSecond: timesMs.length / seconds,
  bytesMean: Math.round(bytes / Math.max(1, timesMs.length)),
  meanMs: timesMs.reduce((sum, one) => sum + one, 0) / Math.max(1, timesMs.length),
  p99Ms: percentile(timesMs, 0.99),
};
process.stdout.write(JSON.stringify(figures));
