/**
 * How long an acknowledged report takes to be visible, in a process of its own: reports go to the first node, one after the
 * other, and after each acknowledgement both nodes are asked for the server until they show the time of the report.
 */
import { text } from 'node:stream/consumers';
import { setTimeout } from 'node:timers/promises';
import { readAgentReports } from './agent-reports.ts';
import { type HttpClient, httpClient } from './http-client.ts';
import { randomNumbers } from './random.ts';

export interface VisibilityTask {
  /** The first one takes the reports. */
  readonly ports: readonly number[];
  readonly token: string;
  /** Path of the view, to which a filter can be added. */
  readonly path: string;
  readonly agentsFile: string;
  readonly samples: number;
  /** Agents whose reports are sent: every `of`th from `from` on, so that another load can have the others. */
  readonly from: number;
  readonly of: number;
}

/** Seconds from acknowledgement to visible, one list a node, ascending. */
export type VisibilityFigures = readonly (readonly number[])[];

const GIVEN_UP_MS = 30_000;
const PAUSE_MS_MAX = 100;

const task = JSON.parse(await text(process.stdin)) as VisibilityTask;
const random = randomNumbers(11);
const reports = await readAgentReports(task.agentsFile);
const clients = task.ports.map((port) => httpClient(port, 1));
const [sender] = task.ports.map((port) => httpClient(port, 1));
if (sender === undefined) throw new Error('no node was given');

async function scanTime(client: HttpClient, serverId: string): Promise<number> {
  const path = `${task.path}&host_id_list=${serverId}`;
  const answer = await client.ask({ path, headers: { 'x-auth-token': task.token }, whole: true });
  const page = JSON.parse(answer.text) as { data_list?: readonly { readonly scan_time: number }[] };
  const [row] = page.data_list ?? [];
  if (row === undefined)
    throw new Error(`server ${serverId} is not in the view: ${answer.text.slice(0, 200)}`);
  return row.scan_time;
}

async function secondsUntil(client: HttpClient, serverId: string, before: number): Promise<number> {
  const started = performance.now();
  for (;;) {
    // What counts is when the question was asked: whatever an answer shows was visible then or a moment later.
    const asked = performance.now();
    if ((await scanTime(client, serverId)) > before) return (asked - started) / 1000;
    if (asked - started > GIVEN_UP_MS) throw new Error(`a report was not visible after ${GIVEN_UP_MS} ms`);
  }
}

const seconds = task.ports.map(() => [] as number[]);
for (let sample = 0; sample < task.samples; sample += 1) {
  const at = task.from + task.of * (sample % Math.floor(reports.agents.length / task.of));
  const serverId = reports.agents[at]?.serverId ?? '';
  const before = await Promise.all(clients.map((client) => scanTime(client, serverId)));
  const answer = await sender.ask({ ...reports.changed(at, random), whole: true });
  if (answer.status !== 200) throw new Error(`a report was answered ${answer.status}: ${answer.text}`);
  const visible = clients.map((client, node) => secondsUntil(client, serverId, before[node] ?? 0));
  for (const [node, after] of (await Promise.all(visible)).entries()) seconds[node]?.push(after);
  // So that reports fall anywhere between two looks of the other node.
  await setTimeout(random() * PAUSE_MS_MAX);
}
for (const client of [...clients, sender]) client.close();
const figures: VisibilityFigures = seconds.map((list) => list.sort((a, b) => a - b));
process.stdout.write(JSON.stringify(figures));
