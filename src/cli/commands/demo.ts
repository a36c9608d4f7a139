import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Config } from '../../config.ts';
import { demoProjectOf } from '../../demo/demo-project.ts';
import { demoGreeting } from '../../demo/greeting.ts';
import { type DemoSummary, loadDemo } from '../../demo/load-demo.ts';
import { SNAPSHOT_DATE } from '../../demo/snapshot.ts';
import { compileAdvisories } from '../../jobs/compile-advisories.ts';
import { createLog } from '../../log.ts';
import { type RunningParapet, startParapet } from '../../main.ts';
import { findDataFolder } from '../../store/data-folder.ts';
import { type Command, type CommandIo, JSON_OPTION, readArguments } from '../command.ts';
import { startProgress } from '../progress.ts';

/** `parapet demo`: the service with the bundled snapshot and the sample fleet, in a folder that goes with it. */
export const demo: Command = {
  name: 'demo',
  summary: 'Run the service with real advisories and a sample fleet, offline',
  help: `Usage: parapet demo [--watch] [--json]

Starts Parapet in a temporary data folder, loads the bundled snapshot of real advisories (${SNAPSHOT_DATE}) and a sample
fleet of servers from real inventories, and prints the project id, the credentials and a curl of the server view to
paste. SIGTERM or SIGINT ends it and removes the folder.

The age of feeds is measured from the snapshot's date, not from today: measured from today, all would be stale.

It honours every setting (docs/config.md): PARAPET_PORT, PARAPET_ADMIN_PASSWORD, PARAPET_PROJECT_NAME and the others.
With PARAPET_DATA_DIR or DATABASE_URL it works there and leaves what it loaded; the next start finds it. It refuses a
database that has servers of its own.

  --watch  start again whenever a source file changes (in a clone)
  --json   print the ready line as JSON: {"url":…,"project_id":…,"snapshot_date":…,"servers":…}
`,
  run: async (args, io) => {
    const { flag } = readArguments(args, {
      command: 'demo',
      options: { ...JSON_OPTION, watch: { type: 'boolean' } },
      positionals: { min: 0, max: 0, what: '' },
    });
    if (flag('watch')) return await runWatched(args, io);
    return await withDataFolder(io.config(), (config) => runDemo(config, io, flag('json')));
  },
};

/**
 * Gives the demo a folder of its own, removed at the end, unless one was chosen. A database of DATABASE_URL outlives the
 * folder, and the key that seals its secrets must too, so then the ordinary folder is used.
 */
async function withDataFolder(config: Config, work: (config: Config) => Promise<number>): Promise<number> {
  if (!config.dataDirIsDefault || config.databaseUrl !== undefined) return await work(config);
  const dataDir = await mkdtemp(join(tmpdir(), 'parapet-demo-'));
  try {
    return await work({ ...config, dataDir, dataDirIsDefault: false });
  } finally {
    await rm(dataDir, { recursive: true, force: true });
  }
}

async function runDemo(config: Config, io: CommandIo, asJson: boolean): Promise<number> {
  let loaded: DemoSummary | undefined;
  let projectId = '';
  const parapet = await startParapet(config, {
    log: createLog(config.logLevel),
    fetchesFeeds: false,
    prepare: async ({ database, clock }) => {
      const project = await demoProjectOf(database, config.projectName);
      projectId = project.id;
      loaded = await load({ database, clock, domainId: project.domainId, projectId: project.id }, io);
      await compileAdvisories(database, findDataFolder(config).path, clock().now);
    },
  });
  try {
    if (loaded === undefined) throw new Error('the demo was not loaded');
    if (asJson) {
      const { advisories, servers } = loaded;
      const ready = { url: parapet.url, project_id: projectId, snapshot_date: SNAPSHOT_DATE };
      io.out(`${JSON.stringify({ ...ready, advisories, servers })}\n`);
    } else {
      io.out(
        demoGreeting({
          ...addressesOf(config, parapet),
          ...passwordOf(config, parapet),
          projectId,
          projectName: config.projectName,
          loaded,
        }),
      );
    }
    await untilAborted(io.signal);
    return 0;
  } finally {
    await parapet.close();
  }
}

async function load(target: Parameters<typeof loadDemo>[0], io: CommandIo): Promise<DemoSummary> {
  const advisories = startProgress(io, `Reading the advisories of ${SNAPSHOT_DATE}`);
  const fleet = startProgress(io, 'Loading the sample fleet');
  try {
    return await loadDemo(target, {
      signal: io.signal,
      onAdvisories: ({ bytesRead, bytesTotal }) =>
        advisories.show({ done: bytesRead, total: bytesTotal, note: '' }),
      onServer: ({ done, total, name }) => {
        advisories.end();
        fleet.show({ done, total, note: name });
      },
    });
  } finally {
    advisories.end();
    fleet.end();
  }
}

function addressesOf(config: Config, { url }: RunningParapet) {
  return { url, publicUrl: config.publicUrl ?? url, certificate: config.tlsCert };
}

function passwordOf(config: Config, { firstStart }: RunningParapet) {
  // The configured password counts at the first start alone.
  return {
    password: firstStart === undefined ? undefined : (firstStart.generatedPassword ?? config.adminPassword),
  };
}

function untilAborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}

/** Runs the demo under Node.js's own watcher, which starts it again when a file that it loaded changes. */
async function runWatched(args: readonly string[], io: CommandIo): Promise<number> {
  const [, program = ''] = process.argv;
  const own = args.filter((arg) => arg !== '--watch');
  const child = spawn(process.execPath, ['--watch', '--watch-preserve-output', program, 'demo', ...own], {
    stdio: 'inherit',
  });
  const stop = (): void => void child.kill('SIGTERM');
  io.signal.addEventListener('abort', stop, { once: true });
  return await new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', (code) => resolve(io.signal.aborted ? 0 : (code ?? 1)));
  });
}
