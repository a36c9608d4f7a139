/**
 * Several services on one database, as processes, and servers that report to them. A server's name carries the number of its
 * last report, so that the view tells which one it shows.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';

const PROGRAM = fileURLToPath(new URL('../../bin/parapet.js', import.meta.url));
const PASSWORD = 'correct horse battery';
const METRICS_TOKEN = 'a-token-of-the-operator-0123456789';
const DEADLINE_MS = 300_000;
const ASK_AGAIN_MS = 5;

export interface ServiceNode {
  readonly child: ChildProcess;
  readonly url: string;
  readonly token: string;
  readonly projectId: string;
}

/** A server that reports: what it sent, and what was acknowledged, by the number of the report. */
export interface Reporter {
  readonly machineId: string;
  readonly credential: string;
  readonly number: number;
  sent: number;
  acknowledged: number;
}

/** Starts services and commands on one database; `remove` ends what still runs. */
export class ServiceNodes {
  readonly #connectionString: string;
  readonly #folder = mkdtempSync(join(tmpdir(), 'parapet-test-nodes-'));
  readonly #children: ChildProcess[] = [];

  constructor(connectionString: string) {
    this.#connectionString = connectionString;
    writeFileSync(join(this.#folder, 'metrics-token'), METRICS_TOKEN);
  }

  async remove(): Promise<void> {
    for (const child of this.#children) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /** A service that is ready, and a token of its administrator. */
  async serve(): Promise<ServiceNode> {
    const child = this.#start(['serve', '--json']);
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

  /** Runs a command to its end, which has to be a good one, and returns what it printed. */
  async outputOf(args: readonly string[]): Promise<string> {
    const child = this.#start(args);
    let out = '';
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      out += text;
    });
    const [code] = await once(child, 'close');
    expect(code, `parapet ${args.join(' ')}`).toBe(0);
    return out;
  }

  /** Servers that may report, enrolled at `node`. */
  async enrol(node: ServiceNode, count: number): Promise<readonly Reporter[]> {
    const created = await this.outputOf(['enrolment-token', 'create', '--json']);
    const { token } = JSON.parse(created) as { token: string };
    return await Promise.all(Array.from({ length: count }, (_, number) => enrolOne(node, token, number)));
  }

  /** A file with one advisory, about the package that every reporter has. */
  writeAdvisory(id: string): string {
    const range = { type: 'ECOSYSTEM', events: [{ introduced: '0' }, { fixed: '2.0-1' }] };
    const affected = [{ package: { ecosystem: 'Debian:12', name: 'zlib' }, ranges: [range] }];
    const file = join(this.#folder, `${id}.json`);
    writeFileSync(file, JSON.stringify({ id, modified: '2026-01-01T00:00:00Z', affected }));
    return file;
  }

  #start(args: readonly string[]): ChildProcess {
    const child = spawn(process.execPath, [PROGRAM, ...args], {
      cwd: this.#folder,
      env: {
        PATH: process.env['PATH'],
        PARAPET_DATA_DIR: join(this.#folder, 'data'),
        DATABASE_URL: this.#connectionString,
        PARAPET_PORT: '0',
        PARAPET_ADMIN_PASSWORD: PASSWORD,
        PARAPET_METRICS_TOKEN_FILE: join(this.#folder, 'metrics-token'),
        PARAPET_LOG_LEVEL: 'silent',
      },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    this.#children.push(child);
    return child;
  }
}

export async function until(condition: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + DEADLINE_MS;
  while (!(await condition())) {
    expect(performance.now(), 'what was waited for did not come').toBeLessThan(deadline);
    await setTimeout(ASK_AGAIN_MS);
  }
}

/** The answer of the server view, at most 200 rows. */
export async function askView(
  node: ServiceNode,
  filter: Readonly<Record<string, string>>,
): Promise<{ readonly status: number; readonly total: number; readonly names: readonly string[] }> {
  const query = new URLSearchParams({ ...filter, limit: '200' });
  const response = await fetch(`${node.url}/v5/${node.projectId}/vulnerability/host/hosts?${query}`, {
    headers: { 'x-auth-token': node.token },
  });
  const answer = (await response.json()) as { total_num?: number; data_list?: { host_name: string }[] };
  const names = (answer.data_list ?? []).map((row) => row.host_name);
  return { status: response.status, total: answer.total_num ?? 0, names };
}

/** Names of the servers that the view finds by a part of them. */
export async function namesOn(node: ServiceNode, nameContains: string): Promise<readonly string[]> {
  const { status, total, names } = await askView(node, { host_name: nameContains });
  expect(status).toBe(200);
  expect(total).toBe(names.length);
  return names;
}

/** The value of one line of `/metrics`; undefined where it is not there. */
export async function metricOf(node: ServiceNode, line: string): Promise<number | undefined> {
  const response = await fetch(`${node.url}/metrics`, {
    headers: { authorization: `Bearer ${METRICS_TOKEN}` },
  });
  const found = (await response.text()).split('\n').find((one) => one.startsWith(`${line} `));
  return found === undefined ? undefined : Number(found.slice(line.length + 1));
}

export function nameOf(reporter: Reporter, report: number): string {
  return `s${reporter.number}-r${report}-`;
}

/** Sends the next report; whether it was acknowledged. */
export async function report(node: ServiceNode, reporter: Reporter): Promise<boolean> {
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

/** Checks that `names` has of each server one report that it sent, and none older than was acknowledged. */
export function expectNothingLost(names: readonly string[], reporters: readonly Reporter[]): void {
  for (const reporter of reporters) {
    const [shown, ...more] = names.filter((name) => name.startsWith(`s${reporter.number}-r`));
    expect(more).toEqual([]);
    const last = Number(/-r(\d+)-/.exec(shown ?? '')?.[1]);
    expect(last, 'an acknowledged report is lost').toBeGreaterThanOrEqual(reporter.acknowledged);
    expect(last).toBeLessThanOrEqual(reporter.sent);
  }
}

async function enrolOne(node: ServiceNode, token: string, number: number): Promise<Reporter> {
  const machineId = String(number).repeat(32);
  const response = await fetch(`${node.url}/parapet/v1/agent/enrol`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ machine_id: machineId, name: `node-test-${number}` }),
  });
  const { credential } = (await response.json()) as { credential: string };
  return { machineId, credential, number, sent: 0, acknowledged: 0 };
}
