import type { Queryable } from '../database.ts';

/** The fingerprint of the secret key this database was made with; undefined where none has been used yet. */
export async function findSecretKeyFingerprint(database: Queryable): Promise<Buffer | undefined> {
  const [row] = await database.query<{ readonly fingerprint: Buffer }>(
    'SELECT fingerprint FROM secret_key_fingerprint',
  );
  return row?.fingerprint;
}
