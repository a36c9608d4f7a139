/** What the fleet's agents send: unchanged digests, and whole reports in which five packages are of another version. */
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { gzipSync } from 'node:zlib';
import { digestOfBody } from '../src/inventory/report.ts';
import type { FleetAgent } from './fleet/write-servers.ts';
import type { Question } from './http-client.ts';
import { pick, type Random, randomBelow } from './random.ts';

const PACKAGES_CHANGED = 5;

export interface AgentReports {
  readonly agents: readonly FleetAgent[];
  /** The digest that the service holds of the agent's server, alone. */
  readonly unchanged: (at: number) => Question;
  /** A whole report; from then on `unchanged` tells its digest. */
  readonly changed: (at: number, random: Random) => Question;
}

/** Reads `agents.jsonl`. */
export async function readAgentReports(file: string): Promise<AgentReports> {
  const agents: { -readonly [Field in keyof FleetAgent]: FleetAgent[Field] }[] = [];
  // Versions that the fleet knows, by package: what an update of a real server brings others already have.
  const known = new Map<string, Set<string>>();
  for await (const line of createInterface({ input: createReadStream(file) })) {
    const agent = JSON.parse(line) as FleetAgent;
    agents.push({ ...agent });
    for (const one of agent.text.split('\n')) {
      if (!one.includes('\t')) continue;
      const key = keyOf(agent, one);
      const lines = known.get(key) ?? new Set();
      lines.add(one);
      known.set(key, lines);
    }
  }
  const at = (index: number): (typeof agents)[number] => {
    const agent = agents[index];
    if (agent === undefined) throw new Error(`the fleet has no agent ${index}`);
    return agent;
  };
  return {
    agents,
    unchanged: (index) => {
      const body = Buffer.from(JSON.stringify({ digest: at(index).digest, machine_id: '' }));
      return { path: '/parapet/v1/agent/unchanged', headers: headersOf(at(index), 'application/json'), body };
    },
    changed: (index, random) => {
      const agent = at(index);
      Object.assign(agent, changedReport(agent, known, random));
      // As an agent sends it.
      const body = gzipSync(agent.text, { level: 1 });
      return { path: '/parapet/v1/agent/report', headers: headersOf(agent, 'application/gzip'), body };
    },
  };
}

function changedReport(
  agent: FleetAgent,
  known: ReadonlyMap<string, ReadonlySet<string>>,
  random: Random,
): Pick<FleetAgent, 'text' | 'digest'> {
  const lines = agent.text.split('\n');
  const packages = lines.flatMap((line, at) => (line.includes('\t') ? [at] : []));
  for (let changed = 0, tries = 0; changed < PACKAGES_CHANGED && tries < 100; tries += 1) {
    const at = packages[randomBelow(random, packages.length)] ?? 0;
    const line = lines[at] ?? '';
    const others = [...(known.get(keyOf(agent, line)) ?? [])].filter((other) => other !== line);
    if (others.length === 0) continue;
    lines[at] = pick(random, others);
    changed += 1;
  }
  const body = lines.slice(lines.indexOf('[server]')).join('\n');
  const digest = digestOfBody(Buffer.from(body));
  const head = `parapet-report 1\ncollected-at ${Math.floor(Date.now() / 1000)}\ndigest ${digest}\n`;
  return { text: `${head}${body}`, digest };
}

/** Of a system's package: the system too, because versions of another system are no updates. */
function keyOf({ text }: FleetAgent, line: string): string {
  const release = /\nVERSION_ID="(\d+)"/.exec(text)?.[1] ?? '';
  const [name = '', second = ''] = line.split('\t');
  return name === 'PyPI' ? `PyPI ${second}` : `${release} ${name}`;
}

function headersOf({ credential }: FleetAgent, type: string): Record<string, string> {
  return { authorization: `Bearer ${credential}`, 'content-type': type };
}
