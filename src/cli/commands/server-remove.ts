import { removeServer } from '../../store/fleet/remove-server.ts';
import { chooseServer } from '../choose-server.ts';
import { type Command, JSON_OPTION, readArguments, writeResult } from '../command.ts';
import { chooseProject, PROJECT_HELP, PROJECT_OPTION, withStore } from '../with-store.ts';

/** `parapet server remove`: a server with everything that hangs on it. */
export const serverRemove: Command = {
  name: 'server remove',
  summary: 'Remove a server with its decisions and history',
  help: `Usage: parapet server remove ID|NAME [--json]

Removes a server with its findings, decisions and history, and revokes its agent's credential: an agent that still runs
there is refused until it is enrolled again.

${PROJECT_HELP}

Examples:
  parapet server remove web-01
`,
  run: async (args, io) => {
    const given = readArguments(args, {
      command: 'server remove',
      options: { ...JSON_OPTION, ...PROJECT_OPTION },
      positionals: { min: 1, max: 1, what: 'the id or name of a server' },
    });
    return await withStore(io, async (store) => {
      const project = await chooseProject(store, given.text('project'));
      const server = await chooseServer(store, project.id, given.positionals[0] ?? '');
      const scope = { projectId: project.id, enterpriseProjects: 'all' } as const;
      await store.database.transaction((tx) => removeServer(tx, scope, server.id));
      writeResult(io, given.flag('json'), {
        json: { id: server.id },
        text: `${server.name} (${server.id}): removed`,
      });
      return 0;
    });
  },
};
