/**
 * kill -9 of the service, and of its PostgreSQL, at random moments while reports arrive and advisories are imported: what
 * was acknowledged is there after a start that needs no hand, and no import is there by half (design.md section 2,
 * promise 5). The moment is a random number of acknowledged reports; its seed is in the test's name and another one in every
 * run: PARAPET_TEST_KILL_SEED=… runs one again.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, it } from 'vitest';

const PROGRAM = fileURLToPath(new URL('../../bin/parapet.js', import.meta.url));
const SERVERS = 4;
const RECORDS_PER_IMPORT = 400;
const ACKNOWLEDGED_MAX = 40;
const READY_DEADLINE_MS = 60_000;
const ASK_AGAIN_MS = 50;

// As root, PostgreSQL runs under an account of its own, which has to pass through.
const folder = mkdtempSync(join(tmpdir(), 'parapet-test-kill-'));
chmodSync(folder, 0o711);
const DATA = join(folder, 'data');
const children: ChildProcess[] = [];
afterAll(() => {
  for (const child of children) child.kill('SIGKILL');
  killPostgres();
  rmSync(folder, { recursive: true, force: true });
});

function start(args: readonly string[]): ChildProcess {
  const child = spawn(process.execPath, [PROGRAM, ...args], {
    cwd: folder,
    env: {
      PATH: process.env['PATH'],
      PARAPET_DATA_DIR: DATA,
      PARAPET_PORT: '0',
      PARAPET_ADMIN_PASSWORD: 'correct horse battery',
      PARAPET_LOG_LEVEL: 'silent',
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  children.push(child);
  return child;
}

async function run(args: readonly string[]): Promise<{ readonly code: unknown; readonly out: string }> {
  const child = start(args);
  let out = '';
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    out += text;
  });
  const [code] = await once(child, 'close');
  return { code, out };
}

interface Service {
  readonly child: ChildProcess;
  readonly url: string;
}

async function serve(): Promise<Service> {
  const child = start(['serve', '--json']);
  const url = await new Promise<string>((resolve, reject) => {
    let out = '';
    let err = '';
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      out += text;
      if (out.includes('\n')) resolve(String(JSON.parse(out).url));
    });
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      err += text;
    });
    child.on('exit', (code) => reject(new Error(`serve ended with ${code}: ${err}`)));
  });
  return { child, url };
}

function killPostgres(): void {
  try {
    const pid = Number(readFileSync(join(DATA, 'postgresql', 'postmaster.pid'), 'utf8').split('\n')[0]);
    process.kill(pid, 'SIGKILL');
  } catch {
    // It is not running.
  }
}

/** A server that reports: its kernel release counts its reports, so the last one acknowledged can be seen. */
interface Reporter {
  readonly name: string;
  readonly credential: string;
  sent: number;
  acknowledged: number;
}

async function enrol(url: string, token: string, number: number): Promise<Reporter> {
  const name = `kill-${number}`;
  const response = await fetch(`${url}/parapet/v1/agent/enrol`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ machine_id: String(number).repeat(32), name }),
  });
  expect(response.status, await response.clone().text()).toBe(200);
  const { credential } = (await response.json()) as { credential: string };
  return { name, credential, sent: 0, acknowledged: 0 };
}

async function report(url: string, reporter: Reporter, number: number): Promise<void> {
  reporter.sent += 1;
  const release = `6.1.0-${reporter.sent}-amd64`;
  const body = [
    'parapet-report 1',
    `collected-at ${1_764_000_000 + reporter.sent}`,
    'digest -',
    '[server]',
    `name ${reporter.name}`,
    `machine-id ${String(number).repeat(32)}`,
    'agent 0.1.0',
    '[os-release]',
    'ID=debian',
    'VERSION_ID="12"',
    '[kernel]',
    release,
    '#1 SMP',
    '[packages dpkg]',
    `bash\t5.2.${reporter.sent}-1\tamd64\tbash\t5.2.${reporter.sent}-1\tinstall ok installed`,
    `pkg-${reporter.sent % 50}\t1.0-1\tamd64\tpkg-${reporter.sent % 50}\t1.0-1\tinstall ok installed`,
    '[end]',
    '',
  ].join('\n');
  const sent = reporter.sent;
  const response = await fetch(`${url}/parapet/v1/agent/report`, {
    method: 'POST',
    headers: { authorization: `Bearer ${reporter.credential}`, 'content-type': 'text/plain' },
    body,
  });
  if (response.status === 200) reporter.acknowledged = sent;
  await response.arrayBuffer();
}

/** An OSV file whose records concern the packages that the servers report. */
function writeImport(number: number): string {
  const lines = Array.from({ length: RECORDS_PER_IMPORT }, (_, index) =>
    JSON.stringify({
      id: `DSA-${1_000 + number}-${index + 1}`,
      modified: '2026-01-01T00:00:00Z',
      affected: [
        {
          package: { ecosystem: 'Debian:12', name: `pkg-${index % 50}` },
          ranges: [{ type: 'ECOSYSTEM', events: [{ introduced: '0' }, { fixed: '2.0-1' }] }],
        },
      ],
    }),
  );
  const file = join(folder, `import-${number}.jsonl`);
  writeFileSync(file, lines.join('\n'));
  return file;
}

function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 4_294_967_296;
  };
}

interface Acknowledged {
  imports: number;
  readonly reporters: readonly Reporter[];
}

/** Reports and imports until `kill` has been called and everything under way has ended, one way or another. */
async function workUntilKilled(
  service: Service,
  held: Acknowledged,
  after: number,
  kill: () => void,
): Promise<void> {
  let isKilled = false;
  let count = 0;
  const reports = held.reporters.map(async (reporter, number) => {
    while (!isKilled) {
      await report(service.url, reporter, number).catch(() => undefined);
      count += 1;
      if (count >= after && !isKilled) {
        isKilled = true;
        kill();
      }
    }
  });
  const number = held.imports + 1;
  const imported = run(['advisories', 'import', writeImport(number), '--json']);
  await Promise.all(reports);
  if ((await imported).code === 0) held.imports = number;
}

/** What the service itself says of a server's last report and of the advisories, once it has followed. */
async function check(url: string, held: Acknowledged): Promise<void> {
  const deadline = performance.now() + READY_DEADLINE_MS;
  for (;;) {
    const ready = await fetch(`${url}/readyz`).then(
      (response) => response.text(),
      () => '',
    );
    if (ready.includes('"ready"') && !ready.includes('in progress') && !ready.includes('not ready')) break;
    expect(performance.now(), `not ready again: ${ready}`).toBeLessThan(deadline);
    await new Promise((resolve) => setTimeout(resolve, ASK_AGAIN_MS));
  }
  const status = JSON.parse((await run(['advisories', 'status', '--json'])).out) as {
    feeds: { name: string; records: number }[];
    matching_in_progress: boolean;
  };
  const records = status.feeds.find((feed) => feed.name === 'osv')?.records ?? 0;
  expect(records % RECORDS_PER_IMPORT, 'an import is there by half').toBe(0);
  const imports = records / RECORDS_PER_IMPORT;
  expect(imports, 'an acknowledged import is lost').toBeGreaterThanOrEqual(held.imports);
  expect(imports).toBeLessThanOrEqual(held.imports + 1);
  held.imports = imports;
  expect(status.matching_in_progress).toBe(false);
  for (const reporter of held.reporters) {
    const shown = JSON.parse((await run(['server', 'show', reporter.name, '--json'])).out) as {
      kernel_release: string;
      findings: { status: string }[];
    };
    const last = Number(/^6\.1\.0-(\d+)-/.exec(shown.kernel_release)?.[1] ?? 0);
    expect(last, 'an acknowledged report is lost').toBeGreaterThanOrEqual(reporter.acknowledged);
    expect(last).toBeLessThanOrEqual(reporter.sent);
    // Every import has eight records about each of the fifty packages; one of them is installed.
    const open = shown.findings.filter((finding) => finding.status === 'vul_status_unfix');
    expect(open.length, 'findings are those of the advisories in force').toBe(8 * imports);
  }
}

const seed = Number(process.env['PARAPET_TEST_KILL_SEED'] ?? Date.now() % 2 ** 32);
const random = randomNumbers(seed);
const first = await serve();
const token = JSON.parse((await run(['enrolment-token', 'create', '--json'])).out) as { token: string };
const reporters = await Promise.all(
  Array.from({ length: SERVERS }, (_, number) => enrol(first.url, token.token, number)),
);
const held: Acknowledged = { imports: 0, reporters };
let service = first;

it.each([
  ['the service', 1],
  ['its PostgreSQL', 2],
  ['the service', 3],
  ['its PostgreSQL', 4],
  ['the service', 5],
])(`kill -9 of %s loses nothing acknowledged and leaves no half (seed ${seed}, round %i)`, async (what) => {
  const after = SERVERS + Math.floor(random() * ACKNOWLEDGED_MAX);
  if (what === 'the service') {
    const ended = once(service.child, 'exit');
    await workUntilKilled(service, held, after, () => service.child.kill('SIGKILL'));
    await ended;
    service = await serve();
  } else {
    await workUntilKilled(service, held, after, killPostgres);
  }
  await check(service.url, held);
});
