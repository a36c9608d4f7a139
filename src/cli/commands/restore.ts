import { rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { COMPILED_FILE_NAME } from '../../advisories/compiled-format.ts';
import type { Config } from '../../config.ts';
import { counted } from '../../counted.ts';
import { isAppError } from '../../errors.ts';
import { prepareSecretKey, SECRET_KEY_FILE_NAME } from '../../identity/secret-key.ts';
import { compileAdvisories } from '../../jobs/compile-advisories.ts';
import type { BackupHeader, BackupTable } from '../../store/backup/backup-format.ts';
import { restoreBackup } from '../../store/backup/restore-backup.ts';
import { findDataFolder } from '../../store/data-folder.ts';
import type { Database } from '../../store/database.ts';
import { findSecretKeyFingerprint } from '../../store/identity/find-secret-key-fingerprint.ts';
import { readMigrations } from '../../store/migrate.ts';
import { openStore } from '../../store/open-store.ts';
import { checkBackupFile, readBackupFile } from '../backup-file.ts';
import { type Command, type CommandIo, JSON_OPTION, readArguments, writeResult } from '../command.ts';
import { startProgress } from '../progress.ts';
import { shownTime } from '../shown-time.ts';

const OPTIONS = { ...JSON_OPTION, force: { type: 'boolean' } } as const;

/** `parapet restore`: the database as a backup has it. */
export const restore: Command = {
  name: 'restore',
  summary: 'Make the database what a backup says',
  help: `Usage: parapet restore FILE [--force] [--json]

Makes the database what the backup FILE says, whole or not at all. The file is checked to its end before anything is touched:
one that is damaged, cut short or made by a newer Parapet is refused. Stop the service first. An older backup is brought
up to this program's schema.

Put the secret key of the backed-up installation in its place too (${SECRET_KEY_FILE_NAME} in the data folder, or the file of
PARAPET_SECRET_KEY_FILE): without it the service does not start.

  --force  replace everything that the database holds; without it only an empty one is taken
  --json   the counts as JSON

Examples:
  parapet restore /var/backups/parapet-2026-11-24.backup
  DATABASE_URL=postgres://parapet@db/parapet parapet restore parapet.backup
`,
  run: async (args, io) => {
    const given = readArguments(args, {
      command: 'restore',
      options: OPTIONS,
      positionals: { min: 1, max: 1, what: 'the backup to restore' },
    });
    const [file = ''] = given.positionals;
    const path = resolve(file);
    const { rows } = await checkBackupFile(path);
    const config = io.config();
    const dataFolder = findDataFolder(config).path;
    const store = await openStore(config, { role: 'command' });
    try {
      const { database } = store;
      const header = await restoreFile(database, path, { io, rows, replace: given.flag('force') });
      // One that lies there is of another database, whatever number its advisory set has.
      await rm(join(dataFolder, COMPILED_FILE_NAME), { force: true });
      await compileAdvisories(database, dataFolder, Date.now());
      const total = [...rows.values()].reduce((sum, count) => sum + count, 0);
      const servers = rows.get('server') ?? 0;
      const keyProblem = await secretKeyProblem(config, dataFolder, database);
      writeResult(io, given.flag('json'), {
        json: { file: path, made_at: header.madeAt, rows: total, servers, secret_key_problem: keyProblem },
        text: `Restored the backup of ${shownTime(Date.parse(header.madeAt))}: ${counted(total, 'row')}, ${counted(servers, 'server')}.`,
      });
      if (keyProblem !== undefined) io.err(`Before the service can start: ${keyProblem}\n`);
      return 0;
    } finally {
      await store.close();
    }
  },
};

async function restoreFile(
  database: Database,
  file: string,
  options: {
    readonly io: CommandIo;
    readonly rows: ReadonlyMap<BackupTable, number>;
    readonly replace: boolean;
  },
): Promise<BackupHeader> {
  const { io, rows, replace } = options;
  const progress = startProgress(io, 'Restoring');
  const migrations = await readMigrations();
  const restored = new Map<BackupTable, number>();
  try {
    return await restoreBackup(database, () => readBackupFile(file), {
      file,
      migrations,
      replace,
      onRows: (table, count) => {
        io.signal.throwIfAborted();
        const done = (restored.get(table) ?? 0) + count;
        restored.set(table, done);
        progress.show({ done, total: rows.get(table) ?? 0, note: table });
      },
    });
  } finally {
    progress.end();
  }
}

/** What keeps the restored database's access keys from being read, in words. */
async function secretKeyProblem(
  config: Config,
  dataDir: string,
  database: Database,
): Promise<string | undefined> {
  const fingerprint = await findSecretKeyFingerprint(database);
  // Then no key was ever used, and the first start makes one.
  if (fingerprint === undefined) return undefined;
  try {
    await prepareSecretKey(
      { file: config.secretKeyFile, dataDir },
      { findFingerprint: async () => fingerprint, claim: async () => fingerprint },
    );
    return undefined;
  } catch (error) {
    if (isAppError(error)) return error.message;
    throw error;
  }
}
