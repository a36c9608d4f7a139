import { execFile } from 'node:child_process';
import { readdir, readFile, stat } from 'node:fs/promises';
import { hostname, networkInterfaces, release, version } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { readApkInstalled } from './formats/apk-installed.ts';
import { readDpkgStatus } from './formats/dpkg-status.ts';
import { addRpmQueryLine, RPM_QUERY_FORMAT } from './formats/rpm-list.ts';
import type { Inventory } from './inventory.ts';
import { inventoryOf } from './inventory-of.ts';
import { runningKernelOf, waitingIn, withWaiting } from './kernel.ts';
import { parseOsRelease } from './os-release.ts';
import { PackageList } from './package-list.ts';
import type { System } from './system.ts';

/** Largest package database that is read, in bytes; that of a full desktop has some 8 MB. */
export const DATABASE_BYTES_MAX = 128 * 1024 * 1024;
/** Most files of `status.d` that are read; images without dpkg have some dozens. */
export const STATUS_FILES_MAX = 10_000;
/** How long rpm may take to list its database. */
export const RPM_TIMEOUT_MS = 120_000;

/** Runs a program and answers what it wrote; throws where it cannot be run or fails. */
export type ProgramRunner = (program: string, args: readonly string[]) => Promise<string>;

export interface CollectOptions {
  /** The root of the file system to look at; a mounted image has no running kernel. Default `/`. */
  readonly root?: string;
  /** The system, where the caller knows better than its os-release. */
  readonly system?: System | undefined;
  readonly name?: string | undefined;
  /** Milliseconds since 1970. */
  readonly collectedAt: number;
  /** Default: runs it on this machine. */
  readonly run?: ProgramRunner;
  /** Folders (absolute within `root`) to look for applications in; empty: everywhere. Undefined: packages of the system alone. */
  readonly lookIn?: readonly string[] | undefined;
}

const OS_RELEASE_FILES = [
  'etc/os-release',
  'usr/lib/os-release',
  'etc/euleros-release',
  'etc/redhat-release',
  'etc/centos-release',
  'etc/system-release',
];
const RPM_DATABASES = ['var/lib/rpm', 'usr/lib/sysimage/rpm', 'usr/share/rpm'].flatMap((folder) =>
  ['Packages', 'Packages.db', 'rpmdb.sqlite'].map((file) => `${folder}/${file}`),
);
const APK_DATABASES = ['lib/apk/db/installed', 'usr/lib/apk/db/installed'];

/**
 * The inventory of this machine (or of the file system at `root`): os-release, the databases of dpkg, rpm and apk, the
 * running kernel and the addresses, and with `lookIn` the applications that no package brought. What cannot be read is named in `problems`; throws as `inventoryOf` does.
 */
export async function collectLocal(options: CollectOptions): Promise<Inventory> {
  const root = options.root ?? '/';
  const isThisMachine = root === '/';
  const list = new PackageList(isThisMachine ? 'of this machine' : root);
  const system = options.system ?? (await readSystem(root, list));
  await collectDpkg(root, list);
  await collectApk(root, list);
  // On a machine of dpkg or apk an rpm database holds strangers' packages, which no advisory of its system means.
  const run = options.run ?? runProgram;
  if (list.systemPackageCount === 0) await collectRpm(root, run, list);
  if (options.lookIn !== undefined) {
    const { collectApplications } = await import('./applications/collect-applications.ts');
    const listRpmFiles = (): Promise<string | undefined> => listFilesOfRpm(root, run, list);
    await collectApplications(list, { root, lookIn: options.lookIn, listRpmFiles });
  }
  return inventoryOf(
    {
      system,
      name: isThisMachine ? hostname() : '',
      addresses: isThisMachine ? localAddresses() : [],
      runningKernel: isThisMachine
        ? withWaiting(
            runningKernelOf({
              release: release(),
              unameVersion: version(),
              signature: (await readOptional(join(root, 'proc/version_signature'), list)) ?? '',
            }),
            await readWaiting(root, options.run ?? runProgram, list),
          )
        : undefined,
      collectedAt: options.collectedAt,
    },
    list,
    { name: options.name },
  );
}

async function readSystem(root: string, list: PackageList): Promise<System | undefined> {
  for (const file of OS_RELEASE_FILES) {
    const text = await readOptional(join(root, file), list);
    const system = text === undefined ? undefined : parseOsRelease(text);
    if (system !== undefined) return system;
  }
  return undefined;
}

/**
 * What the machine itself says waits for a restart: Debian's and Ubuntu's files, else needs-restarting of rpm systems, which
 * fails with its list where a restart is needed.
 */
async function readWaiting(root: string, run: ProgramRunner, list: PackageList): Promise<readonly string[]> {
  if ((await readOptional(join(root, 'run/reboot-required'), list)) !== undefined) {
    const named = waitingIn((await readOptional(join(root, 'run/reboot-required.pkgs'), list)) ?? '');
    return named.length > 0 ? named : ['unnamed'];
  }
  if (!(await isFile(join(root, 'usr/bin/needs-restarting')))) return [];
  try {
    await run('needs-restarting', ['-r']);
    return [];
  } catch (error) {
    const output = error instanceof Error && 'stdout' in error ? String(error.stdout) : '';
    return waitingIn(
      output
        .split('\n')
        .filter((line) => line.includes('*'))
        .join('\n'),
    );
  }
}

async function collectDpkg(root: string, list: PackageList): Promise<void> {
  const status = await readOptional(join(root, 'var/lib/dpkg/status'), list);
  if (status !== undefined) readDpkgStatus(status, list);
  const folder = join(root, 'var/lib/dpkg/status.d');
  const names = (await listOptional(folder, list)).filter((name) => !name.endsWith('.md5sums')).sort();
  if (names.length > STATUS_FILES_MAX) {
    list.addProblem(`${folder} holds ${names.length} files; only the first ${STATUS_FILES_MAX} were read`);
  }
  for (const name of names.slice(0, STATUS_FILES_MAX)) {
    const text = await readOptional(join(folder, name), list);
    if (text !== undefined) readDpkgStatus(text, list);
  }
}

async function collectApk(root: string, list: PackageList): Promise<void> {
  for (const file of APK_DATABASES) {
    const text = await readOptional(join(root, file), list);
    if (text === undefined) continue;
    readApkInstalled(text, list);
    return;
  }
}

async function hasRpm(root: string): Promise<boolean> {
  const isThere = await Promise.all(RPM_DATABASES.map((file) => isFile(join(root, file))));
  return isThere.includes(true);
}

/** Every file of every rpm, one a line; undefined where there is no rpm database. */
async function listFilesOfRpm(
  root: string,
  run: ProgramRunner,
  list: PackageList,
): Promise<string | undefined> {
  if (!(await hasRpm(root))) return undefined;
  try {
    return await run('rpm', [...(root === '/' ? [] : ['--root', root]), '-qal']);
  } catch (error) {
    const failure = error instanceof Error ? error.message : String(error);
    list.addProblem(`rpm could not list its files, so some applications may be its packages: ${failure}`);
    return undefined;
  }
}

async function collectRpm(root: string, run: ProgramRunner, list: PackageList): Promise<void> {
  if (!(await hasRpm(root))) return;
  // Before 4.14 rpm refuses the tag MODULARITYLABEL, and knows no modules either.
  const formats = [RPM_QUERY_FORMAT, RPM_QUERY_FORMAT.replace('%{MODULARITYLABEL}', '')];
  let failure = '';
  for (const format of formats) {
    try {
      const rootArgs = root === '/' ? [] : ['--root', root];
      const output = await run('rpm', [...rootArgs, '-qa', '--queryformat', format]);
      output.split('\n').forEach((line, index) => {
        if (line !== '') addRpmQueryLine(line, `rpm -qa, line ${index + 1}`, list);
      });
      return;
    } catch (error) {
      failure = error instanceof Error ? error.message : String(error);
    }
  }
  list.addProblem(`there is an rpm database, but rpm could not list it: ${failure}`);
}

const execFileAsync = promisify(execFile);

async function runProgram(program: string, args: readonly string[]): Promise<string> {
  const { stdout } = await execFileAsync(program, [...args], {
    timeout: RPM_TIMEOUT_MS,
    maxBuffer: DATABASE_BYTES_MAX,
    env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C' },
  });
  return stdout;
}

/** The text of a file; undefined where there is none, and with a problem where it cannot be read. */
async function readOptional(path: string, list: PackageList): Promise<string | undefined> {
  try {
    const { size } = await stat(path);
    if (size > DATABASE_BYTES_MAX) {
      list.addProblem(`${path} has ${size} bytes, more than ${DATABASE_BYTES_MAX}, and was not read`);
      return undefined;
    }
    return await readFile(path, 'utf8');
  } catch (error) {
    if (!isAbsence(error)) list.addProblem(`${path} could not be read: ${String(error)}`);
    return undefined;
  }
}

async function listOptional(folder: string, list: PackageList): Promise<readonly string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (!isAbsence(error)) list.addProblem(`${folder} could not be read: ${String(error)}`);
    return [];
  }
}

async function isFile(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isFile();
  } catch {
    return false;
  }
}

function isAbsence(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return code === 'ENOENT' || code === 'ENOTDIR';
}

function localAddresses(): readonly string[] {
  return Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .filter((address) => !address.internal)
    .map((address) => address.address);
}
