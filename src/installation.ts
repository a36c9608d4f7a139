/**
 * What a service and a command on the same installation have in common: its clock, its secret key, its first user. Apart from
 * the service, so that a command does not read the programs of one: half of the time that it takes to start.
 */
import type { Config } from './config.ts';
import { bootstrapIdentity, type FirstStart } from './identity/bootstrap.ts';
import { prepareSecretKey, type SecretKey } from './identity/secret-key.ts';
import type { CoverageClock } from './jobs/refresh-unknown.ts';
import { findDataFolder } from './store/data-folder.ts';
import type { Database } from './store/database.ts';
import { bootstrapExclusively } from './store/identity/bootstrap-exclusively.ts';
import { claimSecretKey } from './store/identity/claim-secret-key.ts';
import { findSecretKeyFingerprint } from './store/identity/find-secret-key-fingerprint.ts';

/** The clock by which coverage is judged: the real one, with the settings of `config`. */
export function coverageClock(
  config: Pick<Config, 'feedStaleDays' | 'serverSilentDays'>,
): () => CoverageClock {
  return () => ({
    now: Date.now(),
    staleDays: config.feedStaleDays,
    silentDays: config.serverSilentDays,
  });
}

/** The key that seals secrets in this database: see identity/secret-key.ts. */
export async function secretKeyOf(
  config: Pick<Config, 'secretKeyFile' | 'dataDir' | 'dataDirIsDefault' | 'databaseUrl'>,
  database: Database,
): Promise<SecretKey> {
  return await prepareSecretKey(
    { file: config.secretKeyFile, dataDir: findDataFolder(config).path },
    {
      findFingerprint: () => findSecretKeyFingerprint(database),
      claim: (fingerprint) => claimSecretKey(database, fingerprint),
    },
  );
}

/** Makes domain, administrator and first project where there are none. */
export async function firstStartOf(
  config: Pick<Config, 'adminPassword' | 'projectName'>,
  database: Database,
): Promise<FirstStart | undefined> {
  return await bootstrapIdentity(bootstrapExclusively(database), {
    password: config.adminPassword,
    projectName: config.projectName,
    now: Date.now(),
  });
}
