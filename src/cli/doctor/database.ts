/** What `parapet doctor` looks at in the database: schema, clock, key, feeds, servers, work that waits. */
import { counted } from '../../counted.ts';
import { isAppError } from '../../errors.ts';
import { prepareSecretKey } from '../../identity/secret-key.ts';
import { coverageRows, type ProjectCoverage } from '../../jobs/coverage-rows.ts';
import type { CoverageClock } from '../../jobs/refresh-unknown.ts';
import { loadFeedsMeasuredAt } from '../../store/advisories/feeds-measured-at.ts';
import { installedEcosystems } from '../../store/advisories/installed-ecosystems.ts';
import { listFeeds } from '../../store/advisories/list-feeds.ts';
import { loadFeedSources } from '../../store/advisories/load-feed-sources.ts';
import type { Database } from '../../store/database.ts';
import { findSecretKeyFingerprint } from '../../store/identity/find-secret-key-fingerprint.ts';
import { feedsMeasuredText } from '../feeds-measured.ts';
import { type Check, ok, warning, wrong } from './check.ts';
import { EXPLOITATION_FEEDS, exploitationCheck } from './exploitation.ts';
import { feedsCheck } from './feeds.ts';

/** Two clocks further apart than this make signed requests fail sooner than they should. */
const CLOCK_DIFFERENCE_MAX_MS = 30_000;
/** Systems and projects named one by one; the rest is counted. */
const NAMED_MAX = 10;

export interface StorePlace {
  readonly database: Database;
  readonly clock: () => CoverageClock;
  readonly secretKeyFile: string | undefined;
  readonly dataDir: string;
  /** The words of PARAPET_FEEDS. */
  readonly feeds: readonly string[] | undefined;
  readonly updateHours: number;
}

/** Every check of an opened store, in order. */
export async function checkStore(place: StorePlace): Promise<readonly Check[]> {
  return [
    await checkDatabase(place.database),
    await checkClock(place.database),
    await checkSecretKey(place),
    ...(await checkFleet(place)),
    await checkWaiting(place.database),
  ];
}

async function checkDatabase(database: Database): Promise<Check> {
  const [row] = await database.query<{ version: string; schema: number }>(
    `SELECT current_setting('server_version') AS version, (SELECT max(number) FROM schema_migration) AS schema`,
  );
  return ok(
    'database',
    `PostgreSQL ${row?.version ?? ''}, schema ${row?.schema ?? 0}, the one of this program.`,
  );
}

async function checkClock(database: Database): Promise<Check> {
  const before = Date.now();
  const [row] = await database.query<{ ms: number }>(
    `SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint AS ms`,
  );
  const now = (before + Date.now()) / 2;
  const [newest] = await database.query<{ at: number | null }>(`SELECT max(imported_at) AS at FROM feed`);
  const difference = Math.abs((row?.ms ?? now) - now);
  const advice = 'Set the clocks by a time service (NTP).';
  if (difference > CLOCK_DIFFERENCE_MAX_MS) {
    const seconds = Math.round(difference / 1000);
    return wrong(
      'clock',
      `The clocks of this machine and of the database differ by ${seconds} seconds.`,
      advice,
    );
  }
  if ((newest?.at ?? 0) > now + CLOCK_DIFFERENCE_MAX_MS) {
    return wrong('clock', 'The clock stands before the last import of advisories.', advice);
  }
  return ok(
    'clock',
    `${new Date(now).toISOString()}, within ${CLOCK_DIFFERENCE_MAX_MS / 1000} seconds of the database.`,
  );
}

/** Looks at the key without making one. */
async function checkSecretKey({ database, secretKeyFile, dataDir }: StorePlace): Promise<Check> {
  const fingerprint = await findSecretKeyFingerprint(database);
  if (fingerprint === undefined) return ok('secret key', 'Not made yet; the first use makes it.');
  try {
    await prepareSecretKey(
      { file: secretKeyFile, dataDir },
      { findFingerprint: async () => fingerprint, claim: async () => fingerprint },
    );
    return ok('secret key', 'The one that this database was made with.');
  } catch (error) {
    if (isAppError(error)) return wrong('secret key', error.message, '');
    throw error;
  }
}

async function checkFleet({
  database,
  clock,
  feeds: words,
  updateHours,
}: StorePlace): Promise<readonly Check[]> {
  const feeds = await listFeeds(database);
  const projects = await database.query<{ id: string }>('SELECT id FROM project ORDER BY id');
  const rows: ProjectCoverage['systems'][number][] = [];
  for (const { id } of projects)
    rows.push(
      ...(await coverageRows(database, { projectId: id, enterpriseProjects: 'all' }, clock())).systems,
    );
  const snapshotAt = await loadFeedsMeasuredAt(database);
  const { now, staleDays, silentDays } = clock();
  const exploitation = exploitationCheck(feeds, { measuredAt: snapshotAt ?? now, staleDays });
  const fetching = feedsCheck(await loadFeedSources(database), {
    words,
    installed: await installedEcosystems(database),
    updateHours,
    now,
  });
  return [
    advisoriesCheck(feeds.filter((feed) => !EXPLOITATION_FEEDS.includes(feed.name)).length, rows),
    ...(snapshotAt === undefined ? [] : [ok('age of feeds', feedsMeasuredText(snapshotAt))]),
    ...(exploitation === undefined ? [] : [exploitation]),
    ...(fetching === undefined ? [] : [fetching]),
    silentCheck(rows, silentDays),
  ];
}

function advisoriesCheck(feeds: number, rows: ProjectCoverage['systems']): Check {
  const name = 'advisories';
  const importThem =
    'Bring advisories for them: parapet advisories update, or parapet advisories import PATH… (parapet advisories status says more).';
  if (feeds === 0) {
    const finding = 'No advisories have been imported, so nothing is known of any server.';
    return rows.length === 0 ? warning(name, finding, importThem) : wrong(name, finding, importThem);
  }
  const uncovered = rows.filter((row) => row.status !== 'covered');
  if (uncovered.length === 0)
    return ok(name, `${counted(feeds, 'feed')}; every system that servers run is covered.`);
  const reasons = [...new Set(uncovered.map((row) => row.reason))];
  const left = reasons.length > NAMED_MAX ? ` And ${reasons.length - NAMED_MAX} more.` : '';
  const servers = uncovered.reduce((sum, row) => sum + row.servers, 0);
  return wrong(
    name,
    `${counted(servers, 'server is', 'servers are')} unknown where nothing was found. ${reasons.slice(0, NAMED_MAX).join(' ')}${left}`,
    importThem,
  );
}

function silentCheck(rows: ProjectCoverage['systems'], silentDays: number): Check {
  const servers = rows.reduce((sum, row) => sum + row.servers, 0);
  const silent = rows.reduce((sum, row) => sum + row.silentServers, 0);
  if (silent === 0) return ok('servers', `${servers} have reported, none is silent.`);
  return warning(
    'servers',
    `${silent} of ${counted(servers, 'server')} ${silent === 1 ? 'has' : 'have'} not reported for ${silentDays} days.`,
    'Look at their agents (parapet-agent status), import their inventories again, or remove those that are gone.',
  );
}

async function checkWaiting(database: Database): Promise<Check> {
  const [row] = await database.query<{ packages: number; steps: number }>(
    `SELECT (SELECT count(*) FROM rematch_package) AS packages, (SELECT count(*) FROM reassess) AS steps`,
  );
  const { packages, steps } = row ?? { packages: 0, steps: 0 };
  if (packages + steps === 0) return ok('matching', 'Every server has followed the last import.');
  return warning(
    'matching',
    `In progress: ${counted(packages, 'package')} and ${counted(steps, 'set')} of servers have yet to follow an import.`,
    'A running parapet serve goes on with it by itself.',
  );
}
