import { counted } from '../../counted.ts';
import { FINDING_STATUSES, type FindingStatus } from '../../findings/finding.ts';
import type { ServerFilter, ServerPage, ServerRow } from '../../server-view/server-view.ts';
import { listServersInSql } from '../../store/server-view/list-servers.ts';
import { vulnerabilityDictionary } from '../../store/vulnerability-dictionary.ts';
import { type Command, JSON_OPTION, readArguments, writeResult } from '../command.ts';
import { numberOption } from '../number-option.ts';
import { enterpriseProjectId, textOption, wordOption } from '../server-options.ts';
import { shownTime } from '../shown-time.ts';
import { alignedTable } from '../table.ts';
import { chooseProject, PROJECT_HELP, PROJECT_OPTION, withStore } from '../with-store.ts';

const LIMIT_MAX = 10_000;
const OFFSET_MAX = 2_000_000;
const LEVELS = ['High', 'Medium', 'Low', 'Security'] as const;
const STATUSES = Object.keys(FINDING_STATUSES) as FindingStatus[];

const OPTIONS = {
  ...JSON_OPTION,
  ...PROJECT_OPTION,
  'enterprise-project': { type: 'string' },
  name: { type: 'string' },
  group: { type: 'string' },
  'public-ip': { type: 'string' },
  'private-ip': { type: 'string' },
  severity: { type: 'string' },
  'handle-status': { type: 'string' },
  status: { type: 'string' },
  'asset-value': { type: 'string' },
  'cluster-id': { type: 'string' },
  'node-type': { type: 'string' },
  limit: { type: 'string' },
  offset: { type: 'string' },
} as const;

/** `parapet server list`: the server view on the terminal, worst first. */
export const serverList: Command = {
  name: 'server list',
  summary: 'List servers, worst first',
  help: `Usage: parapet server list [FILTERS] [--limit N] [--offset N] [--json]

The server view: servers that have reported, worst first. Every filter given must hold; names and addresses are found
anywhere, in any case.

  --name TEXT --group TEXT --public-ip TEXT --private-ip TEXT
  --severity LEVEL        ${LEVELS.join(', ')}
  --handle-status STATUS  unhandled, handled
  --status STATUS         has a finding in it: ${STATUSES.slice(0, 2).join(', ')}, …
  --asset-value VALUE     important, common, test
  --cluster-id ID --node-type cce|not_cce --enterprise-project ID|NAME
  --limit N               1 to ${LIMIT_MAX}; default 50
  --offset N              0 to ${OFFSET_MAX}
${PROJECT_HELP}

Examples:
  parapet server list --severity High --group edge
  parapet server list --status vul_status_reboot --json
`,
  run: async (args, io) => {
    const given = readArguments(args, {
      command: 'server list',
      options: OPTIONS,
      positionals: { min: 0, max: 0, what: 'filters are options' },
    });
    const page = {
      limit: numberOption('--limit', given.text('limit'), { min: 1, max: LIMIT_MAX, default: 50 }),
      offset: numberOption('--offset', given.text('offset'), { min: 0, max: OFFSET_MAX, default: 0 }),
    };
    const text = (name: 'name' | 'group' | 'public-ip' | 'private-ip' | 'cluster-id') =>
      textOption(`--${name}`, given.text(name), { min: 1, max: 128 });
    const wanted = {
      nameContains: text('name'),
      groupNameContains: text('group'),
      publicIpContains: text('public-ip'),
      privateIpContains: text('private-ip'),
      clusterId: text('cluster-id'),
      severityLevel: wordOption('--severity', given.text('severity'), LEVELS),
      handleStatus: wordOption('--handle-status', given.text('handle-status'), ['unhandled', 'handled']),
      status: wordOption('--status', given.text('status'), STATUSES),
      assetValue: wordOption('--asset-value', given.text('asset-value'), ['important', 'common', 'test']),
      nodeType: wordOption('--node-type', given.text('node-type'), ['cce', 'not_cce']),
    };
    return await withStore(io, async (store) => {
      const project = await chooseProject(store, given.text('project'));
      const enterpriseProject = await enterpriseProjectId(store, given.text('enterprise-project'));
      const filter: ServerFilter = {
        ...wanted,
        projectId: project.id,
        enterpriseProjects: enterpriseProject === undefined ? 'all' : [enterpriseProject],
      };
      const list = listServersInSql(store.database, vulnerabilityDictionary(store.database));
      const answer = await list(filter, page);
      writeResult(io, given.flag('json'), { json: answer, text: pageText(answer, page.offset) });
      return 0;
    });
  },
};

function pageText({ total, rows }: ServerPage, offset: number): string {
  if (total === 0) return 'No server matches.';
  if (rows.length === 0) return `${counted(total, 'server matches', 'servers match')}; none after ${offset}.`;
  const header = [
    'name',
    'level',
    'score',
    'critical',
    'high',
    'medium',
    'low',
    'state',
    'group',
    'last report',
    'id',
  ];
  const lines = alignedTable(header, rows.map(cellsOf));
  return [...lines, `${offset + 1} to ${offset + rows.length} of ${total}`].join('\n');
}

function cellsOf(row: ServerRow): readonly string[] {
  const { critical, high, medium, low } = row.counts;
  return [
    row.name,
    row.severityLevel === '' ? 'unknown' : row.severityLevel,
    row.score === undefined ? '-' : String(row.score),
    String(critical),
    String(high),
    String(medium),
    String(low),
    row.handleStatus,
    row.groupName ?? '',
    shownTime(row.scanTime),
    row.id,
  ];
}
