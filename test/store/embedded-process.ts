/**
 * A process that opens the private PostgreSQL as `parapet` does, for tests that need several processes, other users or a
 * kill. Its argument is `{"config", "role", "settings"}` in JSON. It prints one line of JSON, `{"connectionString"}` or
 * `{"error": {"code", "message"}}`, and leaves when its input ends.
 */
import { AppError } from '../../src/errors.ts';
import { openEmbedded } from '../../src/store/embedded.ts';

const { config, role, settings } = JSON.parse(process.argv[2] ?? '');
try {
  const postgres = await openEmbedded(config, role, settings);
  process.stdout.write(`${JSON.stringify({ connectionString: postgres.connectionString })}\n`);
  process.stdin.resume();
  process.stdin.once('end', () => void postgres.close());
} catch (error) {
  const code = error instanceof AppError ? error.code : 'unexpected';
  const message = error instanceof Error ? error.message : String(error);
  process.stdout.write(`${JSON.stringify({ error: { code, message } })}\n`);
  process.exitCode = 1;
}
