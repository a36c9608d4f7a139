import { appError } from '../../errors.ts';
import type { Inventory } from '../../inventory/inventory.ts';
import { scanInventory } from '../../matching/scan.ts';
import {
  type Comparison,
  compareOpinions,
  type OurFinding,
  type OurVulnerability,
  type TheirFinding,
} from '../../second-opinion/compare-opinions.ts';
import type { WhyNot } from '../../second-opinion/package-opinions.ts';
import { readReport } from '../../second-opinion/read-report.ts';
import { type Command, type CommandIo, JSON_OPTION, readArguments, usage, writeResult } from '../command.ts';
import { readInput } from '../read-files.ts';
import { openScanSource, readScanInventory, SCAN_INPUT_HELP, SCAN_INPUT_OPTIONS } from '../scan-input.ts';
import { alignedTable, printable } from '../table.ts';
import { PROJECT_OPTION } from '../with-store.ts';

const OPTIONS = {
  ...SCAN_INPUT_OPTIONS,
  ...JSON_OPTION,
  ...PROJECT_OPTION,
  server: { type: 'string' },
} as const;

const WHY_NOT_WORDS: ReadonlyMap<WhyNot, string> = new Map([
  ['fixed', 'fixed'],
  ['not-affected', 'not affected'],
  ['not-running-kernel', 'not the running kernel'],
  ['no-record', 'no record'],
  ['not-covered', 'not covered'],
  ['not-installed', 'not installed'],
]);

/** `parapet compare`: a second opinion. */
export const compare: Command = {
  name: 'compare',
  summary: "Compare another scanner's report with what Parapet says of the same server",
  help: `Usage: parapet compare REPORT [--inventory FILE|- | --server ID|NAME] [--advisories PATH]… [--json]

Reads another scanner's report of a server and prints what both list, what only the report lists and what only Parapet
does, CVE by CVE: an advisory stands for the CVEs that it names. Each finding of Parapet's comes with its verdict, each one
of the report alone with the reason why Parapet does not list it: fixed (the installed version has the fix), not affected,
not the running kernel, no record (no advisory names it for the package), not covered (no feed answers for the system),
not installed (the inventory has no such package).

REPORT is Trivy's or Grype's JSON, a result of Vuls after \`vuls report\`, the text of debsecan, or OpenSCAP's OVAL or XCCDF
results (XML), plain or gzip, recognised by its content; - is standard input. It need not be a whole inventory: give that
with --inventory. A Trivy report made with --list-all-pkgs, or a result of Vuls, is both and may be named twice.

${SCAN_INPUT_HELP}
  --server ID|NAME    a server that has reported to Parapet, instead of --inventory
  --project NAME      the project of the server, by name or id; without it the only one there is
  --json              {"scanner":…,"agree":[…],"only_them":[…],"only_us":[…],"why_not":{…},…}

Examples:
  parapet compare trivy.json --server web-01
  debsecan --suite bookworm | parapet compare - --inventory /var/lib/dpkg/status --system debian:12
  parapet compare results.xml --inventory rpm-list --system rhel:9 --advisories ./advisories --json
`,
  run: async (args, io) => {
    const given = readArguments(args, {
      command: 'compare',
      options: OPTIONS,
      positionals: { min: 1, max: 1, what: "another scanner's report" },
    });
    const file = given.positionals[0] ?? '';
    const server = given.text('server');
    const inventoryFile = given.text('inventory');
    if (server !== undefined && inventoryFile !== undefined) {
      throw usage('compare', 'give --inventory or --server, not both');
    }
    if (file === '-' && inventoryFile === '-') {
      throw usage('compare', 'only one of the report and the inventory can be standard input');
    }
    const report = readReport(await readInput(file, io), file === '-' ? 'standard input' : file);
    for (const problem of report.problems) io.err(`skipped: ${problem}\n`);
    const inventory =
      server === undefined
        ? await readScanInventory(given, io)
        : await storedInventory(server, given.text('project'), io);
    const source = await openScanSource(given.texts('advisories'), inventory, io);
    const scan = scanInventory(inventory, source, {
      now: Date.now(),
      staleDays: io.config().feedStaleDays,
      fixedOnly: false,
    });
    const comparison = compareOpinions(report, inventory, source, scan);
    for (const note of notesOn(comparison)) io.err(`${note}\n`);
    writeResult(io, given.flag('json'), { json: comparison, text: textOf(comparison) });
    return 0;
  },
};

async function storedInventory(
  wanted: string,
  project: string | undefined,
  io: CommandIo,
): Promise<Inventory> {
  const [{ withStore, chooseProject }, { chooseServer }, { loadInventory }] = await Promise.all([
    import('../with-store.ts'),
    import('../choose-server.ts'),
    import('../../store/fleet/load-inventory.ts'),
  ]);
  return await withStore(io, async (store) => {
    const { id: projectId } = await chooseProject(store, project);
    const { id } = await chooseServer(store, projectId, wanted);
    const inventory = await loadInventory(store.database, projectId, id);
    if (inventory === undefined) throw appError('server-not-found', { wanted });
    return inventory;
  });
}

/** What may make the whole comparison worthless. */
function notesOn({ scanner, scanner_system, server, coverage }: Comparison): readonly string[] {
  const notes: string[] = [];
  if (scanner_system !== null && server.system !== null && scanner_system !== server.system) {
    notes.push(
      `note: ${scanner} saw ${scanner_system}, the inventory is of ${server.system}: is it the same server?`,
    );
  }
  if (coverage.status !== 'covered') notes.push(`note: coverage is ${coverage.status}. ${coverage.reason}`);
  return notes;
}

function textOf(comparison: Comparison): string {
  const { scanner, agree, only_them, only_us, why_not } = comparison;
  const reasons = [...WHY_NOT_WORDS].flatMap(([why, words]) => {
    const count = why_not[why] ?? 0;
    return count === 0 ? [] : [`${count} ${words}`];
  });
  return [
    `Both: ${agree.length}. Only ${scanner}: ${only_them.length}. Only Parapet: ${only_us.length}.`,
    ...section(
      `Only ${scanner}${reasons.length === 0 ? '' : ` (${reasons.join(', ')})`}`,
      ['VULNERABILITY', 'WHY NOT', 'PACKAGE', 'VERDICT'],
      only_them.map((one) => [
        one.id,
        WHY_NOT_WORDS.get(one.why_not) ?? one.why_not,
        namesOf(one.theirs),
        one.verdict,
      ]),
    ),
    ...section('Only Parapet', OUR_COLUMNS, only_us.flatMap(ourRows)),
    ...section('Both', OUR_COLUMNS, agree.flatMap(ourRows)),
  ].join('\n');
}

const OUR_COLUMNS = ['VULNERABILITY', 'LISTED AS', 'PRIORITY', 'PACKAGE', 'VERDICT'];

function section(
  title: string,
  columns: readonly string[],
  rows: readonly (readonly string[])[],
): readonly string[] {
  if (rows.length === 0) return [];
  // The verdict is a sentence: it stands last, whole, instead of being cut to the width of a cell.
  const cells = rows.map((row) => row.slice(0, -1));
  const [head = '', ...lines] = alignedTable(
    [...columns.slice(0, -1), ''],
    cells.map((row) => [...row, '']),
  );
  const whole = lines.map((line, at) => `${line}${printable(rows[at]?.at(-1) ?? '')}`);
  return ['', title, `${head}${columns.at(-1) ?? ''}`, ...whole];
}

function ourRows({ id, ours }: OurVulnerability): readonly (readonly string[])[] {
  return ours.map((one) => [
    id,
    one.vul_id,
    one.repair_priority,
    `${one.package} ${one.version}`,
    verdictOf(one),
  ]);
}

function verdictOf({ verdict, status }: OurFinding): string {
  return status === 'vul_status_reboot'
    ? `${verdict} The fix is installed and waits for a restart.`
    : verdict;
}

function namesOf(findings: readonly TheirFinding[]): string {
  const names = new Set(findings.map(({ package: name, version }) => `${name} ${version}`.trim()));
  const [first = '', ...more] = names;
  return more.length === 0 ? first : `${first} and ${more.length} more`;
}
