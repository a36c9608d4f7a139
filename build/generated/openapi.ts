import { readFileSync } from 'node:fs';
import { createAuthenticator } from '../../src/api/authenticate.ts';
import { allEndpoints } from '../../src/api/endpoints.ts';
import { healthEndpoints } from '../../src/api/health.ts';
import { openApiDocument } from '../../src/api/openapi.ts';
import { secretKeyOf } from '../../src/identity/secret-key.ts';
import { openDatabase } from '../../src/store/database.ts';
import { openIdentityStore } from '../../src/store/identity/open-identity-store.ts';
import { vulnerabilityDictionary } from '../../src/store/vulnerability-dictionary.ts';

/** Nothing listens there: endpoints are only asked what they declare, and a database connects when it is first used. */
const NO_DATABASE = 'postgresql://127.0.0.1:1/none';

/** The text of `docs/openapi.json`: every endpoint that `parapet serve` answers, wired as it wires them. */
export async function openApiText(): Promise<string> {
  const database = openDatabase({ connectionString: NO_DATABASE, connectionsMax: 2 });
  try {
    const identity = openIdentityStore(database);
    const secretKey = secretKeyOf(Buffer.alloc(32));
    const now = () => 0;
    const authenticator = createAuthenticator({ identity, openSecretKey: secretKey.open, now });
    const clock = () => ({ now: 0, staleDays: 1, silentDays: 1 });
    const publicUrl = () => '';
    const endpoints = allEndpoints({
      database,
      identity,
      authenticator,
      secretKey,
      clock,
      publicUrl,
      publicUrlIsConfigured: true,
      vulnerabilities: vulnerabilityDictionary(database),
      answerFromMemory: () => undefined,
      metrics: { token: undefined, text: async () => '', contentType: '' },
      countReport: () => undefined,
      batchFailed: () => undefined,
    });
    const { version, description } = packageDescription();
    const info = { title: 'Parapet', version, description };
    return `${JSON.stringify(openApiDocument([...healthEndpoints([]), ...endpoints], info), undefined, 2)}\n`;
  } finally {
    await database.close();
  }
}

function packageDescription(): { readonly version: string; readonly description: string } {
  const description: unknown = JSON.parse(
    readFileSync(new URL('../../package.json', import.meta.url), 'utf8'),
  );
  if (typeof description !== 'object' || description === null) throw new Error('package.json is no object');
  const fields = new Map<string, unknown>(Object.entries(description));
  return { version: String(fields.get('version')), description: String(fields.get('description')) };
}
