import { CONFIG_FIELDS, CONFIG_FILE_NAME, CONFIG_FILE_VARIABLE, type ConfigField } from '../../src/config.ts';

const INTRODUCTION = `# Configuration

Every setting is read once, when a command starts, from a JSON file and from environment variables; a variable wins over
the file. The file is \`${CONFIG_FILE_NAME}\` in the working folder, or the one that \`--config FILE\` or \`${CONFIG_FILE_VARIABLE}\` names:

\`\`\`json
{ "host": "0.0.0.0", "port": 8080, "dataDir": "/var/lib/parapet" }
\`\`\`

- A value that breaks its limit, an unknown key and an unknown \`PARAPET_…\` variable stop the start with a sentence that
  names them. An empty variable counts as not given.
- A relative path starts from the working folder where a variable gives it, and from the file's folder where the file does.
- The value of a secret is never shown, not in errors and not in logs.

This page is made from the table in \`src/config.ts\` by \`npm run docs\`, and a test compares the two.

## All settings
`;

/** The text of `docs/config.md`. */
export function configPage(): string {
  const entries = Object.entries<ConfigField<unknown>>(CONFIG_FIELDS);
  const sections = entries.map(([key, field]) => {
    const facts = [
      `- key in the file: \`${key}\``,
      `- default: ${field.default === undefined ? 'none' : `\`${field.default}\``}`,
      `- allowed: ${field.limit}`,
      ...(field.secret === true ? ['- secret'] : []),
    ];
    return `### \`${field.variable}\`\n\n${field.meaning}\n\n${facts.join('\n')}\n`;
  });
  return `${INTRODUCTION}\n${sections.join('\n')}`;
}
