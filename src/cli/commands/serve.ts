import { createLog } from '../../log.ts';
import { startParapet } from '../../main.ts';
import { loadFeedsMeasuredAt } from '../../store/advisories/feeds-measured-at.ts';
import { type Command, JSON_OPTION, readArguments } from '../command.ts';
import { feedsMeasuredText } from '../feeds-measured.ts';

/** `parapet serve`: the service, until it is told to stop. */
export const serve: Command = {
  name: 'serve',
  summary: 'Run the service',
  help: `Usage: parapet serve [--json]

Runs the service until it gets SIGTERM or SIGINT: then it finishes what is in flight and ends with exit code 0.
Without DATABASE_URL it runs a private PostgreSQL in its data folder.

Settings come from parapet.json in the working folder (or the file that PARAPET_CONFIG names) and from the environment,
which wins. The most used: PARAPET_HOST (127.0.0.1), PARAPET_PORT (8080), PARAPET_DATA_DIR (./data), DATABASE_URL,
PARAPET_ADMIN_PASSWORD. All of them: docs/config.md.

  --json   print the ready line as JSON: {"url":…,"project_id":…}
`,
  run: async (args, io) => {
    const { flag } = readArguments(args, {
      command: 'serve',
      options: JSON_OPTION,
      positionals: { min: 0, max: 0, what: '' },
    });
    const config = io.config();
    const parapet = await startParapet(config, { log: createLog(config.logLevel) });
    const { firstStart } = parapet;
    const snapshotAt = await loadFeedsMeasuredAt(parapet.database);
    if (snapshotAt !== undefined) io.err(`${feedsMeasuredText(snapshotAt)}\n`);
    if (flag('json')) {
      io.out(`${JSON.stringify({ url: parapet.url, project_id: firstStart?.projectId })}\n`);
    } else {
      io.out(`parapet listening on ${parapet.url}\n`);
    }
    if (firstStart !== undefined) {
      io.err(
        `First start: domain parapet, user admin, project ${config.projectName} (${firstStart.projectId}).\n`,
      );
      if (firstStart.generatedPassword !== undefined) {
        io.err(`Password of admin, shown only this once: ${firstStart.generatedPassword}\n`);
      }
    }
    await new Promise<void>((resolve) =>
      io.signal.addEventListener('abort', () => resolve(), { once: true }),
    );
    await parapet.close();
    return 0;
  },
};
