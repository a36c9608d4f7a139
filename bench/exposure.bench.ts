/**
 * `bench exposure`: an advisory about a package that 100 servers have, then one about a package that 40 % of the fleet has,
 * each imported by `parapet advisories import` beside a running node: from the start of the command until the view of the
 * node shows the finding on every one of them. The node says how many servers it has taken over; that these are the right
 * ones is looked at in the view afterwards, on some hundred of them.
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { type BenchFleet, fleetSizes, openBenchFleet } from './bench-fleet.ts';
import { COMMON_PACKAGE, RARE_PACKAGE } from './fleet/package-universe.ts';
import { httpClient } from './http-client.ts';
import type { BenchOptions, Figures } from './main.ts';
import { type NodeProcess, runCommand, startNode } from './node-process.ts';

const SERVERS_DEFAULT = 100_000;
/** Time between two looks, by how many servers are touched: a look at /metrics costs the node some milliseconds. */
const POLL_MS = 10;
const POLL_MANY_MS = 200;
const SERVERS_MANY = 10_000;
const GIVEN_UP_MS = 30 * 60 * 1000;
/** Servers looked at afterwards, and ids that one question takes: the filter has at most 1,850 characters. */
const SERVERS_LOOKED_AT = 500;
const IDS_A_QUESTION = 40;

export async function exposureBench(options: BenchOptions): Promise<Figures> {
  const fleet = await openBenchFleet(options, { servers: SERVERS_DEFAULT, writes: true });
  try {
    const node = await startNode(fleet.environment);
    try {
      const { facts } = fleet;
      // The first import of a process's life also reads programs and makes plans; it is not what is measured.
      await expose(fleet, node, { id: 'BENCH-0', name: 'parapet-bench-nowhere', servers: 0 });
      options.note(`an advisory about ${facts.rareServers} servers`);
      const rare = await expose(fleet, node, {
        id: 'BENCH-1',
        name: RARE_PACKAGE,
        servers: facts.rareServers,
      });
      options.note(`${rare.seconds.toFixed(2)} s; one about ${facts.commonServers} servers`);
      const common = await expose(fleet, node, {
        id: 'BENCH-2',
        name: COMMON_PACKAGE,
        servers: facts.commonServers,
      });
      options.note(`${common.seconds.toFixed(2)} s`);
      const memory = await node.memory();
      return {
        ...fleetSizes(fleet),
        servers_few: facts.rareServers,
        seconds_100_servers: rare.seconds,
        ...partsOf(rare, '100_servers'),
        servers_many: facts.commonServers,
        seconds_40_percent: common.seconds,
        ...partsOf(common, '40_percent'),
        peak_rss_mb: memory.peakRssMb,
      };
    } finally {
      await node.stop();
    }
  } finally {
    await fleet.close();
  }
}

interface Exposure {
  /** From the start of the command to visible in full. */
  readonly seconds: number;
  /** When the advisory was in force, when the last server was written, when the command had ended: since its start. */
  readonly secondsInForce: number;
  readonly secondsAssessed: number;
  readonly secondsCommand: number;
  readonly serversPerSecondAssessed: number;
}

function partsOf(exposure: Exposure, of: string): Figures {
  return {
    [`seconds_in_force_${of}`]: exposure.secondsInForce,
    [`seconds_assessed_${of}`]: exposure.secondsAssessed,
    [`seconds_command_${of}`]: exposure.secondsCommand,
    [`servers_per_second_${of}`]: exposure.serversPerSecondAssessed,
  };
}

interface Advisory {
  readonly id: string;
  readonly name: string;
  /** How many have the package. */
  readonly servers: number;
}

async function expose(fleet: BenchFleet, node: NodeProcess, advisory: Advisory): Promise<Exposure> {
  const file = join(fleet.folder.folder, `${advisory.id}.json`);
  await writeFile(file, JSON.stringify(osvRecord(advisory)));
  const changesBefore = await node.metric('parapet_view_changes_total');
  const pollMs = advisory.servers < SERVERS_MANY ? POLL_MS : POLL_MANY_MS;
  const since = performance.now();
  const passed = (): number => (performance.now() - since) / 1000;
  const command = runCommand(['advisories', 'import', file, '--json'], fleet.environment).then(() =>
    passed(),
  );
  // If the command fails, its failure is what is told.
  const [inForce, assessed, visible, secondsCommand] = await Promise.all([
    until(pollMs, () => isInForce(fleet, advisory)).then(passed),
    advisory.servers === 0 ? command : until(pollMs, () => isFollowed(fleet, advisory)).then(passed),
    until(pollMs, async () => {
      const changes = (await node.metric('parapet_view_changes_total')) - changesBefore;
      return changes >= advisory.servers;
    }).then(passed),
    command,
  ]);
  if (advisory.servers > 0) await lookAtView(fleet, node, advisory);
  return {
    seconds: visible,
    secondsInForce: inForce,
    secondsAssessed: assessed,
    secondsCommand,
    serversPerSecondAssessed: advisory.servers / Math.max(0.001, assessed - inForce),
  };
}

/** In words of the OSV schema; a critical one, so that every server's row changes. */
function osvRecord({ id, name }: Advisory): object {
  const now = new Date().toISOString();
  return {
    schema_version: '1.6.0',
    id,
    published: now,
    modified: now,
    summary: 'bench',
    severity: [{ type: 'CVSS_V3', score: 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H' }],
    affected: [
      {
        package: { ecosystem: 'PyPI', name },
        ranges: [{ type: 'ECOSYSTEM', events: [{ introduced: '0' }, { fixed: '2.0' }] }],
      },
    ],
  };
}

async function until(pollMs: number, isSo: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + GIVEN_UP_MS;
  while (!(await isSo())) {
    if (performance.now() > deadline) throw new Error(`not visible in full after ${GIVEN_UP_MS} ms`);
    await setTimeout(pollMs);
  }
}

async function isInForce({ database }: BenchFleet, { id }: Advisory): Promise<boolean> {
  const rows = await database.query(`SELECT 1 FROM advisory WHERE id = $1`, [id]);
  return rows.length > 0;
}

async function isFollowed({ database }: BenchFleet, { id }: Advisory): Promise<boolean> {
  const [row] = await database.query<{ done: boolean }>(
    `SELECT EXISTS (SELECT FROM advisory WHERE id = $1)
       AND NOT EXISTS (SELECT FROM rematch_package) AND NOT EXISTS (SELECT FROM reassess) AS done`,
    [id],
  );
  return row?.done ?? false;
}

/** Throws where the view does not show the finding on a server that has it in the store, or the store not on all. */
async function lookAtView(fleet: BenchFleet, node: NodeProcess, { id, servers }: Advisory): Promise<void> {
  const { database, facts } = fleet;
  const ids = await database.query<{ id: string; all: number }>(
    `SELECT s.id, count(*) OVER () AS all FROM server s WHERE s.project_id = $1 AND s.finding_set IN (
       SELECT f.id FROM finding_set f WHERE f.project_id = $1
         AND f.vulnerability && (SELECT array_agg(number) FROM vulnerability WHERE id = $2))
     ORDER BY hashtext(s.id) LIMIT $3`,
    [facts.projectId, `HCVD-APP-${id}`, SERVERS_LOOKED_AT],
  );
  if ((ids[0]?.all ?? 0) !== servers)
    throw new Error(`${ids[0]?.all ?? 0} servers have ${id}, not ${servers}`);
  const client = httpClient(node.port, 1);
  for (let from = 0; from < ids.length; from += IDS_A_QUESTION) {
    const asked = ids.slice(from, from + IDS_A_QUESTION).map((row) => row.id);
    const path = `${fleet.viewPath}&limit=${IDS_A_QUESTION}&host_id_list=${asked.join(',')}`;
    const answer = await client.ask({ path, headers: { 'x-auth-token': fleet.token }, whole: true });
    const shown = answer.text.split(`"HCVD-APP-${id}"`).length - 1;
    if (shown !== asked.length)
      throw new Error(`the view shows ${id} on ${shown} of ${asked.length} servers`);
  }
  client.close();
}
