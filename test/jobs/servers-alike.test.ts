/** Servers that are alike are assessed at once: what each of them then has is what it would have alone. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Finding } from '../../src/findings/finding.ts';
import { acceptInventory } from '../../src/jobs/accept-inventory.ts';
import { assessServers } from '../../src/jobs/assess-servers.ts';
import { decideFindings } from '../../src/jobs/decide-findings.ts';
import { followAdvisories } from '../../src/jobs/follow-advisories.ts';
import { importAdvisories } from '../../src/jobs/import-advisories.ts';
import {
  FINDING_SET_COLUMNS,
  type FindingsRow,
  findingsOf,
} from '../../src/store/findings/load-assessable.ts';
import { pruneSets } from '../../src/store/fleet/prune-sets.ts';
import { testDatabase } from '../database.ts';
import { advisoryItem, clockAt, installed, itemsOf, PROJECT, SYSTEMD, serverOf } from './fleet-fixture.ts';

const { database } = await testDatabase();
const NAMES = ['web-1', 'web-2', 'web-3', 'web-4'];
const VERSIONS = ['241-7~deb10u1', '241-7~deb10u9'];
const PACKAGES = ['systemd', 'curl', 'bash'];

type Step =
  | { readonly kind: 'report'; readonly server: number; readonly version: number; readonly packages: number }
  | { readonly kind: 'advisory'; readonly of: number; readonly fixed: number; readonly word: number }
  | { readonly kind: 'ignore'; readonly server: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    kind: fc.constant('report' as const),
    server: fc.nat({ max: NAMES.length - 1 }),
    version: fc.nat({ max: 1 }),
    packages: fc.integer({ min: 1, max: PACKAGES.length }),
  }),
  fc.record({
    kind: fc.constant('advisory' as const),
    of: fc.nat({ max: PACKAGES.length - 1 }),
    fixed: fc.nat({ max: 2 }),
    word: fc.nat({ max: 1 }),
  }),
  fc.record({ kind: fc.constant('ignore' as const), server: fc.nat({ max: NAMES.length - 1 }) }),
);

let day = 0;

async function ids(): Promise<ReadonlyMap<string, string>> {
  const rows = await database.query<{ name: string; id: string }>(`SELECT name, id FROM server`);
  return new Map(rows.map((row) => [row.name, row.id]));
}

async function carryOut(one: Step): Promise<void> {
  day += 1 / 24;
  const clock = clockAt(day);
  if (one.kind === 'report') {
    const packages = PACKAGES.slice(0, one.packages).map((name) =>
      installed({ ecosystem: 'debian:10', name, version: VERSIONS[one.version] ?? '' }),
    );
    await acceptInventory(database, serverOf(NAMES[one.server] ?? '', packages), clock);
    return;
  }
  if (one.kind === 'ignore') {
    const serverId = (await ids()).get(NAMES[one.server] ?? '');
    if (serverId === undefined) return;
    await decideFindings(database, {
      projectId: PROJECT,
      enterpriseProjects: 'all',
      operation: 'ignore',
      remark: 'test',
      decidedBy: 'tester',
      type: undefined,
      selection: [{ serverId, vulnerabilityIds: 'all', isNamed: false }],
      now: clock.now,
    });
    return;
  }
  const facts = {
    ...SYSTEMD,
    id: `DSA-${one.of}`,
    cves: [`CVE-2023-100${one.of}`],
    name: PACKAGES[one.of] ?? '',
    fixed: ['241-7~deb10u1', '241-7~deb10u5', '241-7~deb10u9'][one.fixed] ?? '',
    word: one.word === 0 ? 'high' : 'low',
    modified: clock.now,
  } as const;
  await importAdvisories(database, () => itemsOf(advisoryItem(facts)), clock);
  await followAdvisories(database, { now: () => clock.now });
}

async function held(): Promise<ReadonlyMap<string, readonly Finding[]>> {
  const rows = await database.query<FindingsRow & { id: string }>(
    `SELECT s.id, s.finding_since AS since, s.finding_dates AS dates, ${FINDING_SET_COLUMNS}
     FROM server s LEFT JOIN finding_set f ON f.project_id = s.project_id AND f.id = s.finding_set`,
  );
  return new Map(rows.map((row) => [row.id, findingsOf(row)]));
}

/** What the history says of a finding that is there: when it came, and when its status last changed. */
async function expectHistoryToAgree(findings: ReadonlyMap<string, readonly Finding[]>): Promise<void> {
  const events = await database.query<{ server_id: string; vulnerability: number; at: number }>(
    `SELECT server_id, vulnerability, at FROM finding_event ORDER BY id`,
  );
  for (const [serverId, list] of findings) {
    for (const { vulnerability, statusSince } of list) {
      const own = events.filter((e) => e.server_id === serverId && e.vulnerability === vulnerability);
      expect(own.at(-1)?.at).toBe(statusSince);
    }
  }
}

it('has the same findings, moments and priorities as each assessed by itself, after any course of things', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 4, maxLength: 14 }), async (steps) => {
      await database.query(
        `TRUNCATE server, decision, finding_event, package, package_set, finding_set, advisory, advisory_affected,
           advisory_vulnerability, vulnerability, feed, feed_coverage RESTART IDENTITY`,
      );
      for (const one of steps) await carryOut(one);
      const findings = await held();
      await expectHistoryToAgree(findings);
      // Assessed again one by one nothing changes; neither does what nobody uses when it is removed.
      for (const serverId of findings.keys()) {
        const written = await database.transaction((tx) =>
          assessServers(tx, {
            projectId: PROJECT,
            servers: { serverIds: [serverId] },
            cause: 'advisories',
            actor: 'advisories',
            remark: '',
            now: clockAt(day).now,
          }),
        );
        expect(written).toBe(0);
      }
      await pruneSets(database, clockAt(day + 3).now);
      expect(await held()).toEqual(findings);
      const [sets] = await database.query<{ unused: number }>(
        `SELECT count(*) AS unused FROM finding_set f WHERE NOT EXISTS (SELECT FROM server s WHERE s.finding_set = f.id)`,
      );
      expect(sets?.unused).toBe(0);
    }),
    { numRuns: 20 },
  );
});
