/** Every command with its one line, in the order of the overview. The command itself is loaded when it is asked for. */
import type { Command } from './command.ts';

export interface CommandEntry {
  readonly name: string;
  readonly summary: string;
  readonly load: () => Promise<Command>;
}

export const COMMANDS: readonly CommandEntry[] = [
  {
    name: 'serve',
    summary: 'Run the service',
    load: async () => (await import('./commands/serve.ts')).serve,
  },
  {
    name: 'demo',
    summary: 'Run the service with real advisories and a sample fleet, offline',
    load: async () => (await import('./commands/demo.ts')).demo,
  },
  {
    name: 'advisories import',
    summary: 'Import advisory files',
    load: async () => (await import('./commands/advisories-import.ts')).advisoriesImport,
  },
  {
    name: 'inventory import',
    summary: 'Import inventories from files',
    load: async () => (await import('./commands/inventory-import.ts')).inventoryImport,
  },
  {
    name: 'server list',
    summary: 'List servers, worst first',
    load: async () => (await import('./commands/server-list.ts')).serverList,
  },
  {
    name: 'server show',
    summary: 'Show one server and its findings',
    load: async () => (await import('./commands/server-show.ts')).serverShow,
  },
  {
    name: 'server set',
    summary: 'Change the settings of a server',
    load: async () => (await import('./commands/server-set.ts')).serverSet,
  },
  {
    name: 'server remove',
    summary: 'Remove a server with its decisions and history',
    load: async () => (await import('./commands/server-remove.ts')).serverRemove,
  },
  ...family(
    'group',
    ['list', 'create', 'rename', 'remove'],
    'server groups',
    async () => (await import('./commands/group.ts')).groupCommands,
  ),
  {
    name: 'scan',
    summary: 'Check one machine and exit',
    load: async () => (await import('./commands/scan.ts')).scan,
  },
  {
    name: 'explain',
    summary: 'Say why a machine has a vulnerability, or why not',
    load: async () => (await import('./commands/explain.ts')).explain,
  },
];

/** The verbs of one noun, which one file carries out. */
function family(
  noun: string,
  verbs: readonly string[],
  what: string,
  load: () => Promise<readonly Command[]>,
): readonly CommandEntry[] {
  return verbs.map((verb) => ({
    name: `${noun} ${verb}`,
    summary: `${verb[0]?.toUpperCase() ?? ''}${verb.slice(1).replaceAll('-', ' ')}: ${what}`,
    load: async () => {
      const command = (await load()).find((one) => one.name === `${noun} ${verb}`);
      if (command === undefined) throw new Error(`there is no command ${noun} ${verb}`);
      return command;
    },
  }));
}
