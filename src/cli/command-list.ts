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
