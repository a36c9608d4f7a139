/**
 * The whole program where its surroundings fail it: the real `bin/parapet.js` as a process, its exit code and its words,
 * and how it goes on by itself. What the store alone does then is tested in test/store.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { findDataFolder } from '../../src/store/data-folder.ts';
import { openEmbedded } from '../../src/store/embedded.ts';
import { stopPostgres } from '../../src/store/postgres-process.ts';
import { openConnection } from '../api/raw-connection.ts';
import { makePlace, until } from '../store/embedded-processes.ts';

const PROGRAM = fileURLToPath(new URL('../../bin/parapet.js', import.meta.url));
const PASSWORD = 'correct horse battery';
const DISK_BYTES = 100 * 1024 * 1024;

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

function makeFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'parapet-test-around-'));
  // As root, PostgreSQL runs under an account of its own, which has to pass through.
  chmodSync(folder, 0o711);
  cleanups.push(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

type Settings = Readonly<Record<string, string>>;

interface Program {
  readonly child: ChildProcess;
  readonly ended: Promise<{ readonly code: unknown; readonly out: string; readonly err: string }>;
  /** The first line of stdout; fails where the program ends without one. */
  readonly firstLine: Promise<string>;
}

function start(args: readonly string[], cwd: string, settings: Settings): Program {
  const child = spawn(process.execPath, [PROGRAM, ...args], {
    cwd,
    env: {
      PATH: process.env['PATH'],
      PARAPET_PORT: '0',
      PARAPET_ADMIN_PASSWORD: PASSWORD,
      PARAPET_LOG_LEVEL: 'silent',
      ...settings,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let out = '';
  let err = '';
  const ended = once(child, 'close').then(([code]: unknown[]) => ({ code, out, err }));
  // SIGTERM lets it stop its PostgreSQL; a process that has ended hears nothing.
  cleanups.push(async () => {
    child.kill('SIGTERM');
    await ended;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    err += text;
  });
  const firstLine = new Promise<string>((resolve, reject) => {
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      out += text;
      if (out.includes('\n')) resolve(out.slice(0, out.indexOf('\n')));
    });
    child.on('close', (code) => reject(new Error(`ended with ${code} and without a line: ${err}`)));
  });
  firstLine.catch(() => undefined);
  return { child, ended, firstLine };
}

async function serve(cwd: string, settings: Settings): Promise<Program & { url: string; projectId: string }> {
  const program = start(['serve', '--json'], cwd, settings);
  const ready = JSON.parse(await program.firstLine) as { url: string; project_id: string };
  return { ...program, url: ready.url, projectId: ready.project_id };
}

const LOGIN = JSON.stringify({
  auth: {
    identity: {
      methods: ['password'],
      password: { user: { name: 'admin', password: PASSWORD, domain: { name: 'parapet' } } },
    },
    scope: { project: { name: 'default' } },
  },
});

async function login(url: string): Promise<string> {
  const response = await fetch(`${url}/v3/auth/tokens`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: LOGIN,
  });
  expect(response.status, await response.text()).toBe(201);
  return response.headers.get('x-subject-token') ?? '';
}

describe('a start that cannot succeed ends with 1 and says the way out', () => {
  it.each([
    ['PARAPET_PORT', 'eighty'],
    ['PARAPET_PORT', '65536'],
    ['PARAPET_PORT', '0x50'],
    ['PARAPET_FEED_STALE_DAYS', '1e3'],
    ['PARAPET_PUBLIC_URL', 'no address'],
    ['DATABASE_URL', 'mysql://localhost/parapet'],
  ])('with %s=%s, before anything is made', async (name, value) => {
    const folder = makeFolder();
    const { code, out, err } = await start(['serve'], folder, { [name]: value }).ended;
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(err).toMatch(new RegExp(`^parapet: .*${name}`));
    expect(err.trimEnd()).not.toContain('\n');
    expect(existsSync(join(folder, 'data'))).toBe(false);
  });

  it('in a data folder that is a file', async () => {
    const folder = makeFolder();
    writeFileSync(join(folder, 'data'), 'mine');
    const { code, err } = await start(['serve'], folder, {}).ended;
    expect(code).toBe(1);
    expect(err).toMatch(/^parapet: The data folder \S+data cannot be used: /);
  });

  it('in the data folder of another, or on its port, which goes on', async () => {
    const folder = makeFolder();
    const first = await serve(folder, {});
    const second = await start(['serve'], folder, {}).ended;
    expect(second.code).toBe(1);
    expect(second.err).toMatch(/^parapet: The data folder \S+data is in use by .*PARAPET_DATA_DIR/);

    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    cleanups.push(() => void server.close());
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? String(address.port) : '';
    await expectTermination(first);
    const third = await start(['serve'], folder, { PARAPET_PORT: port }).ended;
    expect(third.code).toBe(1);
    expect(third.err).toContain(port);
    expect(third.err).toMatch(/^parapet: .*another program listens there.*PARAPET_PORT/);
    expect(existsSync(join(folder, 'data', 'postgresql', 'postmaster.pid')), 'PostgreSQL is left').toBe(
      false,
    );
  });
});

async function expectTermination(program: Program): Promise<void> {
  program.child.kill('SIGTERM');
  expect((await program.ended).code).toBe(0);
}

describe('SIGTERM', () => {
  it('answers the request that is under way, takes no other, and ends with 0', async () => {
    const service = await serve(makeFolder(), {});
    const port = Number(new URL(service.url).port);
    const connection = openConnection(port);
    connection.send(
      `POST /v3/auth/tokens HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: ${LOGIN.length}\r\nExpect: 100-continue\r\n\r\n`,
    );
    await connection.untilText('100 Continue');
    connection.send(LOGIN.slice(0, 20));
    service.child.kill('SIGTERM');
    await until(() =>
      fetch(`${service.url}/healthz`).then(
        () => false,
        () => true,
      ),
    );
    connection.send(LOGIN.slice(20));
    expect(await connection.untilClosed()).toMatch(/HTTP\/1\.1 201 Created[\s\S]*connection: close/i);
    expect((await service.ended).code).toBe(0);
  });
});

describe('the database of DATABASE_URL', () => {
  it('that is gone is said in words while serving, and used again as soon as it is back', async () => {
    const there = makePlace();
    cleanups.push(there.remove);
    const database = await openEmbedded(there.config, 'command');
    const service = await serve(makeFolder(), { DATABASE_URL: database.connectionString });
    const token = await login(service.url);
    const view = (): Promise<Response> =>
      fetch(`${service.url}/v5/${service.projectId}/vulnerability/host/hosts?limit=10&offset=0`, {
        headers: { 'x-auth-token': token },
      });
    const readiness = async (): Promise<number> => (await fetch(`${service.url}/readyz`)).status;
    expect((await view()).status).toBe(200);

    await stopPostgres(findDataFolder(there.config));
    await until(async () => (await readiness()) === 503);
    expect(await (await fetch(`${service.url}/readyz`)).text()).toContain('The database cannot be reached');
    expect((await fetch(`${service.url}/healthz`)).status).toBe(200);
    // What it has in memory counts for a moment longer.
    await until(async () => (await view()).status === 503);
    const refused = await view();
    expect(refused.status).toBe(503);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    const text = await refused.text();
    expect(text).toContain('The database cannot be reached');
    expect(text, 'the password of the database stays here').not.toContain(database.connectionString);

    const again = await openEmbedded(there.config, 'command');
    await until(async () => (await readiness()) === 200);
    expect((await view()).status).toBe(200);
    await expectTermination(service);
    await Promise.all([database.close(), again.close()]);
  });
});

/** A folder on a small disk of its own, or undefined where this user may not mount one. */
function smallDisk(): string | undefined {
  const folder = join(makeFolder(), 'disk');
  mkdirSync(folder);
  const { status } = spawnSync('mount', [
    '-t',
    'tmpfs',
    '-o',
    `size=${DISK_BYTES},mode=711`,
    'tmpfs',
    folder,
  ]);
  if (status !== 0) return undefined;
  cleanups.push(() => spawnSync('umount', ['-l', folder]));
  return folder;
}

const mayMount = smallDisk() !== undefined;
for (const cleanup of cleanups.splice(0).reverse()) cleanup();

function writeAdvisories(file: string): void {
  const lines = Array.from({ length: 3_000 }, (_, index) =>
    JSON.stringify({
      id: `DSA-${1_000 + index}-1`,
      modified: '2026-01-01T00:00:00Z',
      details: 'Several faults were found. '.repeat(20),
      affected: [
        {
          package: { ecosystem: 'Debian:12', name: `package-${index}` },
          ranges: [{ type: 'ECOSYSTEM', events: [{ introduced: '0' }, { fixed: '2.0-1' }] }],
        },
      ],
    }),
  );
  writeFileSync(file, lines.join('\n'));
}

if (mayMount) {
  describe('a full disk', () => {
    it('refuses an import in words and nothing of it stays; with space again it works without a hand', async () => {
      const disk = smallDisk() ?? '';
      const folder = makeFolder();
      const settings = { PARAPET_DATA_DIR: join(disk, 'data') };
      const service = await serve(folder, settings);
      const file = join(folder, 'advisories.jsonl');
      writeAdvisories(file);
      const filler = join(disk, 'filler');
      spawnSync('dd', ['if=/dev/zero', `of=${filler}`, 'bs=4096']);

      const refused = await start(['advisories', 'import', file, '--json'], folder, settings).ended;
      expect(refused.code).toBe(1);
      expect(refused.err).toMatch(/parapet: .*(no space|space left|cannot be reached)/i);
      expect(refused.err).not.toContain('unexpected failure');

      rmSync(filler);
      await until(async () => (await fetch(`${service.url}/readyz`)).status === 200);
      const status = async (): Promise<string> =>
        (await start(['advisories', 'status', '--json'], folder, settings).ended).out;
      expect(JSON.parse(await status())).toMatchObject({ feeds: [] });
      expect((await start(['advisories', 'import', file, '--json'], folder, settings).ended).code).toBe(0);
      expect(await status()).toContain('3000');
      await expectTermination(service);
    });
  });
}
