import { counted } from '../../counted.ts';
import { checkEnterpriseProjectId, checkIdentityName, checkProjectName } from '../../identity/names.ts';
import { newId } from '../../identity/token.ts';
import { setIncludeUnfixed } from '../../jobs/set-include-unfixed.ts';
import { includesUnfixed } from '../../store/fleet/project-setting.ts';
import { createEnterpriseProject } from '../../store/identity/create-enterprise-project.ts';
import { createProject } from '../../store/identity/create-project.ts';
import { listEnterpriseProjects } from '../../store/identity/list-enterprise-projects.ts';
import { listProjects } from '../../store/identity/list-projects.ts';
import { checkedWord } from '../checked-word.ts';
import { usage } from '../command.ts';
import { wordOption } from '../server-options.ts';
import { alignedTable } from '../table.ts';
import { verbCommands } from '../verb-command.ts';
import { chooseProject } from '../with-store.ts';

/** `parapet project list|create|set`: projects. */
export const projectCommands = verbCommands({
  noun: 'project',
  help: `Usage: parapet project list
       parapet project create NAME
       parapet project set ID|NAME --include-unfixed on|off

A project holds servers; clients find it by its name, which is also the name of its region.

  --include-unfixed   on: findings without a known fix are listed and counted too (off unless set)
  --json              the result as JSON

Examples:
  parapet project create eu-de
  parapet project set eu-de --include-unfixed on
`,
  options: { 'include-unfixed': { type: 'string' } },
  verbs: {
    list: {
      summary: 'List projects',
      words: { count: 0, what: '' },
      run: async ({ store }) => {
        const projects = await listProjects(store.database, store.domainId);
        const json = await Promise.all(
          projects.map(async ({ id, name, enabled }) => {
            return { id, name, enabled, include_unfixed: await includesUnfixed(store.database, id) };
          }),
        );
        const rows = json.map((one) => [one.name, one.id, one.include_unfixed ? 'included' : 'left out']);
        return { json, text: alignedTable(['name', 'id', 'findings without a fix'], rows).join('\n') };
      },
    },
    create: {
      summary: 'Make a project',
      words: { count: 1, what: 'the name of the new project' },
      run: async ({ store, words: [name = ''] }) => {
        checkedWord(() => checkProjectName('the name', name));
        const project = { id: newId(), domainId: store.domainId, name, createdAt: store.clock().now };
        await createProject(store.database, project);
        return { json: { id: project.id, name }, text: `${name} (${project.id}): made` };
      },
    },
    set: {
      summary: 'Change the settings of a project',
      words: { count: 1, what: 'the project' },
      run: async ({ store, given, words: [wanted = ''] }) => {
        const word = wordOption('--include-unfixed', given.text('include-unfixed'), ['on', 'off']);
        if (word === undefined) throw usage('project set', 'nothing to set was given');
        const project = await chooseProject(store, wanted);
        const servers = await setIncludeUnfixed(store.database, {
          projectId: project.id,
          includeUnfixed: word === 'on',
          now: () => store.clock().now,
        });
        return {
          json: { id: project.id, include_unfixed: word === 'on', servers },
          text: `${project.name}: findings without a fix are ${word === 'on' ? 'listed' : 'left out'} (${counted(servers, 'server')})`,
        };
      },
    },
  },
});

/** `parapet enterprise-project list|create`: enterprise projects, which every project of the domain shares. */
export const enterpriseProjectCommands = verbCommands({
  noun: 'enterprise-project',
  help: `Usage: parapet enterprise-project list
       parapet enterprise-project create NAME [--id ID]

An enterprise project groups servers for rights; it is shared by all projects. 0 is the default one and always there.

  --id ID   1 to 64 letters, digits, _ and -; without it one is made
  --json    the result as JSON

Examples:
  parapet enterprise-project create payments
`,
  options: { id: { type: 'string' } },
  verbs: {
    list: {
      summary: 'List enterprise projects',
      words: { count: 0, what: '' },
      run: async ({ store }) => {
        const all = await listEnterpriseProjects(store.database, store.domainId);
        const json = all.map(({ id, name, enabled }) => ({ id, name, enabled }));
        return {
          json,
          text: alignedTable(
            ['name', 'id'],
            json.map((one) => [one.name, one.id]),
          ).join('\n'),
        };
      },
    },
    create: {
      summary: 'Make an enterprise project',
      words: { count: 1, what: 'the name of the new enterprise project' },
      run: async ({ store, given, words: [name = ''] }) => {
        checkedWord(() => checkIdentityName('the name', name));
        const id = given.text('id') ?? newId();
        checkedWord(() => checkEnterpriseProjectId('--id', id));
        const createdAt = store.clock().now;
        await createEnterpriseProject(store.database, { domainId: store.domainId, id, name, createdAt });
        return { json: { id, name }, text: `${name} (${id}): made` };
      },
    },
  },
});
