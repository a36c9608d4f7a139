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
    name: 'advisories update',
    summary: 'Fetch feeds from their publishers and import what changed',
    load: async () => (await import('./commands/advisories-update.ts')).advisoriesUpdate,
  },
  {
    name: 'advisories export',
    summary: 'Write the advisories in force to one signed file',
    load: async () => (await import('./commands/advisories-export.ts')).advisoriesExport,
  },
  {
    name: 'advisories feeds',
    summary: 'List the feeds that Parapet can fetch',
    load: async () => (await import('./commands/advisories-feeds.ts')).advisoriesFeeds,
  },
  {
    name: 'advisories status',
    summary: 'Show the feeds in force and what they cover',
    load: async () => (await import('./commands/advisories-status.ts')).advisoriesStatus,
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
    'urgent',
    {
      add: 'Put CVEs on the list of what is urgent',
      ask: 'Ask which servers have a CVE, lack a KB or hold a package, and keep the question',
      list: 'List what is urgent',
      show: 'Show one urgent item with its servers and its history',
      remove: 'Close an urgent item',
    },
    async () => (await import('./commands/urgent.ts')).urgentCommands,
  ),
  ...family(
    'group',
    {
      list: 'List server groups',
      create: 'Make a server group',
      rename: 'Rename a server group',
      remove: 'Remove a server group',
    },
    async () => (await import('./commands/group.ts')).groupCommands,
  ),
  ...family(
    'project',
    {
      list: 'List projects',
      create: 'Make a project',
      set: 'Change the settings of a project',
    },
    async () => (await import('./commands/project.ts')).projectCommands,
  ),
  ...family(
    'enterprise-project',
    {
      list: 'List enterprise projects',
      create: 'Make an enterprise project',
    },
    async () => (await import('./commands/project.ts')).enterpriseProjectCommands,
  ),
  ...family(
    'user',
    {
      list: 'List users and their rights',
      create: 'Make a user',
      'set-password': 'Give a user a new password',
      enable: 'Let a user log in again',
      disable: 'Keep a user from logging in',
      remove: 'Remove a user with tokens and keys',
      grant: 'Give a user a right',
      revoke: 'Take a right from a user',
    },
    async () => (await import('./commands/user.ts')).userCommands,
  ),
  ...family(
    'key',
    {
      list: 'List the access keys of a user',
      create: 'Make an access key; its secret is shown once',
      remove: 'Remove an access key',
    },
    async () => (await import('./commands/key.ts')).keyCommands,
  ),
  ...family(
    'enrolment-token',
    {
      list: 'List enrolment tokens',
      create: 'Make an enrolment token; it is shown once',
      remove: 'Remove an enrolment token; enrolled servers stay',
    },
    async () => (await import('./commands/enrolment-token.ts')).enrolmentTokenCommands,
  ),
  {
    name: 'backup',
    summary: 'Write everything in the database to one file',
    load: async () => (await import('./commands/backup.ts')).backup,
  },
  {
    name: 'restore',
    summary: 'Make the database what a backup says',
    load: async () => (await import('./commands/restore.ts')).restore,
  },
  {
    name: 'doctor',
    summary: 'Say what is wrong with the installation, and what to do',
    load: async () => (await import('./commands/doctor.ts')).doctor,
  },
  {
    name: 'scan',
    summary: 'Check one machine and exit',
    load: async () => (await import('./commands/scan.ts')).scan,
  },
  {
    name: 'explain',
    summary: 'Say why a machine or a server has a vulnerability, or why not',
    load: async () => (await import('./commands/explain.ts')).explain,
  },
  {
    name: 'compare',
    summary: "Compare another scanner's report with what Parapet says of the same server",
    load: async () => (await import('./commands/compare.ts')).compare,
  },
];

/** The verbs of one noun, which one file carries out, each with its one line. */
function family(
  noun: string,
  verbs: Readonly<Record<string, string>>,
  load: () => Promise<readonly Command[]>,
): readonly CommandEntry[] {
  return Object.entries(verbs).map(([verb, summary]) => ({
    name: `${noun} ${verb}`,
    summary,
    load: async () => {
      const command = (await load()).find((one) => one.name === `${noun} ${verb}`);
      if (command === undefined) throw new Error(`there is no command ${noun} ${verb}`);
      return command;
    },
  }));
}
