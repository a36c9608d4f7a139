import { COMMANDS, type CommandEntry } from '../../src/cli/command-list.ts';

const INTRODUCTION = `# Commands

In a clone, after \`npm ci\`: \`npx parapet COMMAND\`. \`parapet COMMAND --help\` says what stands here.

Every command

- works whether or not a service runs on the data folder, and finds its settings as the service does ([config.md](config.md));
- takes \`--json\`: one JSON value on standard output, names in snake_case, moments in ISO 8601 (UTC). Without it, times are in
  the time zone of whoever reads them (\`TZ\`);
- writes results to standard output, and progress, hints and problems to standard error;
- ends with 0 only where it did all that it was asked; 1: something failed, in words ([errors.md](errors.md)); 2: it was called
  in a wrong way; 3: \`scan --fail-on\` was reached.

A running service notices within five seconds what a command changed of users, rights and keys; everything else at once.

This page is made from the commands themselves by \`npm run docs\`, and a test compares them.
`;

/** The text of `docs/commands.md`: the overview, then the help of every command; a family of verbs has one. */
export async function commandsPage(): Promise<string> {
  const width = Math.max(...COMMANDS.map(({ name }) => name.length));
  const overview = COMMANDS.map(({ name, summary }) => `${name.padEnd(width)}  ${summary}`);
  const sections: string[] = [];
  const seen = new Set<string>();
  for (const entry of COMMANDS) {
    const { help } = await entry.load();
    if (seen.has(help)) continue;
    seen.add(help);
    sections.push(`## ${await titleOf(entry, help)}\n\n${fenced(help)}`);
  }
  return `${INTRODUCTION}\n${fenced(`${overview.join('\n')}\n`)}\n${sections.join('\n')}`;
}

/** The command's name, or the noun of the verbs that share a help. */
async function titleOf({ name }: CommandEntry, help: string): Promise<string> {
  const [noun = name] = name.split(' ');
  const family = COMMANDS.filter((entry) => entry.name.startsWith(`${noun} `));
  const helps = await Promise.all(family.map(async (entry) => (await entry.load()).help));
  return helps.filter((one) => one === help).length > 1 ? noun : name;
}

function fenced(text: string): string {
  return `\`\`\`text\n${text}\`\`\`\n`;
}
