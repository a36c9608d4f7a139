/** What `parapet doctor` looks at outside the database: the program, the data folder, PostgreSQL's programs, the port. */
import { existsSync, statfsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import type { Config } from '../../config.ts';
import type { DataFolder } from '../../store/data-folder.ts';
import { readClusterVersion } from '../../store/postgres-cluster.ts';
import { findPostgresPrograms } from '../../store/postgres-programs.ts';
import { type Check, failed, ok, warning, wrong } from './check.ts';

const NODE_MAJOR_MIN = 24;
const MIB = 1024 * 1024;
/** Less than this and the next import may not fit. */
const DISK_FREE_WARNING_BYTES = 2_048 * MIB;
/** Less than this and PostgreSQL is about to stop writing. */
const DISK_FREE_WRONG_BYTES = 128 * MIB;
const PROBE_TIMEOUT_MS = 3_000;

export function checkNode(version: string): Check {
  const major = Number(/^v?(\d+)/.exec(version)?.[1]);
  if (major >= NODE_MAJOR_MIN) return ok('Node.js', `Version ${version}.`);
  return wrong(
    'Node.js',
    `Version ${version}; Parapet needs ${NODE_MAJOR_MIN} or later.`,
    `Install Node.js ${NODE_MAJOR_MIN}, or run npm ci without --omit=optional, which brings it.`,
  );
}

/** Whether this user can write in the data folder; one that is not there yet is no fault. */
export async function checkDataFolder({ path }: DataFolder): Promise<Check> {
  const name = 'data folder';
  if (!existsSync(path)) return ok(name, `${path} is not there yet; the first start makes it.`);
  try {
    const probe = await mkdtemp(join(path, '.doctor-'));
    await rm(probe, { recursive: true });
    return ok(name, `${path} can be written.`);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    return wrong(
      name,
      `This user cannot write in ${path} (${code}).`,
      'Give the user that right, or choose another folder with PARAPET_DATA_DIR.',
    );
  }
}

export function checkDisk({ path }: DataFolder): Check {
  const name = 'free disk';
  let existing = path;
  while (!existsSync(existing) && dirname(existing) !== existing) existing = dirname(existing);
  const { bavail, bsize } = statfsSync(existing);
  const bytes = bavail * bsize;
  const finding = `${Math.floor(bytes / MIB)} MiB free where ${path} lies.`;
  const advice = 'Free space there before the database has none left.';
  if (bytes < DISK_FREE_WRONG_BYTES) return wrong(name, finding, advice);
  return bytes < DISK_FREE_WARNING_BYTES ? warning(name, finding, advice) : ok(name, finding);
}

/** Whether there are programs for the private PostgreSQL, of the version that made its cluster. */
export function checkPrograms(config: Config, folder: DataFolder): Check {
  const name = 'PostgreSQL programs';
  if (config.databaseUrl !== undefined) return ok(name, 'Not needed: DATABASE_URL names a database.');
  try {
    const programs = findPostgresPrograms(config, folder, readClusterVersion(folder));
    return ok(name, `Version ${programs.version} in ${programs.folder} (${programs.origin}).`);
  } catch (error) {
    return failed(name, error);
  }
}

/** Whether `serve` could listen, or already does. */
export async function checkPort(config: Pick<Config, 'host' | 'port' | 'tlsCert'>): Promise<Check> {
  const name = 'port';
  const { host, port } = config;
  if (port === 0) return ok(name, 'The system chooses a free one (PARAPET_PORT is 0).');
  const problem = await listenProblem(host, port);
  if (problem === undefined) return ok(name, `${host} port ${port} is free.`);
  if (problem !== 'EADDRINUSE') {
    return wrong(
      name,
      `${host} port ${port} cannot be listened on (${problem}).`,
      'Choose another with PARAPET_HOST and PARAPET_PORT; ports below 1024 need a right.',
    );
  }
  if (await isParapet(config)) return ok(name, `Parapet answers on ${host} port ${port}.`);
  return wrong(
    name,
    `Another program listens on ${host} port ${port}, or a Parapet that does not answer.`,
    'Stop it, or choose another port with PARAPET_PORT.',
  );
}

async function listenProblem(host: string, port: number): Promise<string | undefined> {
  return await new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error) => resolve('code' in error ? String(error.code) : error.message));
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(undefined)));
  });
}

async function isParapet({
  host,
  port,
  tlsCert,
}: Pick<Config, 'host' | 'port' | 'tlsCert'>): Promise<boolean> {
  const target = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host;
  const options = { host: target, port, path: '/healthz', timeout: PROBE_TIMEOUT_MS };
  // Who answers is asked, not whether the certificate is for this address: nothing is sent but the question.
  const asked =
    tlsCert === undefined
      ? (await import('node:http')).get(options)
      : (await import('node:https')).get({ ...options, rejectUnauthorized: false });
  return await new Promise((resolve) => {
    asked.on('timeout', () => asked.destroy(new Error('no answer')));
    asked.on('error', () => resolve(false));
    asked.on('response', (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (piece: string) => {
        text = (text + piece).slice(0, 1_000);
      });
      response.on('error', () => resolve(false));
      response.on('close', () => resolve(response.statusCode === 200 && /^\{"status":"ok"\}$/.test(text)));
    });
  });
}
