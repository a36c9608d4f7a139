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
import { textOption } from '../server-options.ts';
import { alignedTable } from '../table.ts';
import { verbCommands } from '../verb-command.ts';
import { type CommandStore, chooseProject, PROJECT_HELP, PROJECT_OPTION } from '../with-store.ts';

/** `parapet group list|create|rename|remove`: server groups. */
export const groupCommands = verbCommands({
  noun: 'group',
  help: `Usage: parapet group list
       parapet group create NAME
       parapet group rename ID|NAME NEW-NAME
       parapet group remove ID|NAME

Server groups: names under which servers are filtered. A server is in one group or in none (parapet server set --group).
Removing a group leaves its servers in none.

${PROJECT_HELP}

Examples:
  parapet group create edge
  parapet group rename edge 'edge servers'
`,
  options: PROJECT_OPTION,
  verbs: {
    list: {
      summary: 'List server groups',
      words: { count: 0, what: '' },
      run: async ({ store, given }) => {
        const { id } = await chooseProject(store, given.text('project'));
        const groups = await listServerGroups(store.database, { projectId: id, enterpriseProjects: 'all' });
        return { json: groups, text: groups.length === 0 ? 'No groups.' : groupTable(groups) };
      },
    },
    create: {
      summary: 'Make a server group',
      words: { count: 1, what: 'the name of the new group' },
      run: async ({ store, given, words: [name = ''] }) => {
        checkName(name);
        const project = await chooseProject(store, given.text('project'));
        const id = randomUUID();
        await createServerGroup(store.database, { projectId: project.id, id, name });
        return { json: { id, name }, text: `${name} (${id}): made` };
      },
    },
    rename: {
      summary: 'Rename a server group',
      words: { count: 2, what: 'the group and its new name' },
      run: async ({ store, given, words: [wanted = '', name = ''] }) => {
        checkName(name);
        const project = await chooseProject(store, given.text('project'));
        const group = await chooseGroup(store, project.id, wanted);
        await renameServerGroup(store.database, { projectId: project.id, id: group.id, name });
        return { json: { id: group.id, name }, text: `${group.name} is now ${name}` };
      },
    },
    remove: {
      summary: 'Remove a server group',
      words: { count: 1, what: 'the group' },
      run: async ({ store, given, words: [wanted = ''] }) => {
        const project = await chooseProject(store, given.text('project'));
        const group = await chooseGroup(store, project.id, wanted);
        await store.database.transaction((tx) => removeServerGroup(tx, project.id, group.id));
        return { json: { id: group.id }, text: `${group.name}: removed` };
      },
    },
  },
});

function checkName(name: string): void {
  textOption('the name', name, { min: 1, max: GROUP_NAME_LENGTH_MAX_CHARS });
}

async function chooseGroup(store: CommandStore, projectId: string, wanted: string): Promise<ServerGroup> {
  const groups = await listServerGroups(store.database, { projectId, enterpriseProjects: 'all' });
  const found = groups.find((one) => one.id === wanted) ?? groups.find((one) => one.name === wanted);
  if (found === undefined) throw appError('group-unknown', { group: wanted });
  return found;
}

function groupTable(groups: readonly ServerGroup[]): string {
  const rows = groups.map((one) => [one.name, String(one.servers), one.id]);
  return alignedTable(['name', 'servers', 'id'], rows).join('\n');
}
