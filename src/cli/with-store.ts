/** What every command that works on the store needs: the store opened, the clock, the project chosen. */
import type { Config } from '../config.ts';
import { appError } from '../errors.ts';
import { FIRST_DOMAIN_NAME } from '../identity/bootstrap.ts';
import type { Project } from '../identity/rights.ts';
import { coverageClock, firstStartOf } from '../installation.ts';
import type { CoverageClock } from '../jobs/refresh-unknown.ts';
import { findDataFolder } from '../store/data-folder.ts';
import type { Database } from '../store/database.ts';
import { findDomain } from '../store/identity/find-domain.ts';
import { listProjects } from '../store/identity/list-projects.ts';
import { openStore } from '../store/open-store.ts';
import type { CommandIo, OptionSpec } from './command.ts';

/** The option of every command that concerns one project. */
export const PROJECT_OPTION = {
  project: { type: 'string' },
} as const satisfies Readonly<Record<string, OptionSpec>>;

export const PROJECT_HELP = `  --project NAME    the project, by name or id; without it the only one there is
  --json            the result as JSON`;

export interface CommandStore {
  readonly config: Config;
  readonly database: Database;
  readonly domainId: string;
  readonly clock: () => CoverageClock;
  /** The folder that is really used: see `findDataFolder`. */
  readonly dataFolder: string;
}

/**
 * Opens the store for a command, runs `work` and closes the store again. A database without a domain is given its first
 * one, as a first `serve` would do; a generated password is shown then.
 */
export async function withStore<T>(io: CommandIo, work: (store: CommandStore) => Promise<T>): Promise<T> {
  const config = io.config();
  const store = await openStore(config, { role: 'command' });
  try {
    const { database } = store;
    const first = await firstStartOf(config, database);
    if (first?.generatedPassword !== undefined) {
      io.err(`First start. Password of admin, shown only this once: ${first.generatedPassword}\n`);
    }
    const domain = await findDomain(database, FIRST_DOMAIN_NAME);
    if (domain === undefined) throw new Error('a first start made no domain');
    return await work({
      config,
      database,
      domainId: domain.id,
      clock: coverageClock(config),
      dataFolder: findDataFolder(config).path,
    });
  } finally {
    await store.close();
  }
}

/** The project that `wanted` names, by name or id, or the only one. Throws `project-unknown` with the names there are. */
export async function chooseProject(store: CommandStore, wanted: string | undefined): Promise<Project> {
  const projects = await listProjects(store.database, store.domainId);
  const names = projects.map((project) => project.name);
  if (wanted === undefined) {
    const [only, another] = projects;
    if (only !== undefined && another === undefined) return only;
    throw appError('project-unknown', { problem: 'which project? Name it with --project', names });
  }
  const found = projects.find((project) => project.name === wanted || project.id === wanted);
  if (found === undefined) {
    throw appError('project-unknown', { problem: `there is no project ${wanted}`, names });
  }
  return found;
}
