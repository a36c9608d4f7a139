import { coverageRows } from '../../jobs/coverage-rows.ts';
import type { Coverage } from '../../matching/coverage.ts';
import { type ServerDetail, showServer } from '../../store/fleet/show-server.ts';
import { chooseServer } from '../choose-server.ts';
import { type Command, JSON_OPTION, readArguments, writeResult } from '../command.ts';
import { shownTime } from '../shown-time.ts';
import { alignedTable, printable } from '../table.ts';
import { chooseProject, PROJECT_HELP, PROJECT_OPTION, withStore } from '../with-store.ts';

/** `parapet server show`: one server with everything known of it. */
export const serverShow: Command = {
  name: 'server show',
  summary: 'Show one server and its findings',
  help: `Usage: parapet server show ID|NAME [--json]

Shows a server with its settings, its coverage and all its findings: also those without a fix, which are marked and not
listed in the server view unless the project includes them.

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
      const { systems } = await coverageRows(store.database, project.id, store.clock());
      const coverage = systems.find((one) => one.system === server.system);
      writeResult(io, given.flag('json'), {
        json: { ...server, coverage },
        text: [...factLines(server, coverage), '', ...findingLines(server)].join('\n'),
      });
      return 0;
    });
  },
};

function factLines(server: ServerDetail, coverage: Coverage | undefined): readonly string[] {
  const level = server.isUnknown && server.severityLevel === '' ? 'unknown' : server.severityLevel;
  const facts: readonly (readonly [string, string])[] = [
    ['name', server.name],
    ['id', server.id],
    ['system', server.osName === '' ? server.system : `${server.osName} (${server.system})`],
    ['running kernel', server.kernelRelease],
    ['level', level === 'unknown' ? level : `${level}, score ${server.score}`],
    ['coverage', coverage === undefined ? 'not reported yet' : `${coverage.status}: ${coverage.reason}`],
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

function findingLines(server: ServerDetail): readonly string[] {
  if (server.findings.length === 0) return ['No findings.'];
  const rank = ['Critical', 'High', 'Medium', 'Low'];
  const sorted = [...server.findings].sort((a, b) => rank.indexOf(a.priority) - rank.indexOf(b.priority));
  return alignedTable(
    ['priority', 'vulnerability', 'status', 'fix', 'since', 'cves', 'title'],
    sorted.map((finding) => [
      finding.priority,
      finding.id,
      finding.status.replace('vul_status_', ''),
      finding.fixable ? 'yes' : 'none known',
      shownTime(finding.firstSeenAt),
      finding.cves.slice(0, 2).join(' ') + (finding.cves.length > 2 ? ` +${finding.cves.length - 2}` : ''),
      finding.title,
    ]),
  );
}
