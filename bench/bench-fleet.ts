/** A fleet for a bench, its database running, and somebody who may ask. */
import { join } from 'node:path';
import { SECRET_KEY_FILE_NAME } from '../src/identity/secret-key.ts';
import { hashSecret, newSecret } from '../src/identity/token.ts';
import type { Database } from '../src/store/database.ts';
import { saveToken } from '../src/store/identity/save-token.ts';
import { openStore } from '../src/store/open-store.ts';
import type { FleetFacts } from './fleet/fleet-facts.ts';
import { type FleetFolder, fleetConfig, openFleetFolder } from './fleet/fleet-folder.ts';
import type { BenchOptions, Figures } from './main.ts';

const SERVERS_PER_INVENTORY = 10;
const DAY_MS = 24 * 60 * 60 * 1000;

export interface BenchFleet {
  readonly facts: FleetFacts;
  readonly folder: FleetFolder;
  readonly database: Database;
  readonly token: string;
  /** Path of the server view over all enterprise projects; filters are added with `&`. */
  readonly viewPath: string;
  /** What a node or a command on the same database is to be started with. */
  readonly environment: Readonly<Record<string, string>>;
  readonly close: () => Promise<void>;
}

/** The fleet of the options, in its folder; no database runs on it. */
export async function benchFleetFolder(
  options: BenchOptions,
  { servers: fewest, writes }: { readonly servers: number; readonly writes: boolean },
): Promise<FleetFolder> {
  const servers = options.servers ?? fewest;
  const inventories = options.inventories ?? Math.max(1, Math.round(servers / SERVERS_PER_INVENTORY));
  return await openFleetFolder({
    size: { servers, inventories: Math.min(servers, inventories) },
    keptIn: options.fleet,
    writes,
    note: options.note,
  });
}

/** The same with its database running, as of an operator who has one: several nodes may use it. */
export async function openBenchFleet(
  options: BenchOptions,
  needed: { readonly servers: number; readonly writes: boolean },
): Promise<BenchFleet> {
  const folder = await benchFleetFolder(options, needed);
  const store = await openStore(fleetConfig(folder.folder), { role: 'command' });
  const { facts } = folder;
  return {
    facts,
    folder,
    database: store.database,
    token: await makeToken(store.database, facts),
    viewPath: `/v5/${facts.projectId}/vulnerability/host/hosts?enterprise_project_id=all_granted_eps`,
    environment: {
      PATH: process.env['PATH'] ?? '',
      DATABASE_URL: store.connectionString,
      PARAPET_SECRET_KEY_FILE: join(folder.folder, 'data', SECRET_KEY_FILE_NAME),
      PARAPET_PORT: '0',
      PARAPET_LOG_LEVEL: 'warn',
    },
    close: async () => {
      await store.close();
      await folder.remove();
    },
  };
}

/** A token of the fleet's administrator that lives for a day. */
export async function makeToken(database: Database, { userId, projectId }: FleetFacts): Promise<string> {
  const token = newSecret('token');
  const now = Date.now();
  await saveToken(database, {
    hash: hashSecret(token),
    userId,
    projectId,
    issuedAt: now,
    expiresAt: now + DAY_MS,
  });
  return token;
}

/** What every bench tells of the fleet it measured. */
export function fleetSizes({ facts }: Pick<FleetFolder, 'facts'>): Figures {
  const { servers, inventories, packages, figures } = facts;
  return { servers, inventories, packages, ...figures };
}
