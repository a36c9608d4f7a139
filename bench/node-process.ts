/** A node, `parapet serve`, as a process of its own, and commands beside it. */
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { processorSeconds } from './processor-time.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const BIN = join(ROOT, 'bin/parapet.js');
const READY_TIMEOUT_MS = 600_000;
const READY_POLL_MS = 20;
const METRICS_TOKEN = 'b'.repeat(32);

export interface NodeProcess {
  readonly port: number;
  /** From the start of the process until /readyz says 200. */
  readonly secondsToReady: number;
  /** Resident memory of the process alone, in MiB, now and at its highest. */
  readonly memory: () => Promise<{ readonly rssMb: number; readonly peakRssMb: number }>;
  /** Processor time of the process alone since its start, in seconds. */
  readonly processorSeconds: () => Promise<number>;
  /** The value of a line of /metrics, such as `parapet_view_changes_total`. */
  readonly metric: (line: string) => Promise<number>;
  /** SIGTERM, and waits for the end. */
  readonly stop: () => Promise<void>;
}

/** Starts a node and waits until it is ready. */
export async function startNode(environment: Readonly<Record<string, string>>): Promise<NodeProcess> {
  const folder = await mkdtemp(join(tmpdir(), 'parapet-bench-node-'));
  const tokenFile = join(folder, 'metrics-token');
  await writeFile(tokenFile, METRICS_TOKEN);
  const started = performance.now();
  const child = spawn(process.execPath, [...process.execArgv, BIN, 'serve'], {
    env: { PARAPET_DATA_DIR: folder, ...environment, PARAPET_METRICS_TOKEN_FILE: tokenFile },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let ended = false;
  const end = new Promise<void>((resolve) => {
    child.on('exit', () => {
      ended = true;
      resolve();
    });
  });
  let said = '';
  child.stdout.on('data', (chunk: Buffer) => {
    said += chunk.toString();
  });
  const stop = async (): Promise<void> => {
    child.kill('SIGTERM');
    await end;
    await rm(folder, { recursive: true, force: true });
  };
  try {
    const port = await untilReady(
      () => /listening on http:\/\/[^:]+:(\d+)/.exec(said)?.[1],
      () => ended,
    );
    const secondsToReady = (performance.now() - started) / 1000;
    return {
      port,
      secondsToReady,
      stop,
      memory: () => memoryOf(child.pid ?? 0),
      processorSeconds: () => processorSeconds(child.pid ?? 0),
      metric: (line) => readMetric(port, line),
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function untilReady(portSaid: () => string | undefined, hasEnded: () => boolean): Promise<number> {
  const deadline = performance.now() + READY_TIMEOUT_MS;
  while (performance.now() < deadline) {
    if (hasEnded()) throw new Error('the node ended before it was ready');
    const port = portSaid();
    if (port !== undefined && (await isReady(port))) return Number(port);
    await setTimeout(READY_POLL_MS);
  }
  throw new Error(`the node was not ready after ${READY_TIMEOUT_MS} ms`);
}

async function isReady(port: string): Promise<boolean> {
  return await fetch(`http://127.0.0.1:${port}/readyz`).then(
    async (answer) => {
      await answer.arrayBuffer();
      return answer.status === 200;
    },
    () => false,
  );
}

async function readMetric(port: number, line: string): Promise<number> {
  const answer = await fetch(`http://127.0.0.1:${port}/metrics`, {
    headers: { authorization: `Bearer ${METRICS_TOKEN}` },
  });
  const found = (await answer.text()).split('\n').find((one) => one.startsWith(`${line} `));
  if (found === undefined) throw new Error(`/metrics has no line ${line}`);
  return Number(found.slice(line.length + 1));
}

async function memoryOf(pid: number): Promise<{ readonly rssMb: number; readonly peakRssMb: number }> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  const mib = (name: string): number =>
    Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1] ?? 0) / 1024;
  return { rssMb: mib('VmRSS'), peakRssMb: mib('VmHWM') };
}

/** Runs `parapet …` to its end; its result is what it prints. Throws where it fails. */
export async function runCommand(
  args: readonly string[],
  environment: Readonly<Record<string, string>>,
): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'parapet-bench-command-'));
  try {
    const child = spawn(process.execPath, [BIN, ...args], {
      env: { PARAPET_DATA_DIR: folder, ...environment },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let out = '';
    child.stdout.on('data', (chunk: Buffer) => {
      out += chunk.toString();
    });
    const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
    if (code !== 0) throw new Error(`parapet ${args.join(' ')} ended with exit code ${code}`);
    return out;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
