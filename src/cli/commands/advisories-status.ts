import { chooseFeeds } from '../../fetching/choose-feeds.ts';
import { coverageRows, type ProjectCoverage } from '../../jobs/coverage-rows.ts';
import { type FeedRow, feedRows } from '../../jobs/feed-rows.ts';
import type { Coverage } from '../../matching/coverage.ts';
import { findImportedExport, type ImportedExport } from '../../store/advisories/imported-export.ts';
import { installedEcosystems } from '../../store/advisories/installed-ecosystems.ts';
import type { FeedSourceState } from '../../store/advisories/load-feed-sources.ts';
import { type Command, JSON_OPTION, readArguments, writeResult } from '../command.ts';
import { feedsMeasuredText } from '../feeds-measured.ts';
import { shownAge, shownTime } from '../shown-time.ts';
import { alignedTable, printable } from '../table.ts';
import { type CommandStore, chooseProject, PROJECT_HELP, PROJECT_OPTION, withStore } from '../with-store.ts';

/** `parapet advisories status`: which feeds are in force, how fetching went, and what they cover. */
export const advisoriesStatus: Command = {
  name: 'advisories status',
  summary: 'Show the feeds in force and what they cover',
  help: `Usage: parapet advisories status [--json]

Shows each feed with its own date, its state (current, stale, undated) and the date of its last import; of feeds that are
fetched, the last attempt, the last success, the next time and why an attempt failed; then the coverage of every system that
servers of the project run, and of their applications: covered, stale or unknown, and why. A feed's date is its publisher's,
else that of the file it came in, else that of its newest record. Ages and states are measured from today, or where the last
import was a snapshot (the demo's), from its day: then that is said.

${PROJECT_HELP}

Examples:
  parapet advisories status
  parapet advisories status --json | jq '.systems[] | select(.status != "covered")'
  parapet advisories status --json | jq '.sources[] | select(.error != "")'
`,
  run: async (args, io) => {
    const given = readArguments(args, {
      command: 'advisories status',
      options: { ...JSON_OPTION, ...PROJECT_OPTION },
      positionals: { min: 0, max: 0, what: '' },
    });
    return await withStore(io, async (store) => {
      const project = await chooseProject(store, given.text('project'));
      const clock = store.clock();
      const { feeds, sources, measuredAt } = await feedRows(store.database, clock);
      const waiting = await neverFetched(store, sources);
      const exported = await findImportedExport(store.database);
      const coverage = await coverageRows(
        store.database,
        { projectId: project.id, enterpriseProjects: 'all' },
        clock,
      );
      writeResult(io, given.flag('json'), {
        json: { feeds, sources, never_fetched: waiting, imported_export: exported, ...coverage },
        text: [
          ...feedLines(feeds, measuredAt),
          ...(measuredAt === clock.now ? [] : ['', feedsMeasuredText(measuredAt)]),
          ...exportLines(exported),
          ...sourceLines(sources, waiting),
          '',
          ...systemLines(coverage),
          ...ecosystemLines(coverage),
        ].join('\n'),
      });
      return 0;
    });
  },
};

/** Feeds of PARAPET_FEEDS that nobody has tried yet. */
async function neverFetched(
  { config, database }: CommandStore,
  sources: readonly FeedSourceState[],
): Promise<readonly string[]> {
  if (config.feeds === undefined) return [];
  const tried = new Set(sources.map(({ name }) => name));
  const configured = chooseFeeds(config.feeds, await installedEcosystems(database));
  return configured.map(({ name }) => name).filter((name) => !tried.has(name));
}

function feedLines(feeds: readonly FeedRow[], measuredAt: number): readonly string[] {
  if (feeds.length === 0) {
    return ['No advisories yet: parapet advisories update, or parapet advisories import PATH…'];
  }
  return alignedTable(
    ['feed', 'records', 'dated', 'age', 'imported', 'state'],
    feeds.map(({ name, records, date, importedAt, status }) => [
      name,
      String(records),
      shownTime(date),
      date === undefined ? 'not dated' : shownAge(date, measuredAt),
      shownTime(importedAt),
      status,
    ]),
  );
}

function exportLines(exported: ImportedExport | undefined): readonly string[] {
  if (exported === undefined) return [];
  const { createdAt, revision, importedAt } = exported;
  const made = `The last export imported was made at ${shownTime(createdAt)} (advisory set ${revision} there)`;
  return ['', `${made}, and imported at ${shownTime(importedAt)}.`];
}

function sourceLines(sources: readonly FeedSourceState[], waiting: readonly string[]): readonly string[] {
  if (sources.length + waiting.length === 0) return [];
  const rows = [
    ...sources.map(({ name, triedAt, succeededAt, nextAt, failures, error }) => [
      name,
      shownTime(triedAt),
      shownTime(succeededAt),
      nextAt === undefined ? '' : shownTime(nextAt),
      error === '' ? 'ok' : `failed ${failures === 1 ? 'once' : `${failures} times`}`,
    ]),
    ...waiting.map((name) => [name, 'never', 'never', 'soon', 'waiting']),
  ];
  const [head = '', ...lines] = alignedTable(['fetched', 'last try', 'last success', 'next', 'state'], rows);
  const withReasons = lines.flatMap((line, at) => {
    const error = sources[at]?.error ?? '';
    return error === '' ? [line] : [line, `  ${printable(error)}`];
  });
  return ['', head, ...withReasons];
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
  return [...lines, ...withReasons(['system', 'servers', 'silent', 'coverage'], rows, systems)];
}

function ecosystemLines({ ecosystems }: ProjectCoverage): readonly string[] {
  if (ecosystems.length === 0) return [];
  const rows = ecosystems.map(({ ecosystem, status }) => [ecosystem, status]);
  return ['', ...withReasons(['applications', 'coverage'], rows, ecosystems)];
}

function withReasons(
  header: readonly string[],
  rows: readonly (readonly string[])[],
  reasons: readonly Pick<Coverage, 'reason'>[],
): readonly string[] {
  const [head = '', ...lines] = alignedTable(header, rows);
  return [head, ...lines.flatMap((line, at) => [line, `  ${reasons[at]?.reason ?? ''}`])];
}
