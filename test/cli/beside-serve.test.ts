/** Commands as processes of their own, beside a running service on the same data folder, and after it has ended. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { FIXTURES, reportOf } from './command-line.ts';

const PROGRAM = fileURLToPath(new URL('../../bin/parapet.js', import.meta.url));
const PASSWORD = 'correct horse battery';

// As root, PostgreSQL runs under an account of its own, which has to pass through.
const folder = mkdtempSync(join(tmpdir(), 'parapet-test-cli-'));
chmodSync(folder, 0o711);
const children: ChildProcess[] = [];
afterAll(() => {
  for (const child of children) child.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

function start(args: readonly string[], dataDir: string): ChildProcess {
  const child = spawn(process.execPath, [PROGRAM, ...args], {
    cwd: folder,
    env: {
      PATH: process.env['PATH'],
      PARAPET_DATA_DIR: dataDir,
      PARAPET_PORT: '0',
      PARAPET_ADMIN_PASSWORD: PASSWORD,
      PARAPET_LOG_LEVEL: 'error',
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  children.push(child);
  return child;
}

async function run(args: readonly string[], dataDir: string) {
  const child = start(args, dataDir);
  let out = '';
  let err = '';
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    out += text;
  });
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    err += text;
  });
  const [code] = await once(child, 'close');
  return { code: Number(code), out, err };
}

interface Service {
  readonly url: string;
  readonly stop: () => Promise<unknown>;
}

async function serve(dataDir: string): Promise<Service> {
  const child = start(['serve', '--json'], dataDir);
  const ended = once(child, 'exit').then(([code]: readonly unknown[]) => code);
  const line = await new Promise<string>((resolve, reject) => {
    let out = '';
    let err = '';
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      out += text;
      if (out.includes('\n')) resolve(out);
    });
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      err += text;
    });
    child.on('exit', (code) => reject(new Error(`serve ended with ${code}: ${err}`)));
  });
  const { url }: { url: string } = JSON.parse(line);
  return {
    url,
    stop: () => {
      child.kill('SIGTERM');
      return ended;
    },
  };
}

/** What the service itself answers: the names in its server view, asked by a user that a command made. */
async function namesInView(
  url: string,
  user: { name: string; password: string },
): Promise<readonly string[]> {
  const identity = {
    methods: ['password'],
    password: { user: { ...user, domain: { name: 'parapet' } } },
  };
  const login = await fetch(`${url}/v3/auth/tokens`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ auth: { identity, scope: { project: { name: 'default' } } } }),
  });
  expect(login.status).toBe(201);
  const { token }: { token: { project: { id: string } } } = JSON.parse(await login.text());
  const view = await fetch(
    `${url}/v5/${token.project.id}/vulnerability/host/hosts?enterprise_project_id=all_granted_eps`,
    {
      headers: { 'X-Auth-Token': login.headers.get('X-Subject-Token') ?? '' },
    },
  );
  expect(view.status).toBe(200);
  const { data_list }: { data_list: { host_name: string }[] } = JSON.parse(await view.text());
  return data_list.map((row) => row.host_name);
}

const DATA = join(folder, 'data');
const REPORT = join(folder, 'report');
const BACKUP = join(folder, 'parapet.backup');
writeFileSync(REPORT, reportOf('web-01'));

describe('commands beside a running service', () => {
  it('work on the same data folder, and the service answers with what they did', async () => {
    const service = await serve(DATA);
    expect(await run(['advisories', 'import', join(FIXTURES, 'advisories')], DATA)).toMatchObject({
      code: 0,
    });
    const [imported, made] = await Promise.all([
      run(['inventory', 'import', REPORT], DATA),
      run(['user', 'create', 'ana', '--role', 'read', '--json'], DATA),
    ]);
    expect(imported).toMatchObject({ code: 0 });
    const { password }: { password: string } = JSON.parse(made.out);
    expect(await namesInView(service.url, { name: 'ana', password })).toEqual(['web-01']);
    expect(await run(['backup', BACKUP], DATA)).toMatchObject({ code: 0 });
    const refused = await run(['restore', BACKUP, '--force'], DATA);
    expect(refused.code).toBe(1);
    expect(refused.err).toContain('Stop every `parapet serve`');
    expect(await service.stop()).toBe(0);
  });

  it('work after it has ended, and find what was there', async () => {
    const list = await run(['server', 'list'], DATA);
    expect(list.code).toBe(0);
    expect(list.out).toMatch(/^web-01 +High/m);
  });

  it('bring an installation to another folder, which serves with the same users and key', async () => {
    const made = await run(['key', 'create', '--json'], DATA);
    expect(made.code).toBe(0);
    expect(await run(['backup', BACKUP], DATA)).toMatchObject({ code: 0 });
    const other = join(folder, 'other');
    const without = await run(['restore', BACKUP], other);
    expect(without.code).toBe(0);
    expect(without.err).toContain('Before the service can start: ');
    mkdirSync(other, { recursive: true });
    copyFileSync(join(DATA, 'secret-key'), join(other, 'secret-key'));
    const service = await serve(other);
    expect(await namesInView(service.url, { name: 'admin', password: PASSWORD })).toEqual(['web-01']);
    expect(await service.stop()).toBe(0);
  });
});
