/**
 * The load of a bench, in a process of its own: a few connections kept alive, each asking again as soon as it is answered,
 * for a fixed time against the loopback. Reads its task from standard input, writes one JSON object of figures.
 */
import { Agent, request } from 'node:http';
import { text } from 'node:stream/consumers';
import { FLEET_GROUPS, randomNumbers } from './fleet.ts';

interface Task {
  readonly port: number;
  readonly token: string;
  readonly path: string;
  /** `random`: filters and offsets added to the path; `deep`: the deepest page; `plain`: the path as it is. */
  readonly mode: 'random' | 'plain' | 'deep';
  readonly limit: number;
  readonly connections: number;
  readonly seconds: number;
}

const task = JSON.parse(await text(process.stdin)) as Task;
const agent = new Agent({ keepAlive: true, maxSockets: task.connections });
const random = randomNumbers(7);
const timesMs: number[] = [];
let total = 0;
let bytes = 0;

function ask(path: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const headers = { 'x-auth-token': task.token };
    const sent = request({ port: task.port, host: '127.0.0.1', path, agent, headers }, (response) => {
      if (response.statusCode !== 200) reject(new Error(`${path} was answered ${response.statusCode}`));
      // Only the first bytes are looked at: counting is for the server, not for the load.
      let head = '';
      response.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
        if (head === '') head = chunk.toString('latin1', 0, 40);
      });
      response.on('end', () => resolve(head));
    });
    sent.on('error', reject);
    sent.end();
  });
}

const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] ?? (list[0] as T);

/** Two in ten questions are unfiltered; the others have one or two filters, as a person or a dashboard would ask. */
function randomQuery(): string {
  const filters = [
    () => `severity_level=${pick(['High', 'Medium', 'Low', 'Security'])}`,
    () => `handle_status=${pick(['unhandled', 'handled'])}`,
    () => `asset_value=${pick(['important', 'common', 'test'])}`,
    () => `group_name=group%20${Math.floor(random() * FLEET_GROUPS)}`,
    () => `host_name=${pick(['web', 'shop', 'pay-mail', 'edge-core', '-77'])}`,
    () => `private_ip=10.${Math.floor(random() * 13)}.`,
    () => `status=${pick(['vul_status_unfix', 'vul_status_ignored', 'vul_status_reboot'])}`,
    () => `node_type=${pick(['cce', 'not_cce'])}`,
    () => `cluster_id=cluster-${Math.floor(random() * 50)}`,
  ];
  const count = random() < 0.2 ? 0 : random() < 0.5 ? 1 : 2;
  const chosen = new Set<() => string>();
  while (chosen.size < count) chosen.add(pick(filters));
  const offset = Math.floor(random() * random() * total);
  return `&limit=${task.limit}&offset=${offset}${[...chosen].map((filter) => `&${filter()}`).join('')}`;
}

function pathOf(): string {
  if (task.mode === 'plain') return task.path;
  if (task.mode === 'deep')
    return `${task.path}&limit=${task.limit}&offset=${Math.max(0, total - task.limit)}`;
  return `${task.path}${randomQuery()}`;
}

if (task.mode !== 'plain') {
  const head = await ask(`${task.path}&limit=1&offset=0`);
  total = Number(/"total_num":(\d+)/.exec(head)?.[1] ?? 0);
}
const until = performance.now() + task.seconds * 1000;
const started = performance.now();
await Promise.all(
  Array.from({ length: task.connections }, async () => {
    while (performance.now() < until) {
      const path = pathOf();
      const from = performance.now();
      await ask(path);
      timesMs.push(performance.now() - from);
    }
  }),
);
const seconds = (performance.now() - started) / 1000;
timesMs.sort((a, b) => a - b);
process.stdout.write(
  JSON.stringify({
    requestsPerSecond: timesMs.length / seconds,
    bytesMean: Math.round(bytes / Math.max(1, timesMs.length)),
    p99Ms: timesMs[Math.floor(timesMs.length * 0.99)] ?? 0,
  }),
);
agent.destroy();
