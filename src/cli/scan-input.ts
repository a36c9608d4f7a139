/** What `scan` and `explain` read: an inventory (a file, standard input or this machine) and advisories (files or the compiled file). */
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { COMPILED_FILE_NAME } from '../advisories/compiled-format.ts';
import { appError } from '../errors.ts';
import type { Inventory } from '../inventory/inventory.ts';
import type { ScanSource } from '../matching/scan.ts';
import type { CommandIo, OptionSpec, ReadArguments } from './command.ts';
import { readInput } from './read-files.ts';

export const SCAN_INPUT_OPTIONS = {
  inventory: { type: 'string' },
  'os-release': { type: 'string' },
  system: { type: 'string' },
  advisories: { type: 'string', multiple: true },
  'look-in': { type: 'string', multiple: true },
  'packages-only': { type: 'boolean' },
} as const satisfies Readonly<Record<string, OptionSpec>>;

export const SCAN_INPUT_HELP = `  --inventory FILE    the inventory, in any format that \`parapet inventory import\` reads; - is standard input.
                      Without it: this machine, its packages and the applications found on its own disks
  --look-in DIR       look for applications in this folder only (a web root, /opt); may be repeated. Links and network
                      file systems are not followed
  --packages-only     do not look for applications
  --os-release FILE   the os-release that belongs to the inventory, where its format does not name the system
  --system KEY        the system, such as debian:12; wins over what the inventory says
  --advisories PATH   advisory files or folders to use; may be repeated. Without it: the compiled advisory file in the
                      data folder, which every import renews`;

type InputArguments = ReadArguments<keyof typeof SCAN_INPUT_OPTIONS>;

/** The inventory that the options name. */
export async function readScanInventory(
  args: Pick<InputArguments, 'text' | 'texts' | 'flag'>,
  io: CommandIo,
): Promise<Inventory> {
  const file = args.text('inventory');
  const system = args.text('system');
  const osReleaseFile = args.text('os-release');
  if (file === undefined) {
    const [{ collectLocal }, { systemFromKey }] = await Promise.all([
      import('../inventory/collect-local.ts'),
      import('../inventory/system-from-name.ts'),
    ]);
    return collectLocal({
      collectedAt: Date.now(),
      system: system === undefined ? undefined : systemFromKey(system),
      lookIn: args.flag('packages-only') ? undefined : args.texts('look-in').map((folder) => resolve(folder)),
    });
  }
  const bytes = await readInput(file, io);
  if (system !== undefined && osReleaseFile === undefined) {
    const { parseDpkgStatus } = await import('../inventory/parse-dpkg-status.ts');
    const inventory = parseDpkgStatus(bytes, { file, system });
    if (inventory !== undefined) return inventory;
  }
  const { parseInventory } = await import('../inventory/parse.ts');
  const osRelease =
    osReleaseFile === undefined ? undefined : (await readInput(osReleaseFile, io)).toString('utf8');
  return parseInventory(bytes, {
    file: file === '-' ? 'standard input' : file,
    ...(osRelease === undefined ? {} : { osRelease }),
    ...(system === undefined ? {} : { system }),
  });
}

/** The advisories that the options name, as far as they concern `inventory`. Throws where they hold nothing usable. */
export async function openScanSource(
  paths: readonly string[],
  inventory: Inventory,
  io: CommandIo,
): Promise<ScanSource> {
  if (paths.length > 0) return await gatherFiles(paths, inventory, io);
  const { CompiledAdvisories } = await import('../advisories/compiled-read.ts');
  const compiled = new CompiledAdvisories(await compiledPath(io));
  return {
    coverage: compiled.contents.coverage.map((row) => ({
      publishedAt: undefined,
      newestAt: undefined,
      ...row,
    })),
    candidates: (ecosystem, names) => compiled.candidates(ecosystem, names),
  };
}

/** The data folder of `serve` may be the system's where the default one is out of its reach (design.md section 3). */
async function compiledPath(io: CommandIo): Promise<string> {
  const config = io.config();
  const path = join(config.dataDir, COMPILED_FILE_NAME);
  if (existsSync(path) || !config.dataDirIsDefault) return path;
  const { SYSTEM_DATA_FOLDER } = await import('../store/data-folder.ts');
  const other = join(SYSTEM_DATA_FOLDER, COMPILED_FILE_NAME);
  return existsSync(other) ? other : path;
}

async function gatherFiles(
  paths: readonly string[],
  inventory: Inventory,
  io: CommandIo,
): Promise<ScanSource> {
  const [{ readAdvisoryFiles }, { gatherItems }, { namesToScan }, { startProgress }] = await Promise.all([
    import('../advisories/read.ts'),
    import('../matching/scan-items.ts'),
    import('../matching/scan.ts'),
    import('./progress.ts'),
  ]);
  const progress = startProgress(io, 'reading advisories');
  const items = readAdvisoryFiles(paths, {
    onProgress: ({ file, bytesRead, bytesTotal }) =>
      progress.show({ done: bytesRead, total: bytesTotal, note: file }),
    signal: io.signal,
  });
  const gathered = await gatherItems(items, namesToScan(inventory));
  progress.end();
  const { problems, problemCount, records, source } = gathered;
  if (records === 0) {
    throw appError('import-nothing-usable', {
      skipped: problemCount,
      first: problems[0] ?? 'no record was found',
    });
  }
  for (const problem of problems) io.err(`skipped: ${problem}\n`);
  if (problemCount > problems.length) io.err(`skipped: ${problemCount - problems.length} more\n`);
  return source;
}
