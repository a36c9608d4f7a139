/**
 * A fleet in a folder: `data` is a data folder of Parapet, `agents.jsonl` its agents, `fleet.json` says that it was written
 * to the end, and what it is. A kept folder serves any number of benches; one that writes works on a copy.
 */

import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Config, readConfig } from '../../src/config.ts';
import { coverageClock, firstStartOf, secretKeyOf } from '../../src/installation.ts';
import { openDatabase } from '../../src/store/database.ts';
import { openEmbedded } from '../../src/store/embedded.ts';
import { migrate, readMigrations } from '../../src/store/migrate.ts';
import type { FleetFacts } from './fleet-facts.ts';
import { type FleetSize, writeFleet } from './write-fleet.ts';

/** PostgreSQL while the fleet is written: if that is cut short everything is thrown away, so nothing need survive. */
const LOADING_SETTINGS = {
  fsync: 'off',
  full_page_writes: 'off',
  synchronous_commit: 'off',
  wal_level: 'minimal',
  max_wal_senders: '0',
  max_wal_size: '16GB',
  autovacuum: 'off',
  shared_buffers: '1GB',
  maintenance_work_mem: '1GB',
  work_mem: '64MB',
} as const;
const CONNECTIONS_MAX = 6;

export interface FleetFolder {
  readonly folder: string;
  readonly facts: FleetFacts;
  readonly agentsFile: string;
  /** Removes it, unless it is kept. */
  readonly remove: () => Promise<void>;
}

export interface FleetChoice {
  readonly size: FleetSize;
  /** A folder to keep the fleet in, or that has it from an earlier bench; undefined: a temporary one. */
  readonly keptIn: string | undefined;
  /** Whether the bench writes: then it gets a copy of what is kept. */
  readonly writes: boolean;
  readonly note: (text: string) => void;
}

/** The fleet that a bench works on. Nothing runs on its data folder. */
export async function openFleetFolder(choice: FleetChoice): Promise<FleetFolder> {
  if (choice.keptIn === undefined) {
    const folder = await temporaryFolder();
    return removable(folder, await makeFleet(folder, choice));
  }
  const facts = (await keptFacts(choice.keptIn, choice.size)) ?? (await makeFleet(choice.keptIn, choice));
  if (!choice.writes) return { ...removable(choice.keptIn, facts), remove: async () => undefined };
  const folder = await temporaryFolder();
  choice.note(`copying ${choice.keptIn}, because this bench writes`);
  // As `cp -a`: the cluster has another owner, and files of gigabytes.
  const { status, stderr } = spawnSync('cp', ['-a', `${choice.keptIn}/.`, folder], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`the fleet could not be copied: ${stderr}`);
  return removable(folder, facts);
}

/** The settings of a process that works on the fleet. */
export function fleetConfig(folder: string): Config {
  return readConfig({ env: fleetEnvironment(folder), cwd: folder });
}

/** The same as an environment. DATABASE_URL is not handed on, so nothing of an operator's is ever touched. */
export function fleetEnvironment(folder: string): Record<string, string> {
  return {
    PATH: process.env['PATH'] ?? '',
    PARAPET_DATA_DIR: join(folder, 'data'),
    PARAPET_PORT: '0',
    PARAPET_ADMIN_PASSWORD: 'parapet-bench',
    PARAPET_LOG_LEVEL: 'warn',
  };
}

function removable(folder: string, facts: FleetFacts): FleetFolder {
  return {
    folder,
    facts,
    agentsFile: join(folder, 'agents.jsonl'),
    remove: async () => await rm(folder, { recursive: true, force: true }),
  };
}

async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'parapet-bench-'));
  // As root PostgreSQL runs under another user, who has to pass through.
  await chmod(folder, 0o711);
  return folder;
}

async function keptFacts(folder: string, size: FleetSize): Promise<FleetFacts | undefined> {
  const file = join(folder, 'fleet.json');
  if (!existsSync(file)) return undefined;
  const facts = JSON.parse(await readFile(file, 'utf8')) as FleetFacts;
  if (facts.servers === size.servers && facts.inventories === size.inventories) return facts;
  throw new Error(
    `${folder} holds ${facts.servers} servers with ${facts.inventories} inventories, not ${size.servers} with ${size.inventories}: give another folder with --fleet, or remove it`,
  );
}

async function makeFleet(folder: string, { size, note }: FleetChoice): Promise<FleetFacts> {
  await mkdir(folder, { recursive: true, mode: 0o711 });
  await rm(join(folder, 'data'), { recursive: true, force: true });
  const config = fleetConfig(folder);
  const embedded = await openEmbedded(config, 'serve', LOADING_SETTINGS);
  const { connectionString } = embedded;
  const database = openDatabase({ connectionString, connectionsMax: CONNECTIONS_MAX, statementTimeoutMs: 0 });
  try {
    await migrate(database, await readMigrations());
    const identity = await firstStartOf(config, database);
    if (identity === undefined) throw new Error(`${folder} holds a fleet that was not finished`);
    await secretKeyOf(config, database);
    const facts = await writeFleet({
      ...identity,
      database,
      size,
      note,
      agentsFile: join(folder, 'agents.jsonl'),
      clock: coverageClock(config),
    });
    await writeFile(join(folder, 'fleet.json'), `${JSON.stringify(facts, undefined, 2)}\n`);
    return facts;
  } catch (error) {
    await rm(join(folder, 'data'), { recursive: true, force: true }).catch(() => undefined);
    throw error;
  } finally {
    await database.close();
    await embedded.close();
  }
}
