import { explainPackage, type Verdict } from '../../matching/explain.ts';
import { candidatesFor, fileByName, loadCandidates } from '../../matching/scan.ts';
import { silentPackages } from '../../matching/silent-packages.ts';
import { type Command, JSON_OPTION, readArguments, usage, writeResult } from '../command.ts';
import { explainedLines } from '../explained-package.ts';
import { openScanSource, readScanInventory, SCAN_INPUT_HELP, SCAN_INPUT_OPTIONS } from '../scan-input.ts';
import { vulnerabilityWordProblem } from '../vulnerability-word.ts';

const OPTIONS = {
  ...SCAN_INPUT_OPTIONS,
  ...JSON_OPTION,
  package: { type: 'string' },
  server: { type: 'string' },
  project: { type: 'string' },
} as const;
/** What goes with a machine that is looked at now, not with a server that has reported. */
const OF_A_SCAN = ['package', 'inventory', 'os-release', 'system', 'advisories'] as const;

/** `parapet explain`: why a machine has a vulnerability, or why not. */
export const explain: Command = {
  name: 'explain',
  summary: 'Say why a machine or a server has a vulnerability, or why not',
  help: `Usage: parapet explain [VULNERABILITY] [--package NAME] [--inventory FILE|-] [--advisories PATH]… [--json]
       parapet explain VULNERABILITY --server ID|NAME [--project NAME] [--json]

Says for each package concerned which records were looked at, what was compared with what, and what came of it; also
where the package is not affected. VULNERABILITY is an id as listed (DSA-5380-1, HCVD-APP-CVE-2021-44228,
URGENT-CVE-…), the id of a record (GHSA-…) or a CVE; a word that nothing is known of and that can be none of these is
refused. Without it, name a package.

With --server it is a server that has reported: its packages as stored, the advisories in force, and besides the finding
with its status and since when, what people decided about it, what its priority is made of, and its history.

  --server ID|NAME    a server of the service, by its id or name
  --project NAME      its project, by name or id; without it the only one there is
  --package NAME      only this package (its name, or the name of its source package)
${SCAN_INPUT_HELP}
  --json              {"about":…,"verdicts":[…]}; with --server {"about","verdict","sentence","findings","packages",…}

Examples:
  parapet explain CVE-2023-1393
  parapet explain CVE-2021-44228 --server web-01
  parapet explain --package openssl --inventory /var/lib/dpkg/status --system debian:11 --advisories ./advisories
`,
  run: async (args, io) => {
    const given = readArguments(args, {
      command: 'explain',
      options: OPTIONS,
      positionals: {
        min: args.includes('--package') ? 0 : 1,
        max: 1,
        what: 'a vulnerability (or --package NAME)',
      },
    });
    const about = given.positionals[0] ?? '';
    const server = given.text('server');
    if (server !== undefined) {
      const other = OF_A_SCAN.find((option) => given.texts(option).length > 0);
      if (other !== undefined) throw usage('explain', `--server and --${other} exclude each other`);
      const { explainServer } = await import('../explain-server.ts');
      const asJson = given.flag('json');
      await explainServer(io, { about, server, project: given.text('project'), asJson });
      return 0;
    }
    if (given.text('project') !== undefined) throw usage('explain', '--project goes with --server');
    const name = given.text('package');
    const inventory = await readScanInventory(given, io);
    const source = await openScanSource(given.texts('advisories'), inventory, io);
    const filed = fileByName(loadCandidates(inventory.packages, source), (candidate) => candidate.filedName);
    const silent = silentPackages(inventory, filed);
    const verdicts: ExplainedPackage[] = [];
    for (const pkg of inventory.packages) {
      if (name !== undefined && pkg.name !== name && pkg.source !== name) continue;
      const verdict = explainPackage(pkg, candidatesFor(pkg, filed), about);
      if (name === undefined && verdict.records.length === 0) continue;
      const raises = verdict.decision === 'affected' && !silent.has(pkg);
      verdicts.push({ ...verdict, raises_finding: raises });
    }
    const problem = verdicts.length > 0 || name !== undefined ? undefined : vulnerabilityWordProblem(about);
    if (problem !== undefined) throw usage('explain', problem);
    writeResult(io, given.flag('json'), { json: { about, verdicts }, text: textOf(about, name, verdicts) });
    return 0;
  },
};

interface ExplainedPackage extends Verdict {
  /** False also where a kernel package matches that is not the running image. */
  readonly raises_finding: boolean;
}

function textOf(about: string, name: string | undefined, verdicts: readonly ExplainedPackage[]): string {
  if (verdicts.length === 0) {
    return name === undefined
      ? `No advisory that names ${about} concerns a package of this inventory.`
      : `The inventory has no package ${name}.`;
  }
  return verdicts.map(verdictText).join('\n\n');
}

function verdictText({ raises_finding, ...verdict }: ExplainedPackage): string {
  const isSilent = verdict.decision === 'affected' && !raises_finding;
  const silence = isSilent ? 'raises no finding: not the running kernel' : '';
  return explainedLines({ ...verdict, silence }).join('\n');
}
