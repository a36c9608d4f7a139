/**
 * A fleet for the benches, through the real store: the advisories of the bundled snapshot are imported, packages made of
 * what they name are interned and matched, inventories are drawn and stored as sets, servers copied in; then the
 * assessment of `reassess` works out every finding and every summary, as after an import.
 *
 * Drawn from measurements of real servers (../shared/data/statistics.md): 470 packages a server on average; as many open
 * findings as a log-normal of mean 194 and median 152 says. How many of them are critical, high, medium or low comes from
 * the facts of the snapshot, and `fleetFigures` says it.
 *
 * Assumed: how many servers share an inventory (`inventories`; a tenth as many as servers unless said), all equally many;
 * which systems they run (`SYSTEM_SHARES`); that a server was updated on one day and has what was fixed until then; 2 % of
 * packages held back, 5 % of inventories up to date, a fifth with some Python packages; a tenth of the servers important, a
 * tenth for tests, a tenth in a cluster; one server in 200 with an ignored finding; five enterprise projects, forty groups;
 * names of three words and a number. Kernels are left out: of them only the running one counts.
 */

import { readAdvisoryFiles } from '../../src/advisories/read.ts';
import { SNAPSHOT_ADVISORIES } from '../../src/demo/snapshot.ts';
import { assessServers } from '../../src/jobs/assess-servers.ts';
import { followAdvisories } from '../../src/jobs/follow-advisories.ts';
import { importAdvisories } from '../../src/jobs/import-advisories.ts';
import { type CoverageClock, coveredSystems } from '../../src/jobs/refresh-unknown.ts';
import { createEnterpriseProject } from '../../src/store/identity/create-enterprise-project.ts';
import { type FleetFacts, type FleetIdentity, fleetFigures, holdersOf } from './fleet-facts.ts';
import { beginLoading } from './loading-mode.ts';
import { readPackageUniverse } from './package-universe.ts';
import { FLEET_ENTERPRISE_PROJECTS, FLEET_GROUPS } from './server-row.ts';
import { type FleetTarget, type InventorySource, writeInventories, writePackages } from './write-packages.ts';
import { writeServers } from './write-servers.ts';

export interface FleetSize {
  readonly servers: number;
  readonly inventories: number;
}

/** Distinct packages at 2,000,000 servers are about 200,000: the builds of each version are made for that. */
const SERVERS_PER_BUILD = 250_000;
const RARE_SERVERS = 100;
const DECIDED_OF_SERVERS = 200;
const DECIDED_PER_BATCH = 1_000;

export interface FleetTask extends FleetTarget, FleetIdentity {
  readonly size: FleetSize;
  /** Where the agents' credentials and reports go. */
  readonly agentsFile: string;
  readonly clock: () => CoverageClock;
}

/** Writes the fleet into an empty database. Returns what it is. */
export async function writeFleet(task: FleetTask): Promise<FleetFacts> {
  const { database, projectId, size, note } = task;
  const phase = phases(note);
  const { now } = task.clock();
  await phase('import', () =>
    importAdvisories(database, () => readAdvisoryFiles([SNAPSHOT_ADVISORIES]), { now }),
  );
  const universe = await readPackageUniverse(Math.max(1, Math.round(size.servers / SERVERS_PER_BUILD)));
  const ids = await phase('packages', () => writePackages(task, universe));
  const rareInventories = Math.max(1, Math.round((RARE_SERVERS * size.inventories) / size.servers));
  const source: InventorySource = { universe, inventories: size.inventories, rareInventories };
  const loading = await beginLoading(database);
  const written = await phase('inventories', () => writeInventories(task, source, { ids, now }));
  await writeNames(task, now);
  const covered = new Set(await coveredSystems(database, task.clock()));
  await phase('servers', () =>
    writeServers(task, { servers: size.servers, source, written, covered, agentsFile: task.agentsFile, now }),
  );
  await phase('assessing', async () => {
    await loading.build('server_by_package_set');
    await database.execute('VACUUM ANALYZE server');
    await assessAll(task, ids);
    await decideSome(task, now);
  });
  await phase('indexes', async () => {
    await loading.end();
    await database.execute('VACUUM ANALYZE');
  });
  const holders = async (place: number): Promise<number> =>
    await holdersOf(database, projectId, ids[place] ?? 0);
  return {
    ...size,
    projectId,
    domainId: task.domainId,
    userId: task.userId,
    packages: universe.packages.length,
    commonServers: await holders(universe.common),
    rareServers: await holders(universe.rare),
    figures: { ...(await fleetFigures(database, projectId)), ...phase.seconds() },
  };
}

async function writeNames({ database, domainId, projectId }: FleetTask, now: number): Promise<void> {
  for (const id of FLEET_ENTERPRISE_PROJECTS) {
    if (id !== '0') await createEnterpriseProject(database, { domainId, id, name: id, createdAt: now });
  }
  await database.execute(
    `INSERT INTO server_group (project_id, id, name, name_folded)
     SELECT $1, 'group-' || n, 'Group ' || n, 'group ' || n FROM generate_series(0, $2 - 1) AS n`,
    [projectId, FLEET_GROUPS],
  );
}

async function assessAll(
  { database, projectId, size, clock, note }: FleetTask,
  ids: Int32Array,
): Promise<void> {
  await database.execute(
    `INSERT INTO reassess (project_id, package_ids, vulnerabilities) VALUES ($1, $2, '{}')`,
    [projectId, [...ids]],
  );
  let told = 0;
  await followAdvisories(database, {
    now: () => clock().now,
    onProgress: ({ serversDone }) => {
      if (serversDone - told < 50_000 && serversDone < size.servers) return;
      told = serversDone;
      note(`  ${serversDone} of ${size.servers} servers assessed`);
    },
  });
}

/** Ignores one finding of each of some servers. */
async function decideSome({ database, projectId }: FleetTask, now: number): Promise<void> {
  const rows = await database.query<{ server_id: string }>(
    `INSERT INTO decision (project_id, server_id, vulnerability, kind, remark, decided_by, decided_at)
     SELECT $1, s.id, f.vulnerability[1 + abs(hashtext(s.id)) % cardinality(f.vulnerability)], 'ignored', '', 'bench', $2
     FROM server s JOIN finding_set f ON f.project_id = $1 AND f.id = s.finding_set
     WHERE s.project_id = $1 AND s.open_count > 0 AND abs(hashtext(s.name)) % $3 = 0
     RETURNING server_id`,
    [projectId, now, DECIDED_OF_SERVERS],
  );
  for (let from = 0; from < rows.length; from += DECIDED_PER_BATCH) {
    const serverIds = rows.slice(from, from + DECIDED_PER_BATCH).map((row) => row.server_id);
    await database.transaction((tx) =>
      assessServers(tx, {
        projectId,
        servers: { serverIds },
        cause: 'decision',
        actor: 'bench',
        remark: '',
        now,
      }),
    );
  }
}

interface Phases {
  <T>(name: string, work: () => Promise<T>): Promise<T>;
  readonly seconds: () => Readonly<Record<string, number>>;
}

/** Runs the phases of the writing and keeps how long each took. */
function phases(note: (text: string) => void): Phases {
  const seconds: Record<string, number> = {};
  const run = async <T>(name: string, work: () => Promise<T>): Promise<T> => {
    const started = performance.now();
    note(`fleet: ${name}`);
    const result = await work();
    seconds[`fleet_seconds_${name}`] = (performance.now() - started) / 1000;
    note(`fleet: ${name} took ${seconds[`fleet_seconds_${name}`]?.toFixed(1)} s`);
    return result;
  };
  return Object.assign(run, { seconds: () => seconds });
}
