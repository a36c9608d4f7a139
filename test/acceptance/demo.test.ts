/** The demo as a newcomer runs it: the program itself, its output pasted into a shell, then SIGTERM. */
import { type ChildProcess, execFile, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, describe, expect, it } from 'vitest';

const PROGRAM = fileURLToPath(new URL('../../bin/parapet.js', import.meta.url));
const PASSWORD = `it's "one" of $HOME`;
const hasCurl = spawnSync('curl', ['--version']).status === 0;

// As root, PostgreSQL runs under an account of its own, which has to pass through.
const folder = mkdtempSync(join(tmpdir(), 'parapet-test-demo-'));
chmodSync(folder, 0o711);
const children: ChildProcess[] = [];
afterAll(() => {
  for (const child of children) child.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

interface RunningDemo {
  readonly child: ChildProcess;
  readonly output: string;
  /** Settled when the process has ended, with its exit code. */
  readonly ended: Promise<unknown>;
}

/** Starts the demo on a free port and waits until it has printed all that it prints. */
async function startDemo(): Promise<RunningDemo> {
  const child = spawn(process.execPath, [PROGRAM, 'demo'], {
    cwd: folder,
    env: {
      PATH: process.env['PATH'],
      TMPDIR: folder,
      PARAPET_PORT: '0',
      PARAPET_ADMIN_PASSWORD: PASSWORD,
      PARAPET_PROJECT_NAME: 'cn-north-4',
      PARAPET_LOG_LEVEL: 'error',
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  children.push(child);
  const ended = once(child, 'exit').then(([code]: readonly unknown[]) => code);
  let output = '';
  let errors = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors += text;
  });
  await new Promise<void>((resolve, reject) => {
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text;
      if (/^curl .*\n/m.test(output)) resolve();
    });
    child.on('exit', (code) => reject(new Error(`the demo ended with ${code}: ${errors}`)));
  });
  return { child, output, ended };
}

const demo = await startDemo();

describe('parapet demo', () => {
  it('prints the ready line first, and keeps its data in a temporary folder', () => {
    expect(demo.output).toMatch(/^parapet listening on http:\/\/127\.0\.0\.1:\d+\n/);
    expect(demo.output).toContain('cn-north-4, id ');
    expect(readdirSync(folder).filter((name) => name.startsWith('parapet-demo-'))).toHaveLength(1);
    expect(readdirSync(folder)).not.toContain('data');
  });

  if (hasCurl) {
    it('prints two lines that show the ten worst servers when they are pasted into a shell', async () => {
      const lines = demo.output.slice(demo.output.indexOf('TOKEN='));
      const { stdout } = await promisify(execFile)('sh', ['-c', lines]);
      const answer: { total_num: number; data_list: { severity_level: string }[] } = JSON.parse(stdout);
      expect(answer.total_num).toBeGreaterThanOrEqual(60);
      expect(answer.data_list.map((server) => server.severity_level)).toEqual(Array(10).fill('High'));
    });
  }

  it('ends on SIGTERM with exit code 0 and takes its folder away', async () => {
    demo.child.kill('SIGTERM');
    expect(await demo.ended).toBe(0);
    expect(readdirSync(folder).filter((name) => name.startsWith('parapet-demo-'))).toEqual([]);
  });
});
