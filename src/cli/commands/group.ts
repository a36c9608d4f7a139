import { randomUUID } from 'node:crypto';
import { appError } from '../../errors.ts';
import {
  createServerGroup,
  GROUP_NAME_LENGTH_MAX_CHARS,
  listServerGroups,
  removeServerGroup,
  renameServerGroup,
  type ServerGroup,
} from '../../store/fleet/server-groups.ts';
import { type Command, JSON_OPTION, readArguments, writeResult } from '../command.ts';
import { textOption } from '../server-options.ts';
import { alignedTable } from '../table.ts';
import { type CommandStore, chooseProject, PROJECT_HELP, PROJECT_OPTION, withStore } from '../with-store.ts';

const OPTIONS = { ...JSON_OPTION, ...PROJECT_OPTION } as const;
const VERBS = ['list', 'create', 'rename', 'remove'] as const;
type Verb = (typeof VERBS)[number];

const WORDS: Readonly<Record<Verb, { readonly count: number; readonly what: string }>> = {
  list: { count: 0, what: '' },
  create: { count: 1, what: 'the name of the new group' },
  rename: { count: 2, what: 'the group and its new name' },
  remove: { count: 1, what: 'the group' },
};

const HELP = `Usage: parapet group list
       parapet group create NAME
       parapet group rename ID|NAME NEW-NAME
       parapet group remove ID|NAME

Server groups: names under which servers are filtered. A server is in one group or in none (parapet server set --group).
Removing a group leaves its servers in none.

${PROJECT_HELP}
`;

/** `parapet group list|create|rename|remove`: server groups. */
export const groupCommands: readonly Command[] = [
  groupCommand('list', 'List server groups'),
  groupCommand('create', 'Make a server group'),
  groupCommand('rename', 'Rename a server group'),
  groupCommand('remove', 'Remove a server group'),
];

function groupCommand(verb: Verb, summary: string): Command {
  const { count, what } = WORDS[verb];
  return {
    name: `group ${verb}`,
    summary,
    help: HELP,
    run: async (args, io) => {
      const given = readArguments(args, {
        command: `group ${verb}`,
        options: OPTIONS,
        positionals: { min: count, max: count, what },
      });
      const [first = '', second = ''] = given.positionals;
      const newName = verb === 'create' ? first : second;
      if (verb === 'create' || verb === 'rename') {
        textOption('the name', newName, { min: 1, max: GROUP_NAME_LENGTH_MAX_CHARS });
      }
      return await withStore(io, async (store) => {
        const project = await chooseProject(store, given.text('project'));
        const result = await doVerb(verb, { store, projectId: project.id, group: first, newName });
        writeResult(io, given.flag('json'), result);
        return 0;
      });
    },
  };
}

interface GroupTask {
  readonly store: CommandStore;
  readonly projectId: string;
  readonly group: string;
  readonly newName: string;
}

async function doVerb(verb: Verb, { store, projectId, group, newName }: GroupTask) {
  const { database } = store;
  if (verb === 'list') {
    const groups = await listServerGroups(database, projectId);
    return { json: groups, text: groups.length === 0 ? 'No groups.' : groupTable(groups) };
  }
  if (verb === 'create') {
    const id = randomUUID();
    await createServerGroup(database, { projectId, id, name: newName });
    return { json: { id, name: newName }, text: `${newName} (${id}): made` };
  }
  const found = (await listServerGroups(database, projectId)).find(
    (one) => one.id === group || one.name === group,
  );
  if (found === undefined) throw appError('group-unknown', { group });
  if (verb === 'rename') {
    await renameServerGroup(database, { projectId, id: found.id, name: newName });
    return { json: { id: found.id, name: newName }, text: `${found.name} is now ${newName}` };
  }
  await database.transaction((tx) => removeServerGroup(tx, projectId, found.id));
  return { json: { id: found.id }, text: `${found.name}: removed` };
}

function groupTable(groups: readonly ServerGroup[]): string {
  const rows = groups.map((one) => [one.name, String(one.servers), one.id]);
  return alignedTable(['name', 'servers', 'id'], rows).join('\n');
}
