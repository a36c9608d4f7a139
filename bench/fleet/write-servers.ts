/** The servers of the fleet, and the agents that report for some of them. */

import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { finished } from 'node:stream/promises';
import { hashSecret } from '../../src/identity/token.ts';
import { keptDigest } from '../../src/jobs/note-unchanged-report.ts';
import { randomNumbers } from '../random.ts';
import { FLEET_SYSTEMS, type PackageUniverse } from './package-universe.ts';
import { packageLine, reportText } from './report-text.ts';
import { type DrawnServer, drawServer, SERVER_COLUMNS, serverRow } from './server-row.ts';
import {
  type FleetTarget,
  type InventorySource,
  inventoryAt,
  type WrittenInventories,
} from './write-packages.ts';

const SERVERS_PER_COPY = 20_000;
const SERVER_SEED = 2_000_000_000;
/** Servers whose agents a bench can speak for: at 300 reports a second each of them reports every ten seconds. */
const AGENTS_MAX = 3_000;

/** An agent as a line of `agents.jsonl`: its server has the inventory of `text`. */
export interface FleetAgent {
  readonly serverId: string;
  readonly name: string;
  readonly credential: string;
  readonly digest: string;
  readonly text: string;
}

export interface ServersToWrite {
  readonly servers: number;
  readonly source: InventorySource;
  readonly written: WrittenInventories;
  /** Systems that a feed covers now: servers of the others are unknown. */
  readonly covered: ReadonlySet<string>;
  readonly agentsFile: string;
  readonly now: number;
}

/** Server `number` has inventory `number` modulo their count, so that all inventories have equally many servers. */
export async function writeServers(target: FleetTarget, task: ServersToWrite): Promise<void> {
  const digests = await writeAgents(target, task);
  for (let from = 0; from < task.servers; from += SERVERS_PER_COPY) {
    const count = Math.min(SERVERS_PER_COPY, task.servers - from);
    await target.database.transaction((tx) =>
      tx.copyIn(SERVER_COLUMNS, rowsOf(target, task, { from, count, digests })),
    );
    if (from % 200_000 === 0) target.note(`  ${from} of ${task.servers} servers`);
  }
}

function* rowsOf(
  { projectId }: FleetTarget,
  { source, written, covered, now }: ServersToWrite,
  range: { readonly from: number; readonly count: number; readonly digests: ReadonlyMap<number, string> },
): Generator<ReturnType<typeof serverRow>> {
  for (let number = range.from; number < range.from + range.count; number += 1) {
    const index = number % source.inventories;
    const system = FLEET_SYSTEMS[written.systems[index] ?? 0] ?? '';
    yield serverRow(serverAt(number), {
      projectId,
      now,
      system,
      isUnknown: !covered.has(system),
      digest: range.digests.get(number) ?? '',
      packageSet: written.packageSets[index] ?? 0,
    });
  }
}

function serverAt(number: number): DrawnServer {
  return drawServer(randomNumbers(SERVER_SEED + number), number);
}

/** Credentials and reports of servers spread over the whole fleet. Returns the digests of their inventories by server. */
async function writeAgents(
  { database, projectId }: FleetTarget,
  { servers, source, agentsFile, now }: ServersToWrite,
): Promise<ReadonlyMap<number, string>> {
  const step = Math.max(1, Math.floor(servers / AGENTS_MAX));
  const digests = new Map<number, string>();
  const credentials: (readonly [string, string, Buffer, number])[] = [];
  const file = createWriteStream(agentsFile);
  for (let number = 0; number < servers && credentials.length < AGENTS_MAX; number += step) {
    const agent = agentOf(number, source);
    digests.set(number, keptDigest(agent.digest));
    credentials.push([projectId, agent.serverId, hashSecret(agent.credential), now]);
    if (!file.write(`${JSON.stringify(agent)}\n`)) await once(file, 'drain');
  }
  file.end();
  await finished(file);
  await database.transaction((tx) =>
    tx.copyIn('agent_credential (project_id, server_id, hash, created_at)', credentials),
  );
  return digests;
}

function agentOf(number: number, source: InventorySource): FleetAgent {
  const { id, name, privateIp } = serverAt(number);
  const { system, places } = inventoryAt(source, number % source.inventories);
  const { text, digest } = reportText({ name, privateIp, system }, linesOf(places, source.universe));
  return { serverId: id, name, credential: `parapet-agent-bench-${number}`, digest, text };
}

function linesOf(places: readonly number[], { packages }: PackageUniverse): readonly string[] {
  return places.map((place) => {
    const pkg = packages[place];
    if (pkg === undefined) throw new Error(`the universe has no package ${place}`);
    return packageLine(pkg);
  });
}
