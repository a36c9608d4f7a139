import type { Queryable } from '../database.ts';

/** Notes the fingerprint of the secret key if there is none yet; returns the one that counts. */
export async function claimSecretKey(database: Queryable, fingerprint: Buffer): Promise<Buffer> {
  await database.execute(
    'INSERT INTO secret_key_fingerprint (fingerprint) VALUES ($1) ON CONFLICT DO NOTHING',
    [fingerprint],
  );
  const [row] = await database.query<{ readonly fingerprint: Buffer }>(
    'SELECT fingerprint FROM secret_key_fingerprint',
  );
  return row?.fingerprint ?? fingerprint;
}
