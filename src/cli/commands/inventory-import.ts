import { basename } from 'node:path';
import { counted } from '../../counted.ts';
import { AppError, appError, isAppError } from '../../errors.ts';
import { digestOfInventory } from '../../inventory/digest.ts';
import type { Inventory } from '../../inventory/inventory.ts';
import { INVENTORY_FORMATS, parseInventory } from '../../inventory/parse.ts';
import { SERVER_ID_LENGTH_MAX_CHARS, serverIdProblem } from '../../inventory/server-texts.ts';
import { acceptInventory } from '../../jobs/accept-inventory.ts';
import { findServers } from '../../store/fleet/find-server.ts';
import type { ServerSettings } from '../../store/fleet/save-server.ts';
import { type Command, type CommandIo, JSON_OPTION, readArguments, usage, writeResult } from '../command.ts';
import { type InventoryFiles, inventoryFiles } from '../inventory-files.ts';
import { startProgress } from '../progress.ts';
import { readInput } from '../read-files.ts';
import {
  enterpriseProjectId,
  givenSettings,
  groupIdFor,
  SERVER_OPTIONS,
  SERVER_OPTIONS_HELP,
  textOption,
} from '../server-options.ts';
import { printable } from '../table.ts';
import { type CommandStore, chooseProject, PROJECT_HELP, PROJECT_OPTION, withStore } from '../with-store.ts';

const OPTIONS = {
  ...JSON_OPTION,
  ...PROJECT_OPTION,
  ...SERVER_OPTIONS,
  'server-id': { type: 'string' },
  'os-release': { type: 'string' },
  system: { type: 'string' },
  name: { type: 'string' },
} as const;

interface ImportedFile {
  readonly file: string;
  readonly identity: string;
  readonly server_id: string;
  readonly name: string;
  readonly system: string;
  readonly packages: number;
  readonly is_new: boolean;
  readonly problems: readonly string[];
}

/** `parapet inventory import`: inventories from files, each as a report of its server. */
export const inventoryImport: Command = {
  name: 'inventory import',
  summary: 'Import inventories from files',
  help: `Usage: parapet inventory import FILE|FOLDER|-… [OPTIONS]

Takes each file as a report of one server: stored, matched and in the view when the command returns. A folder stands for
every file below it, hidden ones apart; - is standard input.
Formats, seen by their content, plain or gzip: ${INVENTORY_FORMATS.join(', ')}.

Which server it is: --server-id, else the file's own identifier of the server, else its name in the project: --name, else
the name in the file, else the file's own name. Importing again replaces that server's inventory. A bad record is named
and skipped; a bad file is named, the others go in, and the exit code is 1.

  --server-id ID    the server's id (only with one file); a new server gets it as its id
  --name NAME       the server's name (only with one file)
  --os-release FILE the os-release of the server, where the format lacks the system
  --system KEY      the system, such as debian:12, where the format lacks it
Settings count for new servers only; see: parapet server set
${SERVER_OPTIONS_HELP}
${PROJECT_HELP}

Examples:
  parapet inventory import /var/lib/dpkg/status --os-release /etc/os-release --name web-01
  syft dir:/ -o cyclonedx-json | parapet inventory import - --name web-01 --group edge --asset-value important
  parapet inventory import ./sboms --region eu-1
`,
  run: async (args, io) => {
    const given = readArguments(args, {
      command: 'inventory import',
      options: OPTIONS,
      positionals: { min: 1, max: 100_000, what: 'a file or folder with inventories' },
    });
    const found = await inventoryFiles(given.positionals, io.signal);
    const name = textOption('--name', given.text('name'), { min: 1, max: 64 });
    const serverId = textOption(
      '--server-id',
      given.text('server-id'),
      { min: 1, max: SERVER_ID_LENGTH_MAX_CHARS },
      serverIdProblem,
    );
    if (found.files.length > 1 && (name !== undefined || serverId !== undefined)) {
      throw usage('inventory import', '--name and --server-id go with one file');
    }
    const settings = givenSettings(given);
    const osReleaseFile = given.text('os-release');
    const osRelease =
      osReleaseFile === undefined ? undefined : (await readInput(osReleaseFile, io)).toString('utf8');
    return await withStore(io, async (store) => {
      const project = await chooseProject(store, given.text('project'));
      const { enterpriseProject, group, ...rest } = settings;
      const target = {
        projectId: project.id,
        serverId,
        name,
        osRelease,
        system: given.text('system'),
        settings: {
          ...rest,
          enterpriseProjectId: await enterpriseProjectId(store, enterpriseProject),
          groupId: await groupIdFor(store, project.id, group),
        },
      };
      const { imported, failed } = await importFiles(found, target, store, io);
      writeResult(io, given.flag('json'), {
        json: { imported, failed },
        text: imported.map(importedText).join('\n'),
      });
      return failed.length === 0 ? 0 : 1;
    });
  },
};

interface Target {
  readonly projectId: string;
  readonly serverId: string | undefined;
  readonly name: string | undefined;
  readonly osRelease: string | undefined;
  readonly system: string | undefined;
  readonly settings: ServerSettings;
}

async function importFiles(
  { files, problems }: InventoryFiles,
  target: Target,
  store: CommandStore,
  io: CommandIo,
) {
  const progress = startProgress(io, 'Importing inventories');
  const imported: ImportedFile[] = [];
  const failed: { file: string; code: string; problem: string }[] = [];
  const tell = (text: string): void => {
    progress.end();
    io.err(text);
  };
  const fail = (file: string, error: AppError): void => {
    // Once is enough to say what is understood.
    const isRepeated =
      isAppError(error, 'inventory-unrecognised') && failed.some((one) => one.code === error.code);
    const problem = isRepeated
      ? `${file} is not an inventory: ${String(error.fields['problem'])}.`
      : error.message;
    failed.push({ file, code: error.code, problem });
    tell(`failed: ${printable(problem)}\n`);
  };
  for (const { where, problem } of problems) {
    fail(where, appError('parameter-invalid', { name: where, problem }));
  }
  try {
    for (const [index, file] of files.entries()) {
      io.signal.throwIfAborted();
      if (files.length > 1) progress.show({ done: index, total: files.length, note: file });
      try {
        const one = await importFile(file, target, store, { io, imported });
        imported.push(one);
        for (const problem of one.problems) tell(`skipped: ${printable(`${file}: ${problem}`)}\n`);
      } catch (error) {
        if (!(error instanceof AppError) || error.status >= 500) throw error;
        fail(file, error);
      }
    }
    return { imported, failed };
  } finally {
    progress.end();
  }
}

async function importFile(
  file: string,
  target: Target,
  store: CommandStore,
  { io, imported }: { readonly io: CommandIo; readonly imported: readonly ImportedFile[] },
): Promise<ImportedFile> {
  const bytes = await readInput(file, io);
  const inventory = parseInventory(bytes, {
    file: file === '-' ? 'standard input' : file,
    ...(target.osRelease === undefined ? {} : { osRelease: target.osRelease }),
    ...(target.system === undefined ? {} : { system: target.system }),
    ...(target.name === undefined ? {} : { name: target.name }),
  });
  const name = serverName(file, inventory);
  const identity = await identityFor(store, target, inventory, name);
  const before = imported.find((one) => one.identity === identity);
  if (before !== undefined) {
    throw appError('inventory-server-twice', { file, server: name, before: before.file });
  }
  const accepted = await acceptInventory(
    store.database,
    {
      projectId: target.projectId,
      identity,
      ...(target.serverId === undefined ? {} : { newId: target.serverId }),
      agentId: '',
      machineId: '',
      name,
      inventory,
      digest: digestOfInventory(inventory),
      settings: target.settings,
    },
    store.clock(),
  );
  return {
    file,
    identity,
    server_id: accepted.serverId,
    name,
    system: inventory.system?.key ?? '',
    packages: accepted.packages,
    is_new: accepted.isNew,
    problems: inventory.problems,
  };
}

function serverName(file: string, inventory: Inventory): string {
  if (inventory.server.name !== '') return inventory.server.name;
  if (file === '-') throw appError('inventory-server-unnamed', { file: 'standard input' });
  return basename(file);
}

/**
 * What the server is known by: `--server-id`, else the file's own identifier, else its name (design.md section 4). A server
 * that has the id already keeps what it is known by.
 */
async function identityFor(
  store: CommandStore,
  { projectId, serverId }: Target,
  inventory: Inventory,
  name: string,
): Promise<string> {
  if (serverId === undefined) {
    return inventory.server.uuid === '' ? `name:${name}` : `uuid:${inventory.server.uuid}`;
  }
  const [found] = await findServers(store.database, projectId, serverId);
  return found?.id === serverId ? found.identity : `id:${serverId}`;
}

function importedText(one: ImportedFile): string {
  const what = one.is_new ? 'new server' : 'inventory replaced';
  const system = one.system === '' ? 'no system' : one.system;
  return printable(
    `${one.name} (${one.server_id}): ${what}, ${counted(one.packages, 'package')} of ${system}`,
  );
}
