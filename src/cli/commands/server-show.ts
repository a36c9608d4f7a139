import { FIXING_PRIORITIES } from '../../findings/finding.ts';
import { type ServerCoverage, serverCoverage } from '../../jobs/server-coverage.ts';
import { findingPackages } from '../../store/fleet/finding-packages.ts';
import { type NamedFinding, type ServerDetail, showServer } from '../../store/fleet/show-server.ts';
import { chooseServer } from '../choose-server.ts';
import { type Command, JSON_OPTION, readArguments, writeResult } from '../command.ts';
import { findingLines } from '../finding-lines.ts';
import { shownTime } from '../shown-time.ts';
import { printable } from '../table.ts';
import { chooseProject, PROJECT_HELP, PROJECT_OPTION, withStore } from '../with-store.ts';

/** `parapet server show`: one server with everything known of it. */
export const serverShow: Command = {
  name: 'server show',
  summary: 'Show one server and its findings',
  help: `Usage: parapet server show ID|NAME [--json]

Shows a server with its settings, its coverage and all its findings, each with the day on which it was published by the vendor,
fetched with an import and matched on the server, and below it the packages it comes from, the version that fixes them and, for
applications, where they lie. --json has the moments in full. Findings without a fix are marked; the server view lists them
only where the project includes them.

${PROJECT_HELP}

Examples:
  parapet server show web-01
`,
  run: async (args, io) => {
    const given = readArguments(args, {
      command: 'server show',
      options: { ...JSON_OPTION, ...PROJECT_OPTION },
      positionals: { min: 1, max: 1, what: 'the id or name of a server' },
    });
    return await withStore(io, async (store) => {
      const project = await chooseProject(store, given.text('project'));
      const { id } = await chooseServer(store, project.id, given.positionals[0] ?? '');
      const scope = { projectId: project.id, enterpriseProjects: 'all' } as const;
      const server = await showServer(store.database, scope, id);
      if (server === undefined) throw new Error(`server ${id} went away while it was read`);
      const about = { projectId: project.id, serverId: id, system: server.system };
      const coverage =
        server.scanTime === undefined
          ? undefined
          : await serverCoverage(store.database, { ...about, scanTime: server.scanTime }, store.clock());
      const packages = await findingPackages(store.database, { projectId: project.id, serverId: id });
      const findings = worstFirst(server.findings).map((finding) => ({
        ...finding,
        packages: packages
          .filter((one) => one.type === finding.type && one.id === finding.id)
          .map(({ type: _type, id: _id, ...pkg }) => pkg),
      }));
      writeResult(io, given.flag('json'), {
        json: { ...server, coverage, findings },
        text: [...factLines(server, coverage), '', ...findingLines(findings)].join('\n'),
      });
      return 0;
    });
  },
};

function factLines(server: ServerDetail, coverage: ServerCoverage | undefined): readonly string[] {
  const level = server.isUnknown && server.severityLevel === '' ? 'unknown' : server.severityLevel;
  const facts: readonly (readonly [string, string])[] = [
    ['name', server.name],
    ['id', server.id],
    ['system', server.osName === '' ? server.system : `${server.osName} (${server.system})`],
    ['running kernel', server.kernelRelease],
    ['waits for a restart', server.restartPackages.join(', ')],
    ['level', level === 'unknown' ? level : `${level}, score ${server.score}`],
    ...coverageFacts(coverage),
    ['last report', shownTime(server.scanTime)],
    ['packages', String(server.packages)],
    ['group', server.groupName ?? ''],
    ['asset value', server.assetValue],
    ['addresses', [server.publicIp, server.privateIp].filter((one) => one !== '').join(', ')],
    ['region', server.region],
    ['enterprise project', server.enterpriseProjectId],
    ['node', server.clusterId === '' ? server.nodeType : `${server.nodeType} of cluster ${server.clusterId}`],
    ['edition', server.edition],
    ...server.inventoryProblems.map((problem) => ['not looked into', problem] as const),
  ];
  const shown = facts.filter(([, value]) => value !== '');
  const width = Math.max(...shown.map(([name]) => name.length));
  return shown.map(([name, value]) => `${name.padEnd(width)}  ${printable(value)}`);
}

/** The reason that decides stands beside the status, each further one on a line of its own. */
function coverageFacts(coverage: ServerCoverage | undefined): readonly (readonly [string, string])[] {
  if (coverage === undefined) return [['coverage', 'not reported yet']];
  const [first = '', ...more] = coverage.reasons;
  return [
    ['coverage', `${coverage.status}: ${first}`],
    ...more.map((reason) => ['', reason] as const),
    ['', coverage.matchingInProgress ? 'Not all servers have followed the last import yet.' : ''],
  ];
}

function worstFirst(findings: readonly NamedFinding[]): readonly NamedFinding[] {
  // The order within a priority stays: by type and id.
  return [...findings].sort((a, b) => FIXING_PRIORITIES[b.priority] - FIXING_PRIORITIES[a.priority]);
}
