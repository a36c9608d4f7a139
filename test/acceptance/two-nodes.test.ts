/**
 * Two services on one database: what one acknowledges it shows at once, the other soon; one is killed with -9 while reports
 * arrive, and the other goes on with nothing lost. A server's name carries the number of its last report.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, it } from 'vitest';
import { testDatabase } from '../database.ts';

const PROGRAM = fileURLToPath(new URL('../../bin/parapet.js', import.meta.url));
const PASSWORD = 'correct horse battery';
const SERVERS = 4;
const REPORTS_BEFORE_KILL = 40;
const REPORTS_AFTER_KILL = 20;
const DEADLINE_MS = 60_000;

const { database, connectionString } = await testDatabase('empty');
const folder = mkdtempSync(join(tmpdir(), 'parapet-test-nodes-'));
const children: ChildProcess[] = [];
afterAll(async () => {
  for (const child of children) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
  rmSync(folder, { recursive: true, force: true });
});

function start(args: readonly string[]): ChildProcess {
  const child = spawn(process.execPath, [PROGRAM, ...args], {
    cwd: folder,
    env: {
      PATH: process.env['PATH'],
      PARAPET_DATA_DIR: join(folder, 'data'),
      DATABASE_URL: connectionString,
      PARAPET_PORT: '0',
      PARAPET_ADMIN_PASSWORD: PASSWORD,
      PARAPET_LOG_LEVEL: 'warn',
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.push(child);
  return child;
}

async function outputOf(args: readonly string[]): Promise<string> {
  const child = start(args);
  let out = '';
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    out += text;
  });
  const [code] = await once(child, 'close');
  expect(code, `parapet ${args.join(' ')}`).toBe(0);
  return out;
}

interface Node {
  readonly child: ChildProcess;
  readonly url: string;
  readonly token: string;
  readonly projectId: string;
}

async function serve(): Promise<Node> {
  const child = start(['serve', '--json']);
  const url = await new Promise<string>((resolve, reject) => {
    let out = '';
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      out += text;
      if (out.includes('\n')) resolve(String(JSON.parse(out).url));
    });
    child.on('exit', (code) => reject(new Error(`serve ended with ${code}`)));
  });
  await until(async () => (await fetch(`${url}/readyz`)).status === 200);
  const identity = {
    methods: ['password'],
    password: { user: { name: 'admin', password: PASSWORD, domain: { name: 'parapet' } } },
  };
  const response = await fetch(`${url}/v3/auth/tokens`, {
    method: 'POST',
    body: JSON.stringify({ auth: { identity, scope: { project: { name: 'default' } } } }),
  });
  const { token } = (await response.json()) as { token: { project: { id: string } } };
  return { child, url, token: response.headers.get('x-subject-token') ?? '', projectId: token.project.id };
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + DEADLINE_MS;
  while (!(await condition())) {
    expect(performance.now(), 'what was waited for did not come').toBeLessThan(deadline);
    await setTimeout(5);
  }
}

async function namesOn(node: Node, nameContains: string): Promise<readonly string[]> {
  const query = new URLSearchParams({ host_name: nameContains, limit: '200' });
  const response = await fetch(`${node.url}/v5/${node.projectId}/vulnerability/host/hosts?${query}`, {
    headers: { 'x-auth-token': node.token },
  });
  const answer = (await response.json()) as { total_num: number; data_list: { host_name: string }[] };
  expect(answer.total_num, JSON.stringify(answer)).toBe(answer.data_list.length);
  return answer.data_list.map((row) => row.host_name);
}

interface Reporter {
  readonly machineId: string;
  readonly credential: string;
  readonly number: number;
  sent: number;
  acknowledged: number;
}

async function enrol(node: Node, token: string, number: number): Promise<Reporter> {
  const machineId = String(number).repeat(32);
  const response = await fetch(`${node.url}/parapet/v1/agent/enrol`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ machine_id: machineId, name: `node-test-${number}` }),
  });
  const { credential } = (await response.json()) as { credential: string };
  return { machineId, credential, number, sent: 0, acknowledged: 0 };
}

function nameOf(reporter: Reporter, report: number): string {
  return `s${reporter.number}-r${report}-`;
}

/** Sends the next report; whether it was acknowledged. */
async function report(node: Node, reporter: Reporter): Promise<boolean> {
  reporter.sent += 1;
  const { sent } = reporter;
  const lines = ['parapet-report 1', `collected-at ${1_764_000_000 + sent}`, 'digest -', '[server]'];
  lines.push(`name ${nameOf(reporter, sent)}`, `machine-id ${reporter.machineId}`, 'agent 0.1.0');
  lines.push('[os-release]', 'ID=debian', 'VERSION_ID="12"', '[packages dpkg]');
  lines.push('zlib1g\t1.0-1\tamd64\tzlib\t1.0-1\tinstall ok installed', '[end]', '');
  try {
    const response = await fetch(`${node.url}/parapet/v1/agent/report`, {
      method: 'POST',
      headers: { authorization: `Bearer ${reporter.credential}`, 'content-type': 'text/plain' },
      body: lines.join('\n'),
    });
    await response.arrayBuffer();
    if (response.status !== 200) return false;
  } catch {
    return false;
  }
  reporter.acknowledged = sent;
  return true;
}

function writeAdvisory(): string {
  const range = { type: 'ECOSYSTEM', events: [{ introduced: '0' }, { fixed: '2.0-1' }] };
  const affected = [{ package: { ecosystem: 'Debian:12', name: 'zlib' }, ranges: [range] }];
  const file = join(folder, 'advisory.json');
  writeFileSync(file, JSON.stringify({ id: 'DSA-9999-1', modified: '2026-01-01T00:00:00Z', affected }));
  return file;
}

it('show what either acknowledged, and one goes on without the other', async () => {
  const first = await serve();
  const second = await serve();
  const created = await outputOf(['enrolment-token', 'create', '--json']);
  const { token } = JSON.parse(created) as { token: string };
  const reporters = await Promise.all(
    Array.from({ length: SERVERS }, (_, number) => enrol(first, token, number)),
  );

  let isKilled = false;
  let acknowledged = 0;
  await Promise.all(
    reporters.map(async (reporter) => {
      while (acknowledged < REPORTS_BEFORE_KILL + REPORTS_AFTER_KILL) {
        const [taker, other] = reporter.sent % 2 === 0 && !isKilled ? [first, second] : [second, first];
        if (!(await report(taker, reporter))) {
          expect(isKilled, 'a report was refused by a living node').toBe(true);
          continue;
        }
        acknowledged += 1;
        const name = nameOf(reporter, reporter.acknowledged);
        if (taker === second || !isKilled) {
          // At once, the first time it is asked; a node that is killed meanwhile need not answer.
          const shown = await namesOn(taker, name).catch((error: unknown) => {
            if (taker === second || !isKilled) throw error;
            return [name];
          });
          expect(shown).toEqual([name]);
        }
        if (other === second) await until(async () => (await namesOn(second, name)).length === 1);
        if (acknowledged >= REPORTS_BEFORE_KILL && !isKilled) {
          isKilled = true;
          first.child.kill('SIGKILL');
        }
      }
    }),
  );
  for (const reporter of reporters) {
    const [shown, ...more] = await namesOn(second, `s${reporter.number}-r`);
    expect(more).toEqual([]);
    const last = Number(/-r(\d+)-/.exec(shown ?? '')?.[1]);
    expect(last, 'an acknowledged report is lost').toBeGreaterThanOrEqual(reporter.acknowledged);
    expect(last).toBeLessThanOrEqual(reporter.sent);
  }

  await outputOf(['advisories', 'import', writeAdvisory(), '--json']);
  const opened = await database.query<{ times: number }>(
    `SELECT count(*) AS times FROM finding_event WHERE kind = 'found' GROUP BY server_id, vulnerability`,
  );
  expect(opened).toEqual(reporters.map(() => ({ times: 1 })));
  const third = await serve();
  for (const node of [second, third]) {
    await until(async () => {
      const response = await fetch(
        `${node.url}/v5/${node.projectId}/vulnerability/host/hosts?severity_level=Medium`,
        {
          headers: { 'x-auth-token': node.token },
        },
      );
      return ((await response.json()) as { total_num: number }).total_num === SERVERS;
    });
  }
});
