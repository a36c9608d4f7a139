import { statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { counted } from '../../counted.ts';
import { SECRET_KEY_FILE_NAME } from '../../identity/secret-key.ts';
import type { BackupTable } from '../../store/backup/backup-format.ts';
import { backupLines } from '../../store/backup/write-backup.ts';
import { findDataFolder } from '../../store/data-folder.ts';
import type { Database } from '../../store/database.ts';
import { openStore } from '../../store/open-store.ts';
import { writeBackupFile } from '../backup-file.ts';
import { type Command, type CommandIo, JSON_OPTION, readArguments, writeResult } from '../command.ts';
import { startProgress } from '../progress.ts';

/** `parapet backup`: everything in the database as one file, of one moment, while the service goes on. */
export const backup: Command = {
  name: 'backup',
  summary: 'Write everything in the database to one file',
  help: `Usage: parapet backup FILE [--json]

Writes everything in the database as it is at one moment to FILE: advisories, servers and their inventories, decisions,
history, users, projects, tokens. The service may go on meanwhile. FILE is written beside its place first, read back
whole, and only then takes the place of what was there. Only its owner may read it.

The secret key is not in it (${SECRET_KEY_FILE_NAME} in the data folder, or the file of PARAPET_SECRET_KEY_FILE): keep a copy of
it elsewhere, so that neither of the two alone gives away access keys. A restored database works with the same key only.

  --json   the counts as JSON

Examples:
  parapet backup /var/backups/parapet-$(date +%F).backup
`,
  run: async (args, io) => {
    const given = readArguments(args, {
      command: 'backup',
      options: JSON_OPTION,
      positionals: { min: 1, max: 1, what: 'the file to write' },
    });
    const [file = ''] = given.positionals;
    const path = resolve(file);
    const config = io.config();
    const store = await openStore(config, { role: 'command' });
    try {
      const rows = await writeBackup(store.database, path, io);
      const keyFile = config.secretKeyFile ?? join(findDataFolder(config).path, SECRET_KEY_FILE_NAME);
      const bytes = statSync(path).size;
      const total = [...rows.values()].reduce((sum, count) => sum + count, 0);
      const servers = rows.get('server') ?? 0;
      writeResult(io, given.flag('json'), {
        json: { file: path, bytes, rows: total, servers, secret_key_file: keyFile },
        text: [
          `${path}: ${counted(total, 'row')}, ${counted(servers, 'server')}, ${bytes} bytes.`,
          `The secret key is not in it. Keep a copy of ${keyFile} elsewhere.`,
        ].join('\n'),
      });
      return 0;
    } finally {
      await store.close();
    }
  },
};

async function writeBackup(
  database: Database,
  path: string,
  io: CommandIo,
): Promise<ReadonlyMap<BackupTable, number>> {
  const progress = startProgress(io, 'Backing up');
  try {
    return await database.transaction(
      async (tx) => {
        const rows = new Map<BackupTable, number>();
        const lines = backupLines(tx, {
          now: Date.now(),
          onRows: (table, count) => {
            io.signal.throwIfAborted();
            const done = (rows.get(table) ?? 0) + count;
            rows.set(table, done);
            progress.show({ done, total: 0, note: `${table}: ${done} rows` });
          },
        });
        await writeBackupFile(path, lines);
        return rows;
      },
      { isolation: 'repeatable read', readOnly: true, statementTimeoutMs: 0 },
    );
  } finally {
    progress.end();
  }
}
