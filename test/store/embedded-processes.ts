import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, chownSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { readProcessConfig } from '../../src/config.ts';
import { type DataFolder, findDataFolder } from '../../src/store/data-folder.ts';
import { type Database, openDatabase } from '../../src/store/database.ts';
import type { EmbeddedConfig } from '../../src/store/embedded.ts';
import { isRunning, stopPostgres } from '../../src/store/postgres-process.ts';
import { removeSocketFolder } from '../../src/store/socket-folder.ts';

const PROGRAM = fileURLToPath(new URL('embedded-process.ts', import.meta.url));

export interface User {
  readonly uid: number;
  readonly gid: number;
}

/** A folder for one test, and a configuration whose data folder lies in it. Everything goes with `remove`. */
export interface Place {
  readonly root: string;
  readonly config: EmbeddedConfig;
  remove(): Promise<void>;
}

export function makePlace(name = 'data', owner?: User): Place {
  const root = mkdtempSync(join(tmpdir(), 'parapet-embedded-'));
  // mkdtemp makes it private to this user, who may be root; what is tested here is the folder inside it.
  chmodSync(root, 0o755);
  if (owner !== undefined) chownSync(root, owner.uid, owner.gid);
  const config: EmbeddedConfig = {
    dataDir: join(root, name),
    dataDirIsDefault: false,
    databaseUrl: undefined,
    postgresBin: undefined,
    searchPath: readProcessConfig().searchPath,
  };
  return {
    root,
    config,
    remove: async () => {
      const folder: DataFolder =
        owner === undefined
          ? findDataFolder(config)
          : { path: config.dataDir, account: { name: 'the owner', ...owner } };
      await stopPostgres(folder);
      removeSocketFolder(folder);
      rmSync(root, { recursive: true, force: true });
    },
  };
}

/** The process number of the PostgreSQL that the data folder's files name, or undefined where it does not run. */
export function postgresPid(config: EmbeddedConfig): number | undefined {
  const file = join(config.dataDir, 'postgresql', 'postmaster.pid');
  if (!existsSync(file)) return undefined;
  const pid = Number.parseInt(readFileSync(file, 'utf8'), 10);
  return isRunning(pid) ? pid : undefined;
}

export interface OpenedElsewhere {
  readonly child: ChildProcessByStdio<Writable, Readable, null>;
  readonly connectionString?: string;
  readonly error?: { readonly code: string; readonly message: string };
  /** Ends its input, upon which it leaves PostgreSQL, and waits until it has ended. Returns its exit code. */
  leave(): Promise<number | null>;
}

/** Opens the private PostgreSQL in a process of its own, as `user` where given. */
export async function openElsewhere(
  config: EmbeddedConfig,
  role: 'serve' | 'command',
  user?: User,
): Promise<OpenedElsewhere> {
  const child = spawn(process.execPath, [PROGRAM, JSON.stringify({ config, role })], {
    ...user,
    cwd: '/',
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const ended = once(child, 'exit');
  const line = await Promise.race([firstLine(child.stdout), ended.then(() => '')]);
  return {
    child,
    ...JSON.parse(line === '' ? await text(child.stdout) : line),
    leave: async () => {
      child.stdin.end();
      const [code] = await ended;
      return code;
    },
  };
}

async function firstLine(stream: Readable): Promise<string> {
  let gathered = '';
  stream.setEncoding('utf8');
  return new Promise((resolve) => {
    stream.on('data', (chunk: string) => {
      gathered += chunk;
      if (gathered.includes('\n')) resolve(gathered);
    });
  });
}

/** Runs `work` on a database that is closed afterwards. */
export async function withDatabase<T>(
  connectionString: string | undefined,
  work: (database: Database) => Promise<T>,
): Promise<T> {
  if (connectionString === undefined) throw new Error('the private PostgreSQL was not opened');
  const database = openDatabase({ connectionString, connectionsMax: 2 });
  try {
    return await work(database);
  } finally {
    await database.close();
  }
}

/** Resolves when `condition` holds; the test's own time limit is the only one. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 20));
}
