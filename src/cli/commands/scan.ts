import { counted } from '../../counted.ts';
import { type ScanFinding, type ScanResult, scanInventory } from '../../matching/scan.ts';
import { type Command, type CommandIo, JSON_OPTION, readArguments, usage, writeResult } from '../command.ts';
import { openScanSource, readScanInventory, SCAN_INPUT_HELP, SCAN_INPUT_OPTIONS } from '../scan-input.ts';

const EXIT_FOUND = 3;
const SPREAD_PATHS_MAX = 100_000;
const PRIORITIES = ['Critical', 'High', 'Medium', 'Low'] as const;
const COLOURS: Readonly<Record<(typeof PRIORITIES)[number], string>> = {
  Critical: '\x1b[1;31m',
  High: '\x1b[31m',
  Medium: '\x1b[33m',
  Low: '\x1b[36m',
};
const RESET = '\x1b[0m';
const OPTIONS = {
  ...SCAN_INPUT_OPTIONS,
  ...JSON_OPTION,
  'fail-on': { type: 'string' },
  'fixed-only': { type: 'boolean' },
} as const;

/** `parapet scan`: one machine, once, without the service. */
export const scan: Command = {
  name: 'scan',
  summary: 'Check one machine and exit',
  help: `Usage: parapet scan [--inventory FILE|-] [--advisories PATH]… [--fail-on PRIORITY] [--json]

Checks one machine against advisories and prints what it is affected by, worst first. Needs neither the service nor a
database. Exit code 0, also with findings; 3 with --fail-on where a finding reaches it.

${SCAN_INPUT_HELP}
  --fixed-only        leave out what has no fix yet
  --fail-on PRIORITY  critical, high, medium or low: exit with 3 if a listed finding has this fixing priority or a worse one
  --json              the whole result as one JSON object

Examples:
  parapet scan
  parapet scan --inventory sbom.cdx.json --advisories ./advisories --fail-on high
  ssh web-01 cat /var/lib/dpkg/status | parapet scan --inventory - --system debian:12 --json
`,
  run: async (args, io) => {
    const given = readArguments(args, {
      command: 'scan',
      options: OPTIONS,
      // A shell spreads --advisories ./feeds/* over several words.
      positionals: {
        min: 0,
        max: args.includes('--advisories') ? SPREAD_PATHS_MAX : 0,
        what: 'advisory paths',
      },
    });
    const failOn = failOnOf(given.text('fail-on'));
    const inventory = await readScanInventory(given, io);
    const source = await openScanSource([...given.texts('advisories'), ...given.positionals], inventory, io);
    const result = scanInventory(inventory, source, {
      now: Date.now(),
      staleDays: io.config().feedStaleDays,
      fixedOnly: given.flag('fixed-only'),
    });
    const asJson = given.flag('json');
    if (!asJson) for (const problem of result.problems) io.err(`skipped: ${problem}\n`);
    writeResult(io, asJson, { json: result, text: asJson ? '' : await textOf(result, io) });
    const isReached = result.findings.some(
      ({ repair_priority }) => PRIORITIES.indexOf(repair_priority) <= failOn,
    );
    return isReached ? EXIT_FOUND : 0;
  },
};

/** Position in `PRIORITIES` of the priority from which on the command fails; -1: it never does. */
function failOnOf(text: string | undefined): number {
  if (text === undefined) return -1;
  const at = PRIORITIES.findIndex((priority) => priority.toLowerCase() === text.toLowerCase());
  if (at < 0)
    throw usage(
      'scan',
      `--fail-on takes critical, high, medium or low; "${text.slice(0, 40)}" is none of them`,
    );
  return at;
}

async function textOf(result: ScanResult, io: CommandIo): Promise<string> {
  const { server, coverage, findings } = result;
  const name = server.name === '' ? 'this inventory' : server.name;
  const head = `${name}: ${server.os_name === '' ? 'no system named' : server.os_name}, ${counted(server.packages, 'package')}`;
  const gaps = coverage.ecosystems.filter(({ status }) => status !== 'covered');
  const covered = [
    `Coverage: ${coverage.status}. ${coverage.reason}`,
    ...gaps.map(({ ecosystem, status, reason }) => `  ${ecosystem}: ${status}. ${reason}`),
  ].join('\n');
  if (findings.length === 0) {
    const verdict =
      coverage.status === 'covered' ? 'Nothing found.' : 'Nothing found, but that is not known to be safe.';
    return [head, covered, verdict].join('\n');
  }
  const { alignedTable } = await import('../table.ts');
  const rows = findings.map(rowOf);
  const table = alignedTable(['PRIORITY', 'VULNERABILITY', 'PACKAGE', 'INSTALLED', 'FIXED IN'], rows);
  const lines = table.map((line, at) => {
    const priority = at === 0 ? undefined : findings[at - 1]?.repair_priority;
    if (!io.useColour || priority === undefined) return line;
    return `${COLOURS[priority]}${line.slice(0, priority.length)}${RESET}${line.slice(priority.length)}`;
  });
  return [head, covered, '', ...lines, '', countsOf(findings)].join('\n');
}

function rowOf(finding: ScanFinding): readonly string[] {
  const fixed = finding.fixed_version ?? 'no fix yet';
  return [
    finding.repair_priority,
    finding.vul_id,
    finding.package.name,
    finding.package.version,
    finding.status === 'vul_status_reboot' ? `${fixed}, restart to use it` : fixed,
  ];
}

function countsOf(findings: readonly ScanFinding[]): string {
  const worst = new Map<string, (typeof PRIORITIES)[number]>();
  // Worst first, so the first mention of a vulnerability has its priority; one of several packages counts once.
  for (const { vul_id, type, repair_priority } of findings) {
    const key = `${type} ${vul_id}`;
    if (!worst.has(key)) worst.set(key, repair_priority);
  }
  const counts = PRIORITIES.map(
    (priority) => `${[...worst.values()].filter((one) => one === priority).length} ${priority}`,
  );
  return `${counted(worst.size, 'vulnerability', 'vulnerabilities')}: ${counts.join(', ')}`;
}
