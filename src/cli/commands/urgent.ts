import { counted } from '../../counted.ts';
import { ANSWER_SERVERS_MAX } from '../../jobs/answer-urgent.ts';
import {
  addUrgentCves,
  askUrgent,
  listUrgent,
  removeUrgent,
  type ShownUrgent,
  showUrgent,
} from '../../jobs/ask-urgent.ts';
import {
  type Command,
  type CommandIo,
  JSON_OPTION,
  type OptionSpec,
  readArguments,
  writeResult,
} from '../command.ts';
import { followedText, followImport } from '../follow-import.ts';
import { numberOption } from '../number-option.ts';
import { shownTime } from '../shown-time.ts';
import { alignedTable, printable } from '../table.ts';
import { type CommandStore, chooseProject, PROJECT_HELP, PROJECT_OPTION, withStore } from '../with-store.ts';

const SERVERS_SHOWN = 100;
const CVES_MAX = 100;
const OPTIONS = {
  ...JSON_OPTION,
  ...PROJECT_OPTION,
  cve: { type: 'string' },
  kb: { type: 'string' },
  package: { type: 'string' },
  range: { type: 'string' },
  ecosystem: { type: 'string' },
  alias: { type: 'string', multiple: true },
  reason: { type: 'string' },
  limit: { type: 'string' },
  all: { type: 'boolean' },
  'no-wait': { type: 'boolean' },
} as const satisfies Readonly<Record<string, OptionSpec>>;
type Option = keyof typeof OPTIONS;

const HELP = `Usage: parapet urgent add CVE… [--reason TEXT] [--no-wait]
       parapet urgent ask --package NAME --range RANGE [--ecosystem NAME] [--alias ID]… [--reason TEXT]
       parapet urgent ask --cve CVE | --kb KB [--reason TEXT]
       parapet urgent list [--all]
       parapet urgent show ID [--limit N]
       parapet urgent remove ID [--reason TEXT]

What is urgent, besides the catalogue of known-exploited vulnerabilities. Each item is kept as URGENT-…; the servers that
it concerns have that finding beside the ordinary one, always Critical, and so have those that report later.

add puts CVEs on the list. ask answers first, over all stored inventories: which servers hold the package in the range,
have the CVE, or lack the update; how many exactly; on how many of those asked it is unknown, because no current feed covers
their system or they are silent; and what the answer does not cover. list counts the servers with an open finding of each
item: a server that holds the package without one runs another kernel, or a person decided so.

  --package NAME    a package, a source package, or the artifact of Maven's group:artifact
  --range RANGE     '>=2.0 <2.17.1': bounds side by side must all hold, || stands between alternatives, * is every version
  --ecosystem NAME  Maven, PyPI, npm, debian:12, or debian for every release; without it wherever the name occurs
  --alias ID        a CVE or another id that publishers give it: a record that bears it for such a package, imported later,
                    retires the question into the ordinary finding
  --cve CVE         a CVE that records name; --kb KB an update of Windows. Both stay until they are removed
  --reason TEXT     why, for the history
  --limit N         servers named, ${SERVERS_SHOWN} unless told, at most ${ANSWER_SERVERS_MAX}; the count is exact whatever it is
  --all             also what was retired or removed
  --no-wait         do not wait for the servers' findings; the running service sees to them
${PROJECT_HELP}

Examples:
  parapet urgent ask --package log4j-core --range '>=2.0 <2.17.1' --ecosystem Maven --alias CVE-2021-44228
  parapet urgent add CVE-2024-3094 --reason 'seen on our perimeter'
`;

interface Task {
  readonly store: CommandStore;
  readonly io: CommandIo;
  readonly projectId: string;
  readonly words: readonly string[];
  readonly text: (name: Option) => string | undefined;
  readonly texts: (name: Option) => readonly string[];
  readonly flag: (name: Option) => boolean;
}

interface Outcome {
  readonly json: unknown;
  readonly text: string;
}

function urgentCommand(
  verb: string,
  declared: {
    readonly summary: string;
    readonly options: readonly Option[];
    readonly words: { readonly min: number; readonly max: number; readonly what: string };
    readonly run: (task: Task) => Promise<Outcome>;
  },
): Command {
  const name = `urgent ${verb}`;
  const allowed = ['json', 'project', ...declared.options] as const;
  return {
    name,
    summary: declared.summary,
    help: HELP,
    run: async (args, io) => {
      const options = Object.fromEntries(allowed.map((option) => [option, OPTIONS[option]]));
      const given = readArguments<string>(args, { command: name, options, positionals: declared.words });
      return await withStore(io, async (store) => {
        const { id: projectId } = await chooseProject(store, given.text('project'));
        const { positionals: words, text, texts, flag } = given;
        writeResult(io, flag('json'), await declared.run({ store, io, projectId, words, text, texts, flag }));
        return 0;
      });
    },
  };
}

/** `parapet urgent add|ask|list|show|remove`. */
export const urgentCommands: readonly Command[] = [
  urgentCommand('add', {
    summary: 'Put CVEs on the list of what is urgent',
    options: ['reason', 'no-wait'],
    words: { min: 1, max: CVES_MAX, what: 'a CVE' },
    run: async (task) => {
      const ids = await addUrgentCves(task.store.database, task.words, {
        asker: askerOf(task),
        now: task.store.clock().now,
      });
      const followed = await follow(task);
      return { json: { ids }, text: `${ids.join(', ')}: urgent. ${followed}` };
    },
  }),
  urgentCommand('ask', {
    summary: 'Ask which servers have a CVE, lack a KB or hold a package, and keep the question',
    options: ['cve', 'kb', 'package', 'range', 'ecosystem', 'alias', 'reason', 'limit', 'no-wait'],
    words: { min: 0, max: 0, what: '' },
    run: async (task) => {
      const aliases = task.texts('alias');
      const asked = await askUrgent(
        task.store.database,
        {
          cve: task.text('cve'),
          kb: task.text('kb'),
          package: task.text('package'),
          range: task.text('range'),
          ecosystem: task.text('ecosystem'),
          aliases: aliases.length === 0 ? undefined : aliases,
        },
        { asker: askerOf(task), limit: limitOf(task), clock: task.store.clock() },
      );
      // The answer does not wait for the findings.
      if (!task.flag('json')) task.io.out(`${shownText(asked)}\n`);
      return { json: asked, text: await follow(task) };
    },
  }),
  urgentCommand('list', {
    summary: 'List what is urgent',
    options: ['all'],
    words: { min: 0, max: 0, what: '' },
    run: async ({ store, projectId, flag }) => {
      const scope = { projectId, enterpriseProjects: 'all' } as const;
      const listed = await listUrgent(store.database, { scope, all: flag('all') });
      const { items, matchingInProgress } = listed;
      const rows = items.map((item) => [
        item.id,
        item.state,
        item.state === 'open' ? String(item.serversTotal) : '',
        item.askedBy,
        shownTime(item.askedAt),
        shownTime(item.lastMatchAt ?? undefined),
        item.retiredInto.join(', '),
        item.reason,
      ]);
      const header = [
        'id',
        'state',
        'open on servers',
        'asked by',
        'asked',
        'last match',
        'retired into',
        'reason',
      ];
      return {
        json: listed,
        text: [
          ...(items.length === 0 ? ['Nothing is urgent.'] : alignedTable(header, rows)),
          ...(matchingInProgress
            ? ['Matching in progress: not all servers have followed yet, so more may have a finding.']
            : []),
        ].join('\n'),
      };
    },
  }),
  urgentCommand('show', {
    summary: 'Show one urgent item with its servers and its history',
    options: ['limit'],
    words: { min: 1, max: 1, what: 'the id of an urgent item' },
    run: async (task) => {
      const scope = { projectId: task.projectId, enterpriseProjects: 'all' } as const;
      const request = { scope, id: task.words[0] ?? '', limit: limitOf(task), clock: task.store.clock() };
      const shown = await showUrgent(task.store.database, request);
      return { json: shown, text: shownText(shown) };
    },
  }),
  urgentCommand('remove', {
    summary: 'Close an urgent item',
    options: ['reason', 'no-wait'],
    words: { min: 1, max: 1, what: 'the id of an urgent item' },
    run: async (task) => {
      const [id = ''] = task.words;
      await removeUrgent(task.store.database, id, { asker: askerOf(task), now: task.store.clock().now });
      const closed = `${id}: closed. What the known-exploited catalogue names stays urgent.`;
      return { json: { id }, text: `${closed} ${await follow(task)}` };
    },
  }),
];

function askerOf({ projectId, text }: Task) {
  return { projectId, actor: 'command line', reason: text('reason') ?? '' };
}

function limitOf({ text }: Task): number {
  return numberOption('--limit', text('limit'), { min: 0, max: ANSWER_SERVERS_MAX, default: SERVERS_SHOWN });
}

async function follow({ store, io, flag }: Task): Promise<string> {
  return followedText(await followImport(store, io, { noWait: flag('no-wait') }));
}

function shownText(shown: ShownUrgent): string {
  const { id, state, answer, history, retiredInto } = shown;
  const { serversTotal, asked, servers, packagesTotal, official, notCovered } = answer;
  const rows = servers.flatMap((server) =>
    server.packages.map((pkg, at) => [
      at === 0 ? server.name : '',
      at === 0 ? server.id : '',
      `${pkg.name} ${pkg.version} (${pkg.ecosystem})`,
      pkg.fixedVersion ?? 'no fix known',
      (pkg.paths ?? []).join(', '),
    ]),
  );
  const more = serversTotal - servers.length;
  return [
    `${id}: ${state}; ${clockText(shown)}`,
    ...catalogueLines(shown),
    `${counted(serversTotal, 'server holds', 'servers hold')} ${counted(packagesTotal, 'affected package')}, of ${asked.total} asked.`,
    ...(asked.unknown === 0
      ? []
      : [
          `${counted(asked.unknown, 'server')} of those asked ${asked.unknown === 1 ? 'is' : 'are'} unknown: nothing found there does not mean safe.`,
        ]),
    ...(official.length === 0 ? [] : [`Records in force: ${official.join(', ')}.`]),
    ...(retiredInto.length === 0 ? [] : [`Retired into ${retiredInto.join(', ')}.`]),
    ...(rows.length === 0
      ? []
      : ['', ...alignedTable(['server', 'id', 'package', 'fixed in', 'where'], rows)]),
    ...(more > 0 ? [`${counted(more, 'more server is', 'more servers are')} not named (--limit).`] : []),
    '',
    'Not covered by this answer:',
    ...notCovered.map((sentence) => `  ${sentence}`),
    '',
    ...history.map(
      ({ at, kind, actor, reason }) =>
        `${shownTime(at)}  ${kind} by ${actor}${reason === '' ? '' : `: ${reason}`}`,
    ),
  ]
    .map(printable)
    .join('\n');
}

/** Since when there are findings of it. Their first moment is noted for those that opened while the item was. */
function clockText({ firstMatchAt, lastMatchAt, openFindings, answer }: ShownUrgent): string {
  const open = openFindings === 0 ? 'none open now' : `open on ${counted(openFindings, 'server')}`;
  if (firstMatchAt !== null)
    return `first match ${shownTime(firstMatchAt)}, last ${shownTime(lastMatchAt ?? undefined)}, ${open}`;
  if (openFindings > 0) return `${open}, all since before it was asked`;
  return answer.serversTotal > 0 ? 'no finding of it has opened yet' : 'nothing matched yet';
}

function catalogueLines({ catalogue }: ShownUrgent): readonly string[] {
  if (catalogue === null) return [];
  const since = shownTime(catalogue.addedAt);
  return [`In the catalogue of known-exploited vulnerabilities since ${since}: ${catalogue.name}.`];
}
