import { existsSync } from 'node:fs';
import type { Config } from '../../config.ts';
import { coverageClock } from '../../installation.ts';
import { clusterFolder, type DataFolder, findDataFolder } from '../../store/data-folder.ts';
import { openStore } from '../../store/open-store.ts';
import { type Command, type CommandIo, JSON_OPTION, readArguments, writeResult } from '../command.ts';
import { type Check, type CheckStatus, failed, ok } from '../doctor/check.ts';
import { checkStore } from '../doctor/database.ts';
import { checkDataFolder, checkDisk, checkNode, checkPort, checkPrograms } from '../doctor/machine.ts';

const MARKS: Readonly<Record<CheckStatus, string>> = { ok: 'ok     ', warning: 'warning', wrong: 'WRONG  ' };
const COLOURS: Readonly<Record<CheckStatus, string>> = {
  ok: '\x1b[32m',
  warning: '\x1b[33m',
  wrong: '\x1b[1;31m',
};
const RESET = '\x1b[0m';

/** `parapet doctor`: what is wrong with an installation, and what to do. */
export const doctor: Command = {
  name: 'doctor',
  summary: 'Say what is wrong with the installation, and what to do',
  help: `Usage: parapet doctor [--json]

Looks at the settings, Node.js, the data folder and its disk, PostgreSQL's programs, the database and its schema, the clock,
the secret key, the advisories of the systems that servers run, the lists on exploitation, feeds that are fetched, silent
servers, matching that waits, and the port. Exit code 0 where nothing is wrong (warnings do not count), else 1. Works
whether or not the service runs; it makes no data folder and no key, but brings the schema of an existing database up to
date, as every command does.

  --json   {"ok":…,"checks":[{"check","status":"ok|warning|wrong","finding","advice"}]}

Examples:
  parapet doctor
  parapet doctor --json | jq '.checks[] | select(.status != "ok")'
`,
  run: async (args, io) => {
    const given = readArguments(args, {
      command: 'doctor',
      options: JSON_OPTION,
      positionals: { min: 0, max: 0, what: '' },
    });
    const checks = await checksOf(io);
    const isWell = checks.every((one) => one.status !== 'wrong');
    writeResult(io, given.flag('json'), {
      json: { ok: isWell, checks },
      text: checks.map((one) => checkText(one, io.useColour)).join('\n'),
    });
    return isWell ? 0 : 1;
  },
};

async function checksOf(io: CommandIo): Promise<readonly Check[]> {
  const node = checkNode(process.version);
  let config: Config;
  let folder: DataFolder;
  try {
    config = io.config();
    folder = findDataFolder(config);
  } catch (error) {
    return [node, failed('settings', error)];
  }
  return [
    node,
    ok('settings', 'Readable, and within their limits.'),
    await checkDataFolder(folder),
    checkDisk(folder),
    checkPrograms(config, folder),
    ...(await storeChecks(config, folder)),
    await checkPort(config),
  ];
}

async function storeChecks(config: Config, folder: DataFolder): Promise<readonly Check[]> {
  if (config.databaseUrl === undefined && !existsSync(clusterFolder(folder))) {
    return [ok('database', 'Not there yet; the first start makes it.')];
  }
  try {
    const store = await openStore(config, { role: 'command' });
    try {
      return await checkStore({
        database: store.database,
        clock: coverageClock(config),
        secretKeyFile: config.secretKeyFile,
        dataDir: folder.path,
        feeds: config.feeds,
        updateHours: config.feedsUpdateHours,
      });
    } finally {
      await store.close();
    }
  } catch (error) {
    return [failed('database', error)];
  }
}

function checkText({ check, status, finding, advice }: Check, useColour: boolean): string {
  const mark = useColour ? `${COLOURS[status]}${MARKS[status]}${RESET}` : MARKS[status];
  return `${mark}  ${check}: ${finding}${advice === '' ? '' : `\n         ${advice}`}`;
}
