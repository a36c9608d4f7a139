import { addressesProblem } from '../../inventory/server-texts.ts';
import { changeServer } from '../../jobs/change-server.ts';
import type { ServerChange } from '../../store/fleet/set-server.ts';
import { chooseServer } from '../choose-server.ts';
import { type Command, JSON_OPTION, readArguments, usage, writeResult } from '../command.ts';
import {
  enterpriseProjectId,
  givenSettings,
  groupIdFor,
  SERVER_OPTIONS,
  SERVER_OPTIONS_HELP,
  textOption,
} from '../server-options.ts';
import { chooseProject, PROJECT_HELP, PROJECT_OPTION, withStore } from '../with-store.ts';

const OPTIONS = {
  ...JSON_OPTION,
  ...PROJECT_OPTION,
  ...SERVER_OPTIONS,
  name: { type: 'string' },
  'private-ip': { type: 'string' },
  'no-group': { type: 'boolean' },
} as const;

/** `parapet server set`: what a person says of a server, kept against later reports. */
export const serverSet: Command = {
  name: 'server set',
  summary: 'Change the settings of a server',
  help: `Usage: parapet server set ID|NAME OPTIONS [--json]

Sets what is given and leaves the rest. A name or address set here is kept when later reports say otherwise.

  --name NAME                    1 to 64 characters
  --private-ip ADDRESSES         joined by commas
  --no-group                     out of its group
${SERVER_OPTIONS_HELP}
${PROJECT_HELP}

Examples:
  parapet server set web-01 --asset-value important --group edge
`,
  run: async (args, io) => {
    const given = readArguments(args, {
      command: 'server set',
      options: OPTIONS,
      positionals: { min: 1, max: 1, what: 'the id or name of a server' },
    });
    const { enterpriseProject, group, ...settings } = givenSettings(given);
    const noGroup = given.flag('no-group');
    if (noGroup && group !== undefined)
      throw usage('server set', '--group and --no-group exclude each other');
    const texts = {
      name: textOption('--name', given.text('name'), { min: 1, max: 64 }),
      privateIp: textOption(
        '--private-ip',
        given.text('private-ip'),
        { min: 0, max: 4_096 },
        addressesProblem,
      ),
    };
    const all = [...Object.values(settings), ...Object.values(texts), enterpriseProject, group];
    if (!noGroup && all.every((value) => value === undefined))
      throw usage('server set', 'nothing to set was given');
    return await withStore(io, async (store) => {
      const project = await chooseProject(store, given.text('project'));
      const server = await chooseServer(store, project.id, given.positionals[0] ?? '');
      const change: ServerChange = {
        ...settings,
        ...texts,
        enterpriseProjectId: await enterpriseProjectId(store, enterpriseProject),
        groupId: noGroup ? null : await groupIdFor(store, project.id, group),
      };
      await changeServer(store.database, {
        scope: { projectId: project.id, enterpriseProjects: 'all' },
        serverId: server.id,
        change,
        actor: 'command line',
        now: store.clock().now,
      });
      writeResult(io, given.flag('json'), {
        json: { id: server.id },
        text: `${server.name} (${server.id}): changed`,
      });
      return 0;
    });
  },
};
