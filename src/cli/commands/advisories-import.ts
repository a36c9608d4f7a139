import { readAdvisoryFiles } from '../../advisories/read.ts';
import { isSignedFile } from '../../advisories/signed-file.ts';
import { counted } from '../../counted.ts';
import { type ImportSummary, importAdvisories } from '../../jobs/import-advisories.ts';
import { importExport } from '../../jobs/transfer-advisories.ts';
import {
  type Command,
  type CommandIo,
  JSON_OPTION,
  type ReadArguments,
  readArguments,
  usage,
  writeResult,
} from '../command.ts';
import { type Followed, followedText, followImport } from '../follow-import.ts';
import { startProgress } from '../progress.ts';
import { type CommandStore, withStore } from '../with-store.ts';

/** Records that could not be read are told one by one up to here; `--problems` tells all that were kept. */
const PROBLEMS_SHOWN = 20;

const OPTIONS = {
  ...JSON_OPTION,
  'no-wait': { type: 'boolean' },
  problems: { type: 'boolean' },
  trust: { type: 'string', multiple: true },
  older: { type: 'boolean' },
} as const;

/** `parapet advisories import`: files into the advisory set in force, as one operation. */
export const advisoriesImport: Command = {
  name: 'advisories import',
  summary: 'Import advisory files',
  help: `Usage: parapet advisories import PATH… [--trust KEY]… [--older] [--no-wait] [--problems] [--json]

Imports advisories as one operation: it becomes visible whole or not at all, and importing the same again changes nothing.
PATH is a file or a folder; what a file is, is seen by its content, plain or packed:
OSV, CVRF, CSAF and VEX, OVAL, updateinfo.xml, the lists and the tracker of Debian, Ubuntu's notices and CVEs, AlmaLinux errata,
Red Hat's CVE records, Alpine's secdb, notus, NVD and CVE 5 (scores), the known-exploited catalogue, EPSS, Microsoft's CVRF and
WES-NG's lists, and feeds of Web-CMS and applications: all of them in docs/advisories.md. Gzip, zstd, bzip2, xz, zip and tar are
unpacked. A record adds or replaces by id; a whole list replaces its own earlier state. A file that is no advisory is named
with the reason.
A record that cannot be read is named and skipped; the command fails only where nothing was usable.

A file of \`parapet advisories export\` is imported by itself: every feed in it becomes what it is on the machine that made it.
It is taken only if it is signed by a key of PARAPET_TRUSTED_KEYS or --trust, whole and unchanged.

Servers follow afterwards; the command returns when all have.

  --no-wait    return when the advisories are in force; servers follow in the running service
  --problems   name every skipped record (up to 1,000), not only the first ${PROBLEMS_SHOWN}
  --trust KEY  take an export that is signed by this key (ed25519:…) too; may be repeated
  --older      take an export that is older than the one imported last
  --json       the summary as JSON

Examples:
  parapet advisories import ~/feeds/osv-all.zip known_exploited_vulnerabilities.json epss_scores-current.csv.gz
  parapet advisories import ~/feeds
  parapet advisories import /media/stick/parapet.export
`,
  run: async (args, io) => {
    const given = readArguments(args, {
      command: 'advisories import',
      options: OPTIONS,
      positionals: { min: 1, max: 10_000, what: 'a file or folder with advisories' },
    });
    return await withStore(io, async (store) => {
      const summary = await importPaths(given, store, io);
      tellProblems(summary, io, given.flag('problems'));
      const followed = await followImport(store, io, { noWait: given.flag('no-wait') });
      writeResult(io, given.flag('json'), {
        json: { ...summary, servers_followed: followed !== undefined, servers_changed: followed?.servers },
        text: summaryText(summary, followed),
      });
      return 0;
    });
  },
};

/** An export stands alone: it makes feeds what they are elsewhere, and files beside it would change them again. */
async function importPaths(
  given: ReadArguments<keyof typeof OPTIONS>,
  store: CommandStore,
  io: CommandIo,
): Promise<ImportSummary> {
  const paths = given.positionals;
  for (const path of paths) {
    if (!(await isSignedFile(path))) continue;
    if (paths.length > 1) throw usage('advisories import', `${path} is an export; import it by itself`);
    const trusted = [...(store.config.trustedKeys ?? []), ...given.texts('trust')];
    return await importSigned(path, { trusted, allowOlder: given.flag('older') }, store, io);
  }
  return await importFiles(paths, store, io);
}

async function importSigned(
  path: string,
  options: { readonly trusted: readonly string[]; readonly allowOlder: boolean },
  { database, clock }: CommandStore,
  io: CommandIo,
): Promise<ImportSummary> {
  const reading = startProgress(io, 'Reading the export');
  try {
    const { summary, exported } = await importExport(database, path, {
      ...options,
      now: clock().now,
      signal: io.signal,
      onProgress: ({ bytesRead, bytesTotal }) =>
        reading.show({ done: bytesRead, total: bytesTotal, note: path }),
    });
    io.err(
      `Made at ${new Date(exported.createdAt).toISOString()}, advisory set ${exported.revision} there.\n`,
    );
    return summary;
  } finally {
    reading.end();
  }
}

async function importFiles(
  paths: readonly string[],
  { database, clock }: CommandStore,
  io: CommandIo,
): Promise<ImportSummary> {
  const reading = startProgress(io, 'Reading advisories');
  try {
    const read = () =>
      readAdvisoryFiles(paths, {
        onProgress: ({ file, bytesRead, bytesTotal }) =>
          reading.show({ done: bytesRead, total: bytesTotal, note: file }),
        signal: io.signal,
      });
    return await importAdvisories(database, read, { now: clock().now });
  } finally {
    reading.end();
  }
}

function tellProblems(summary: ImportSummary, io: CommandIo, all: boolean): void {
  const shown = all ? summary.problems : summary.problems.slice(0, PROBLEMS_SHOWN);
  for (const { where, problem } of shown) io.err(`skipped: ${where}: ${problem}\n`);
  const left = summary.skipped - shown.length;
  if (left > 0) io.err(`skipped: ${left} more${all ? '' : ' (--problems names them)'}\n`);
}

function summaryText(summary: ImportSummary, followed: Followed): string {
  const { used, added, changed, removed, skipped, revision } = summary;
  const notHeld = Object.entries(summary.notHeld).map(([reason, count]) => `${reason} ${count}`);
  return [
    `${counted(used, 'record')} read: ${added} added, ${changed} changed, ${removed} removed, ${skipped} skipped.`,
    ...(notHeld.length === 0 ? [] : [`Not held: ${notHeld.join(', ')}.`]),
    `Advisory set ${revision} is in force. ${followedText(followed)}`,
  ].join('\n');
}
