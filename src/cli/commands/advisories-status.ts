import { coverageRows, type ProjectCoverage } from '../../jobs/coverage-rows.ts';
import { listFeeds, type StoredFeed } from '../../store/advisories/list-feeds.ts';
import { type Command, JSON_OPTION, readArguments, writeResult } from '../command.ts';
import { shownAge, shownTime } from '../shown-time.ts';
import { alignedTable } from '../table.ts';
import { chooseProject, PROJECT_HELP, PROJECT_OPTION, withStore } from '../with-store.ts';

/** `parapet advisories status`: which feeds are in force, and which systems they cover. */
export const advisoriesStatus: Command = {
  name: 'advisories status',
  summary: 'Show the feeds in force and what they cover',
  help: `Usage: parapet advisories status [--json]

Shows each feed with its own date and the date of its last import, then the coverage of every system that servers of the
project run: covered, stale or unknown, and why. A feed's date is its publisher's, else that of its newest record.

${PROJECT_HELP}

Examples:
  parapet advisories status
  parapet advisories status --json | jq '.systems[] | select(.status != "covered")'
`,
  run: async (args, io) => {
    const given = readArguments(args, {
      command: 'advisories status',
      options: { ...JSON_OPTION, ...PROJECT_OPTION },
      positionals: { min: 0, max: 0, what: '' },
    });
    return await withStore(io, async (store) => {
      const project = await chooseProject(store, given.text('project'));
      const feeds = await listFeeds(store.database);
      const { now } = store.clock();
      const coverage = await coverageRows(
        store.database,
        { projectId: project.id, enterpriseProjects: 'all' },
        store.clock(),
      );
      writeResult(io, given.flag('json'), {
        json: { feeds, ...coverage },
        text: [...feedLines(feeds, now), '', ...systemLines(coverage)].join('\n'),
      });
      return 0;
    });
  },
};

function feedLines(feeds: readonly StoredFeed[], now: number): readonly string[] {
  if (feeds.length === 0) return ['No advisories yet: parapet advisories import PATH…'];
  return alignedTable(
    ['feed', 'records', 'dated', 'age', 'imported'],
    feeds.map(({ name, records, date, importedAt }) => [
      name,
      String(records),
      shownTime(date),
      date === undefined ? 'not dated' : shownAge(date, now),
      shownTime(importedAt),
    ]),
  );
}

function systemLines({ systems, matchingInProgress }: ProjectCoverage): readonly string[] {
  const lines = matchingInProgress
    ? ['Matching in progress: not all servers have followed the last import yet.']
    : [];
  if (systems.length === 0) return [...lines, 'No server has reported yet.'];
  const rows = systems.map((one) => [
    one.system === '' ? '(no system)' : one.system,
    String(one.servers),
    String(one.silentServers),
    one.status,
  ]);
  const table = alignedTable(['system', 'servers', 'silent', 'coverage'], rows);
  const reasons = systems.map((one) => `  ${one.reason}`);
  return [
    ...lines,
    table[0] ?? '',
    ...rows.flatMap((_row, index) => [table[index + 1] ?? '', reasons[index] ?? '']),
  ];
}
