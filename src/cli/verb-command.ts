/** Commands that are verbs of one noun (`group list`, `user create`): one help, one file, a small function a verb. */
import {
  type Command,
  type CommandIo,
  JSON_OPTION,
  type OptionSpec,
  type ReadArguments,
  readArguments,
  writeResult,
} from './command.ts';
import { type CommandStore, withStore } from './with-store.ts';

export interface VerbResult {
  readonly json: unknown;
  readonly text: string;
}

export interface Verb<K extends string> {
  readonly summary: string;
  /** What the words after the verb are, for the message where one is missing; their number. */
  readonly words: { readonly count: number; readonly what: string };
  readonly run: (task: {
    readonly store: CommandStore;
    readonly io: CommandIo;
    readonly words: readonly string[];
    readonly given: Pick<ReadArguments<K>, 'text' | 'flag'>;
  }) => Promise<VerbResult>;
}

/** Makes the commands `noun verb` of a family; every verb takes the family's options and `--json`. */
export function verbCommands<K extends string>(family: {
  readonly noun: string;
  readonly help: string;
  readonly options: Readonly<Record<K, OptionSpec>>;
  readonly verbs: Readonly<Record<string, Verb<K>>>;
}): readonly Command[] {
  return Object.entries(family.verbs).map(([name, verb]) => ({
    name: `${family.noun} ${name}`,
    summary: verb.summary,
    help: family.help,
    run: async (args, io) => {
      const { count, what } = verb.words;
      const given = readArguments<K | 'json'>(args, {
        command: `${family.noun} ${name}`,
        options: { ...family.options, ...JSON_OPTION } as Readonly<Record<K | 'json', OptionSpec>>,
        positionals: { min: count, max: count, what },
      });
      return await withStore(io, async (store) => {
        writeResult(io, given.flag('json'), await verb.run({ store, io, words: given.positionals, given }));
        return 0;
      });
    },
  }));
}
