/** Whole reports that are written together: of each comes what would have come of it alone. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hashSecret } from '../../src/identity/token.ts';
import type { InstalledPackage } from '../../src/inventory/package.ts';
import { acceptInventory } from '../../src/jobs/accept-inventory.ts';
import { type AgentReport, REPORTS_TOGETHER_MAX, reportsTogether } from '../../src/jobs/accept-reports.ts';
import { decideFindings } from '../../src/jobs/decide-findings.ts';
import { followAdvisories } from '../../src/jobs/follow-advisories.ts';
import { importAdvisories } from '../../src/jobs/import-advisories.ts';
import { KnownMatches } from '../../src/jobs/known-matches.ts';
import { shareAdvisorySet } from '../../src/store/advisories/lock-advisory-set.ts';
import { saveAgentCredential } from '../../src/store/identity/save-agent-credential.ts';
import { testDatabase } from '../database.ts';
import {
  type AdvisoryFacts,
  advisoryItem,
  clockAt,
  installed,
  itemsOf,
  PROJECT,
  SYSTEMD,
  serverOf,
  T0,
  TOMCAT,
} from './fleet-fixture.ts';

const { database } = await testDatabase();
const OTHER_PROJECT = 'q'.repeat(32);
await database.query(
  `INSERT INTO domain (id, name, created_at) VALUES ('d', 'd', 0);
   INSERT INTO project (id, domain_id, name, created_at)
   VALUES ('${PROJECT}', 'd', 'p', 0), ('${OTHER_PROJECT}', 'd', 'q', 0)`,
);

async function importNow(...facts: readonly AdvisoryFacts[]): Promise<void> {
  await importAdvisories(database, () => itemsOf(...facts.map(advisoryItem)), { now: T0 });
}

const CURL: AdvisoryFacts = {
  ...SYSTEMD,
  id: 'DSA-5587-1',
  cves: ['CVE-2023-46218'],
  name: 'curl',
  fixed: '7.88.1-10',
};
await importNow(SYSTEMD, TOMCAT, CURL);
await followAdvisories(database, { now: () => T0 });

const debian = (name: string, version: string): InstalledPackage =>
  installed({ ecosystem: 'debian:10', name, version });
const OLD_SYSTEMD = debian('systemd', '241-7~deb10u8');
const PACKAGES: readonly InstalledPackage[] = [
  OLD_SYSTEMD,
  debian('systemd', '241-7~deb10u9'),
  debian('curl', '7.64.0-4'),
  debian('bash', '5.0-4'),
  installed({ ecosystem: 'Bitnami', name: 'tomcat', version: '9.0.90', paths: ['/opt/a', '/opt/b'] }),
];

let made = 0;

/** A new server whose agent has a credential; it reported `packages` at `T0`. */
async function enrolled(packages: readonly InstalledPackage[], projectId = PROJECT): Promise<string> {
  made += 1;
  const item = { ...serverOf(`server-${made}`, packages), projectId };
  const { serverId } = await acceptInventory(database, item, clockAt(0));
  const hash = hashSecret(`credential ${made}`);
  await saveAgentCredential(database, { projectId, serverId, hash, createdAt: T0 });
  return serverId;
}

function reportOf(
  serverId: string,
  packages: readonly InstalledPackage[],
  more: Partial<AgentReport> = {},
): AgentReport {
  const { inventory } = serverOf('', packages);
  const digest = packages.map(({ name, version }) => `${name} ${version}`).join();
  return { projectId: PROJECT, serverId, machineId: '', inventory, digest, ...more };
}

function together(days = 1, onFailure?: (cause: unknown, reports: number) => void) {
  const known = new KnownMatches();
  const clock = () => clockAt(days);
  return reportsTogether({ database, clock, known, ...(onFailure === undefined ? {} : { onFailure }) });
}

/** All that is stored of a server but its names, as text. */
async function storedOf(serverId: string): Promise<unknown> {
  const [row] = await database.query<{ stored: unknown }>(
    `SELECT jsonb_build_object(
       'row', to_jsonb(s) - '{id,identity,name,name_folded}'::text[],
       'events', (SELECT jsonb_agg(to_jsonb(e) - '{id,server_id}'::text[] ORDER BY e.at, e.vulnerability, e.id)
         FROM finding_event e WHERE e.server_id = s.id),
       'decisions', (SELECT jsonb_agg(to_jsonb(d) - 'server_id' ORDER BY d.vulnerability)
         FROM decision d WHERE d.server_id = s.id)) AS stored
     FROM server s WHERE s.id = $1`,
    [serverId],
  );
  return row?.stored;
}

async function scanTimesOf(serverIds: readonly string[]): Promise<readonly (number | undefined)[]> {
  const rows = await database.query<{ id: string; scan_time: number }>(
    'SELECT id, scan_time FROM server WHERE id = ANY ($1::text[])',
    [serverIds],
  );
  return serverIds.map((id) => rows.find((row) => row.id === id)?.scan_time);
}

const inventory = fc.subarray([...PACKAGES], { minLength: 1 });
const round = fc.record({
  packages: fc.array(inventory, { minLength: 4, maxLength: 4 }),
  /** Packages that nobody had before, on this server. */
  news: fc.array(fc.nat({ max: 3 }), { maxLength: 2 }),
  decided: fc.option(
    fc.tuple(fc.nat({ max: 3 }), fc.constantFrom('ignore' as const, 'manual_repair' as const)),
  ),
});

async function decide(serverIds: readonly string[], operation: 'ignore' | 'manual_repair'): Promise<void> {
  await decideFindings(database, {
    projectId: PROJECT,
    enterpriseProjects: 'all',
    operation,
    remark: '',
    decidedBy: 'ops',
    type: undefined,
    selection: serverIds.map((serverId) => ({ serverId, vulnerabilityIds: 'all', isNamed: false })),
    now: T0,
  });
}

describe('whole reports that arrive together', () => {
  it('come to what they come to one after the other', async () => {
    await fc.assert(
      fc.asyncProperty(inventory, fc.array(round, { minLength: 1, maxLength: 4 }), async (first, rounds) => {
        const alone: string[] = [];
        const gathered: string[] = [];
        for (let at = 0; at < 4; at += 1) {
          alone.push(await enrolled(first));
          gathered.push(await enrolled(first));
        }
        for (const [index, { packages, news, decided }] of rounds.entries()) {
          const days = index + 1;
          if (decided !== null)
            await decide([alone[decided[0]] ?? '', gathered[decided[0]] ?? ''], decided[1]);
          const lists = packages.map((own, at) => [
            ...own,
            ...(news.includes(at) ? [debian('systemd', `200-${made}.${index}.${at}`)] : []),
          ]);
          const accept = together(days);
          const reports = lists.map((own, at) => accept(reportOf(gathered[at] ?? '', own)));
          const accepted = await Promise.all(reports);
          expect(accepted).toEqual(
            lists.map((own, at) => ({ serverId: gathered[at], isNew: false, packages: own.length })),
          );
          for (const [at, own] of lists.entries()) {
            const { digest } = reportOf('', own);
            const [row] = await database.query<{ identity: string; name: string }>(
              'SELECT identity, name FROM server WHERE id = $1',
              [alone[at] ?? ''],
            );
            const { identity = '', name = '' } = row ?? {};
            await acceptInventory(database, { ...serverOf(name, own), identity, digest }, clockAt(days));
          }
          for (const [at, serverId] of gathered.entries())
            expect(await storedOf(serverId)).toEqual(await storedOf(alone[at] ?? ''));
        }
      }),
      { numRuns: 12 },
    );
  });

  it('of two projects are each told with their own packages', async () => {
    const own = await enrolled([OLD_SYSTEMD]);
    const others = [await enrolled([OLD_SYSTEMD]), await enrolled([OLD_SYSTEMD], OTHER_PROJECT)];
    const accept = together();
    const accepted = await Promise.all([
      accept(reportOf(own, PACKAGES)),
      accept(reportOf(others[0] ?? '', PACKAGES.slice(0, 2))),
      accept(reportOf(others[1] ?? '', PACKAGES.slice(0, 3), { projectId: OTHER_PROJECT })),
    ]);
    expect(accepted.map((one) => one?.packages)).toEqual([5, 2, 3]);
    const rows = await database.query<{ held: number }>(
      `SELECT (SELECT count(*) FROM package p WHERE p.project_id = s.project_id AND p.id = ANY (t.package_ids)) AS held
       FROM server s JOIN package_set t ON t.project_id = s.project_id AND t.id = s.package_set
       WHERE s.id = ANY ($1::text[]) ORDER BY array_position($1::text[], s.id)`,
      [[own, ...others]],
    );
    expect(rows.map((row) => row.held)).toEqual([5, 2, 3]);
  });

  it('are more than one batch where they are very many, and all accepted', async () => {
    const servers: string[] = [];
    for (let at = 0; at < REPORTS_TOGETHER_MAX + 2; at += 1) servers.push(await enrolled([OLD_SYSTEMD]));
    const accept = together();
    const accepted = await Promise.all(servers.map((id) => accept(reportOf(id, PACKAGES))));
    expect(accepted.map((one) => one?.serverId)).toEqual(servers);
  });

  it('see the advisories that come into force while they are written', async () => {
    const servers = [
      await enrolled([OLD_SYSTEMD]),
      await enrolled([OLD_SYSTEMD]),
      await enrolled([OLD_SYSTEMD]),
    ];
    const news = (at: number) => [OLD_SYSTEMD, debian('dino-im', `0.1.${at}-1`)];
    const waiting = async (count: number): Promise<void> => {
      for (let held = 0; held < count; ) {
        const [row] = await database.query<{ held: number }>(
          `SELECT count(*) AS held FROM pg_locks l JOIN pg_database d ON d.oid = l.database
           WHERE d.datname = current_database() AND l.locktype = 'advisory' AND NOT l.granted`,
        );
        held = row?.held ?? 0;
      }
    };
    const importing: Promise<void>[] = [];
    const accept = together();
    const accepting: Promise<unknown>[] = [];
    // The import waits for who shares the set, and the reports, which have read what was in force before, for the import.
    await database.transaction(async (tx) => {
      await shareAdvisorySet(tx);
      importing.push(
        importNow({ ...SYSTEMD, id: 'DSA-5379-1', cves: ['CVE-2023-28686'], name: 'dino-im', fixed: '0.2' }),
      );
      await waiting(1);
      accepting.push(...servers.map((id, at) => accept(reportOf(id, news(at)))));
      await waiting(2);
    });
    await Promise.all(importing);
    expect(await Promise.all(accepting)).toMatchObject(servers.map((serverId) => ({ serverId })));
    const rows = await database.query<{ ids: readonly string[] }>(
      `SELECT ARRAY(SELECT v.id FROM finding_set f JOIN vulnerability v ON v.number = ANY (f.vulnerability)
         WHERE f.project_id = s.project_id AND f.id = s.finding_set ORDER BY v.id) AS ids
       FROM server s WHERE s.id = ANY ($1::text[])`,
      [servers],
    );
    expect(rows.map((row) => row.ids)).toEqual(servers.map(() => ['DLA-3377-1', 'DSA-5379-1']));
  });
});

describe('a report that is to go alone changes nothing and costs the others nothing', () => {
  it('where its server is held by somebody', async () => {
    const [first, held, free] = [
      await enrolled([OLD_SYSTEMD]),
      await enrolled([OLD_SYSTEMD]),
      await enrolled([OLD_SYSTEMD]),
    ];
    const accept = together();
    await database.transaction(async (tx) => {
      await tx.query('SELECT FROM server WHERE id = $1 FOR UPDATE', [held]);
      const accepted = await Promise.all([first, held, free].map((id) => accept(reportOf(id, PACKAGES))));
      expect(accepted.map((one) => one?.serverId)).toEqual([first, undefined, free]);
    });
    expect(await scanTimesOf([first, held, free])).toEqual([clockAt(1).now, T0, clockAt(1).now]);
    expect(await accept(reportOf(held, PACKAGES))).toMatchObject({ serverId: held });
  });

  it('where its server stands in the batch already: the first of them is written', async () => {
    const [first, twice] = [await enrolled([OLD_SYSTEMD]), await enrolled([OLD_SYSTEMD])];
    const accept = together();
    const accepted = await Promise.all([
      accept(reportOf(first, PACKAGES)),
      accept(reportOf(twice, PACKAGES.slice(0, 2))),
      accept(reportOf(twice, PACKAGES.slice(0, 3))),
    ]);
    expect(accepted.map((one) => one?.packages)).toEqual([5, 2, undefined]);
    const [row] = await database.query<{ digest: string }>(
      'SELECT inventory_digest AS digest FROM server WHERE id = $1',
      [twice],
    );
    expect(row?.digest).toBe(reportOf('', PACKAGES.slice(0, 2)).digest);
  });

  it('where another machine reports, the credential is gone, or the server', async () => {
    const known = await enrolled([OLD_SYSTEMD]);
    const accept = together();
    expect(await accept(reportOf(known, PACKAGES, { machineId: 'one' }))).toBeDefined();
    expect(await accept(reportOf(known, PACKAGES, { machineId: 'another' }))).toBeUndefined();
    expect(await accept(reportOf(known, PACKAGES))).toBeDefined();
    await database.query('DELETE FROM agent_credential WHERE server_id = $1', [known]);
    expect(await accept(reportOf(known, PACKAGES))).toBeUndefined();
    expect(await accept(reportOf('gone', PACKAGES))).toBeUndefined();
  });

  it('where it is very large', async () => {
    const large = await enrolled([OLD_SYSTEMD]);
    const packages = Array.from({ length: 10_001 }, (_, at) => debian(`package-${at}`, '1'));
    expect(await together()(reportOf(large, packages))).toBeUndefined();
    expect(await scanTimesOf([large])).toEqual([T0]);
  });

  it('where the batch fails by one of them, which is told, and what is left goes on', async () => {
    const servers = [
      await enrolled([OLD_SYSTEMD]),
      await enrolled([OLD_SYSTEMD]),
      await enrolled([OLD_SYSTEMD]),
    ];
    const bad = servers[1] ?? '';
    await database.query(
      `CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'this one is bad'; END $$;
       CREATE TRIGGER refuse BEFORE UPDATE ON server FOR EACH ROW WHEN (OLD.id = '${bad}') EXECUTE FUNCTION refuse()`,
    );
    const failures: [cause: unknown, reports: number][] = [];
    const accept = together(1, (...failure) => failures.push(failure));
    const accepted = await Promise.all(servers.map((id) => accept(reportOf(id, PACKAGES))));
    expect(accepted.map((one) => one?.serverId)).toEqual([servers[0], undefined, undefined]);
    expect(failures).toEqual([[expect.objectContaining({ message: 'this one is bad' }), 2]]);
    expect(await scanTimesOf(servers)).toEqual([clockAt(1).now, T0, T0]);
    expect(await accept(reportOf(servers[2] ?? '', PACKAGES))).toBeDefined();
    await database.query('DROP TRIGGER refuse ON server');
    expect(await accept(reportOf(bad, PACKAGES))).toBeDefined();
  });
});
