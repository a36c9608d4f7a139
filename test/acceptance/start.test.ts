/** What keeps the service from starting is said in words by the program itself; what is in flight at SIGTERM is finished. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';

const PROGRAM = fileURLToPath(new URL('../../bin/parapet.js', import.meta.url));
// As root, PostgreSQL runs under an account of its own, which has to pass through.
const folder = mkdtempSync(join(tmpdir(), 'parapet-test-start-'));
chmodSync(folder, 0o711);
const children: ChildProcess[] = [];
afterAll(() => {
  for (const child of children) child.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

function serve(settings: Readonly<Record<string, string>>): ChildProcess {
  const child = spawn(process.execPath, [PROGRAM, 'serve'], {
    cwd: folder,
    env: { PATH: process.env['PATH'], PARAPET_PORT: '0', PARAPET_LOG_LEVEL: 'silent', ...settings },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  children.push(child);
  return child;
}

/** Runs a service that is expected to end by itself. */
async function failing(settings: Readonly<Record<string, string>>) {
  const child = serve(settings);
  let err = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    err += text;
  });
  const [code] = await once(child, 'close');
  return { code: Number(code), err };
}

async function listening(child: ChildProcess): Promise<string> {
  return await new Promise((resolve, reject) => {
    let out = '';
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      out += text;
      const url = /parapet listening on (\S+)\n/.exec(out)?.[1];
      if (url !== undefined) resolve(url);
    });
    child.on('exit', (code) => reject(new Error(`serve ended with ${code}`)));
  });
}

describe('parapet serve', () => {
  it('says which port is taken and what to do, and leaves nothing running', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const address = other.address();
    const port = typeof address === 'object' && address !== null ? String(address.port) : '';
    const { code, err } = await failing({ PARAPET_DATA_DIR: join(folder, 'taken'), PARAPET_PORT: port });
    other.close();
    expect(code).toBe(1);
    expect(err).toContain(`Cannot listen on 127.0.0.1 port ${port}: another program listens there.`);
    expect(err).toContain('PARAPET_PORT');
    const again = serve({ PARAPET_DATA_DIR: join(folder, 'taken') });
    expect(await listening(again)).toMatch(/^http:/);
    again.kill('SIGTERM');
    await once(again, 'exit');
  });

  it('says that another serve has the data folder, which goes on undisturbed and ends with 0', async () => {
    const first = serve({ PARAPET_DATA_DIR: join(folder, 'used') });
    const url = await listening(first);
    const { code, err } = await failing({ PARAPET_DATA_DIR: join(folder, 'used') });
    expect(code).toBe(1);
    expect(err).toMatch(/another parapet serve.*process \d+|in use/);
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
    const ended = once(first, 'exit');
    // Asked before the signal; answered after it.
    const answers = Array.from({ length: 20 }, () => fetch(`${url}/readyz`));
    first.kill('SIGTERM');
    for (const answer of await Promise.allSettled(answers)) {
      if (answer.status === 'fulfilled') expect([200, 503]).toContain(answer.value.status);
    }
    expect(await ended).toEqual([0, null]);
  });

  it.each([
    [{ PARAPET_PORT: '80x' }, 'PARAPET_PORT'],
    [{ PARAPET_PROT: '8080' }, 'PARAPET_PORT'],
    [{ DATABASE_URL: 'mysql://x' }, 'DATABASE_URL'],
  ])('refuses the setting %j and names the right one', async (settings, named) => {
    const { code, err } = await failing({ PARAPET_DATA_DIR: join(folder, 'never'), ...settings });
    expect(code).toBe(1);
    expect(err).toContain(named);
  });
});
