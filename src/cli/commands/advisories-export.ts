import { mkdir } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import {
  EXPORT_KEY_FILE_NAME,
  makeExportKey,
  publicHalf,
  publicKeyText,
  readExportKey,
} from '../../advisories/export-key.ts';
import { exportAdvisories } from '../../jobs/transfer-advisories.ts';
import { findDataFolder } from '../../store/data-folder.ts';
import { type Command, type CommandIo, JSON_OPTION, readArguments, usage, writeResult } from '../command.ts';
import { startProgress } from '../progress.ts';
import { withStore } from '../with-store.ts';

const OPTIONS = { ...JSON_OPTION, 'new-key': { type: 'boolean' } } as const;

/** `parapet advisories export`: the advisories in force as one signed file, for a machine without internet. */
export const advisoriesExport: Command = {
  name: 'advisories export',
  summary: 'Write the advisories in force to one signed file',
  help: `Usage: parapet advisories export FILE [--new-key] [--json]
       parapet advisories export --new-key [--json]

Writes everything that is in force (advisories, the known-exploited catalogue, EPSS, the dates of the feeds) to FILE, signed,
for \`parapet advisories import FILE\` on a machine without internet: findings and coverage are the same there. The service may
go on meanwhile; FILE is written beside its place first.

The key lies in the file of PARAPET_EXPORT_KEY_FILE, else in ${EXPORT_KEY_FILE_NAME} in the data folder. Its public half, which is
printed, is what the other machine names in PARAPET_TRUSTED_KEYS.

  --new-key   make the key first; one that is there is never replaced
  --json      {"file","bytes","public_key",…}

Examples:
  parapet advisories export --new-key
  parapet advisories export /media/stick/parapet-$(date +%F).export
`,
  run: async (args, io) => {
    const given = readArguments(args, {
      command: 'advisories export',
      options: OPTIONS,
      positionals: { min: 0, max: 1, what: 'the file to write' },
    });
    const [file] = given.positionals;
    const isNew = given.flag('new-key');
    if (file === undefined && !isNew) throw usage('advisories export', 'the file to write is missing');
    const keyFile = keyFileOf(io);
    if (isNew) await mkdir(dirname(keyFile), { recursive: true });
    const key = isNew ? await makeExportKey(keyFile) : await readExportKey(keyFile);
    const publicKey = publicKeyText(publicHalf(key));
    const keyLine = `Public key: ${publicKey}`;
    if (file === undefined) {
      writeResult(io, given.flag('json'), {
        json: { key_file: keyFile, public_key: publicKey },
        text: `The key lies in ${keyFile}; keep it to yourself.\n${keyLine}`,
      });
      return 0;
    }
    const path = resolve(file);
    const bytes = await withStore(io, async ({ database, clock }) => {
      const progress = startProgress(io, 'Writing');
      try {
        return await exportAdvisories(database, path, {
          key,
          now: clock().now,
          onProgress: ({ done, total }) =>
            progress.show({ done, total, note: `${done} of ${total} records` }),
        });
      } finally {
        progress.end();
      }
    });
    writeResult(io, given.flag('json'), {
      json: { file: path, bytes, key_file: keyFile, public_key: publicKey },
      text: `${path}: ${bytes} bytes, signed.\n${keyLine}`,
    });
    return 0;
  },
};

function keyFileOf(io: CommandIo): string {
  const config = io.config();
  return config.exportKeyFile ?? join(findDataFolder(config).path, EXPORT_KEY_FILE_NAME);
}
