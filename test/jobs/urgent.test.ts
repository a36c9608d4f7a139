/** What is urgent: asked, answered, matched in reports to come, retired into the publisher's record, removed; and its scope. */
import { describe, expect, it } from 'vitest';
import type { InstalledPackage } from '../../src/inventory/package.ts';
import { systemOf } from '../../src/inventory/system.ts';
import { acceptInventory } from '../../src/jobs/accept-inventory.ts';
import {
  addUrgentCves,
  askUrgent,
  listUrgent,
  removeUrgent,
  showUrgent,
  type UrgentRequest,
} from '../../src/jobs/ask-urgent.ts';
import { explainFinding } from '../../src/jobs/explain-finding.ts';
import { followAdvisories } from '../../src/jobs/follow-advisories.ts';
import { importAdvisories } from '../../src/jobs/import-advisories.ts';
import type { FleetScope } from '../../src/store/fleet/server-ids-in-scope.ts';
import { showServer } from '../../src/store/fleet/show-server.ts';
import { testDatabase } from '../database.ts';
import {
  advisoryItem,
  clockAt,
  installed,
  itemsOf,
  PROJECT,
  SYSTEMD,
  serverOf,
  T0,
} from './fleet-fixture.ts';

const { database } = await testDatabase();
const scope = { projectId: PROJECT, enterpriseProjects: 'all' } as const;
const asker = { projectId: PROJECT, actor: 'ana', reason: 'it is in the news' };
const follow = () => followAdvisories(database, { now: () => T0 });
const SYSTEMD_OLD = installed({ ecosystem: 'debian:10', name: 'systemd', version: '241-7~deb10u8' });
await importAdvisories(database, () => itemsOf(advisoryItem(SYSTEMD)), { now: T0 });

function log4j(name: string, version: string): InstalledPackage {
  return installed({
    ecosystem: 'Maven',
    name: `org.example.${name}:${name}`,
    version,
    paths: [`/srv/${name}.jar`],
  });
}

async function server(
  name: string,
  packages: readonly InstalledPackage[],
  more: Parameters<typeof serverOf>[2] = {},
): Promise<string> {
  return (await acceptInventory(database, serverOf(name, packages, more), clockAt(0))).serverId;
}

async function findingsOf(serverId: string): Promise<readonly string[]> {
  const shown = await showServer(database, scope, serverId);
  return shown?.findings.map(({ id, status, priority }) => `${id} ${status} ${priority}`) ?? [];
}

const ask = (request: UrgentRequest, limit = 100) =>
  askUrgent(database, request, { asker, limit, clock: clockAt(0) });

describe('a question by package and range', () => {
  it('is answered over all inventories: exact count, bounded list, packages with their places and comparison', async () => {
    await server('a-1', [log4j('one', '2.14.1')]);
    await server('a-2', [log4j('one', '2.14.1'), log4j('one', '2.15.0')]);
    await server('a-3', [log4j('one', '2.17.1')]);
    const asked = await ask({ package: 'one', range: '>=2.0 <2.17.1', ecosystem: 'Maven' }, 1);
    expect(asked).toMatchObject({
      kind: 'package',
      state: 'open',
      askedBy: 'ana',
      reason: 'it is in the news',
      answer: { serversTotal: 2, packagesTotal: 2, official: [] },
      history: [{ kind: 'asked', actor: 'ana' }],
    });
    expect(asked.id).toMatch(/^URGENT-one-[0-9a-f]{8}$/);
    expect(asked.answer.servers).toMatchObject([
      {
        name: 'a-1',
        packages: [
          {
            name: 'org.example.one:one',
            version: '2.14.1',
            comparison: '2.14.1 is in >=2.0 <2.17.1 (maven)',
            fixedVersion: '2.17.1',
            paths: ['/srv/one.jar'],
          },
        ],
      },
    ]);
  });

  it('becomes a Critical finding on servers that hold it, and on those that report later, with its clock', async () => {
    const before = await server('b-1', [log4j('two', '2.14.1')]);
    const { id } = await ask({ package: 'two', range: '<2.17.1' });
    expect(await findingsOf(before)).toEqual([]);
    await follow();
    expect(await findingsOf(before)).toEqual([`${id} vul_status_unfix Critical`]);
    const later = await acceptInventory(database, serverOf('b-2', [log4j('two', '2.13.0')]), clockAt(1));
    expect(await findingsOf(later.serverId)).toEqual([`${id} vul_status_unfix Critical`]);
    const shown = await showUrgent(database, { scope, id, limit: 10, clock: clockAt(1) });
    expect(shown).toMatchObject({
      firstMatchAt: T0,
      lastMatchAt: clockAt(1).now,
      answer: { serversTotal: 2 },
    });
    const explained = await explainFinding(database, { scope, serverId: before, about: id }, clockAt(0));
    expect(explained).toMatchObject({
      verdict: 'open',
      findings: [{ urgent: [{ source: 'operator', askedBy: 'ana', range: '<2.17.1' }] }],
      packages: [{ raises_finding: true, records: [{ comparison: '2.14.1 is in <2.17.1 (maven)' }] }],
    });
    await acceptInventory(database, serverOf('b-1', [log4j('two', '2.17.1')]), clockAt(2));
    expect(await findingsOf(before)).toEqual([`${id} vul_status_fixed Critical`]);
  });

  it('misses no report that was on its way while it was asked, nor an import', async () => {
    const late = { ...SYSTEMD, id: 'DLA-3-3', cves: ['CVE-2023-33333'], name: 'three-other' };
    const [servers, asked] = await Promise.all([
      Promise.all(Array.from({ length: 12 }, (_, at) => server(`c-${at}`, [log4j('three', `2.${at}`)]))),
      ask({ package: 'three', range: '<2.17.1' }),
      importAdvisories(database, () => itemsOf(advisoryItem(late)), { now: T0 }),
    ]);
    await follow();
    for (const id of servers) expect(await findingsOf(id)).toEqual([`${asked.id} vul_status_unfix Critical`]);
  });

  it('retires into the record that bears an alias for such a package, and the ordinary finding takes its place', async () => {
    const id = await server('d-1', [log4j('four', '2.14.1')]);
    const asked = await ask({ package: 'four', range: '<2.17.1', aliases: ['CVE-2021-44228'] });
    await follow();
    const record = (name: string, number: string, cve: string) =>
      advisoryItem({
        id: `GHSA-${number}`,
        cves: [cve],
        ecosystem: 'Maven',
        name,
        fixed: '2.17.1',
        word: 'critical',
      });
    const bring = async (item: ReturnType<typeof record>) => {
      await importAdvisories(database, () => itemsOf(item), { now: T0 + 1 });
      await follow();
      return (await showUrgent(database, { scope, id: asked.id, limit: 0, clock: clockAt(0) })).state;
    };
    expect(await bring(record('org.example.four:four-api', '1', 'CVE-2021-44228'))).toBe('open');
    expect(await bring(record('org.example.four:four', '2', 'CVE-2021-99999'))).toBe('open');
    expect(await bring(record('org.example.four:four', '3', 'CVE-2021-44228'))).toBe('retired');
    expect(await showUrgent(database, { scope, id: asked.id, limit: 0, clock: clockAt(0) })).toMatchObject({
      retiredInto: ['HCVD-APP-CVE-2021-44228'],
      history: [
        { kind: 'retired', actor: 'advisories', reason: 'GHSA-3 of osv names it' },
        { kind: 'asked' },
      ],
    });
    expect(await findingsOf(id)).toContain('HCVD-APP-CVE-2021-44228 vul_status_unfix Critical');
    expect((await findingsOf(id)).join()).not.toContain(asked.id);
  });

  it('asked again is the same item; removed, its findings go, and its history stays', async () => {
    const id = await server('e-1', [log4j('five', '1')]);
    const request = { package: 'five', range: '*' };
    const first = await ask(request);
    const again = await ask(request);
    expect(again).toMatchObject({ id: first.id, history: [{ kind: 'asked' }, { kind: 'asked' }] });
    await follow();
    await removeUrgent(database, first.id, { asker: { ...asker, actor: 'bo' }, now: T0 + 5 });
    await follow();
    expect(await findingsOf(id)).toEqual([]);
    const { items: all } = await listUrgent(database, { scope, all: true });
    expect(all.find((item) => item.id === first.id)).toMatchObject({ state: 'removed', stateSince: T0 + 5 });
    const { items: open } = await listUrgent(database, { scope, all: false });
    expect(open.map((item) => item.id)).not.toContain(first.id);
    await expect(removeUrgent(database, first.id, { asker, now: T0 })).rejects.toMatchObject({
      code: 'urgent-unknown',
    });
  });

  it('is listed with how many servers in scope have it open, of all items at once, and says when some are to follow', async () => {
    await server('i-1', [log4j('nine', '1'), log4j('ten', '1')]);
    await server('i-2', [log4j('nine', '1'), log4j('ten', '2')]);
    await server('i-3', [log4j('nine', '1')], { settings: { enterpriseProjectId: 'pay' } });
    await server('i-4', [log4j('nine', '1')], { settings: { edition: 'hss.version.null' } });
    const nine = await ask({ package: 'nine', range: '<2' });
    const ten = await ask({ package: 'ten', range: '<2' });
    const listed = async (enterpriseProjects: FleetScope['enterpriseProjects']) => {
      const request = { scope: { ...scope, enterpriseProjects }, all: false };
      const { items, matchingInProgress } = await listUrgent(database, request);
      const counts = [nine, ten].map(({ id }) => items.find((item) => item.id === id)?.serversTotal);
      return { counts, matchingInProgress };
    };
    expect(await listed('all')).toEqual({ counts: [0, 0], matchingInProgress: true });
    await follow();
    expect(await listed('all')).toEqual({ counts: [3, 1], matchingInProgress: false });
    expect(await listed(['pay'])).toMatchObject({ counts: [1, 0] });
    await server('i-1', [log4j('nine', '2'), log4j('ten', '1')]);
    expect(await listed('all')).toMatchObject({ counts: [2, 1] });
    for (const { id } of [nine, ten]) await removeUrgent(database, id, { asker, now: T0 });
    await follow();
  });

  it('says of how many servers asked it is unknown: no current feed covers their system, or they are silent', async () => {
    const settings = { enterpriseProjectId: 'far' };
    const euler = systemOf('euleros', '2.0SP9');
    const old = clockAt(-8);
    for (const name of ['j-1', 'j-2'])
      await server(name, [log4j('eleven', '1')], { system: euler, settings });
    await server('j-3', [SYSTEMD_OLD], { settings });
    await acceptInventory(database, serverOf('j-4', [SYSTEMD_OLD], { settings }), old);
    await acceptInventory(database, serverOf('j-5', [], { system: euler, settings }), old);
    const far = { projectId: PROJECT, enterpriseProjects: ['far'] } as const;
    const shown = async (request: UrgentRequest) => {
      const { id } = await ask(request);
      const { answer } = await showUrgent(database, { scope: far, id, limit: 0, clock: clockAt(0) });
      await removeUrgent(database, id, { asker, now: T0 });
      return answer;
    };
    const byCve = await shown({ cve: 'CVE-2023-88888' });
    expect(byCve).toMatchObject({
      serversTotal: 0,
      asked: {
        total: 5,
        unknown: 4,
        uncovered: 3,
        silent: 2,
        uncoveredSystems: [{ system: 'euleros:2.0SP9', status: 'unknown', servers: 3 }],
      },
    });
    expect(byCve.notCovered).toContain(
      '3 of 5 servers asked run a system that no current feed covers (euleros:2.0SP9: 3): that nothing was found there does not mean that nothing is there.',
    );
    const byPackage = await shown({ package: 'eleven', range: '<2' });
    expect(byPackage).toMatchObject({ serversTotal: 2, asked: { total: 5, unknown: 4 } });
    expect(byPackage.notCovered.join(' ')).toContain('no record will say what their vendor mended');
    // Only servers of the system that is named are asked.
    expect(await shown({ package: 'systemd', range: '<1', ecosystem: 'debian' })).toMatchObject({
      asked: { total: 2, unknown: 1, uncovered: 0, uncoveredSystems: [] },
    });
    expect((await shown({ package: 'x', range: '<1', ecosystem: 'alpine:3.19' })).notCovered).toContain(
      'No server of alpine:3.19 has reported an inventory.',
    );
    expect((await shown({ kb: 'KB5034441' })).notCovered).toContain(
      'No server of Windows has reported an inventory.',
    );
  });

  it('says what it does not cover', async () => {
    const unknown = await ask({ package: 'log4jcore', range: '<2' });
    expect(unknown.answer.notCovered).toContain(
      'No inventory names a package log4jcore: is it spelled as there?',
    );
    await server('f-1', [installed({ ecosystem: 'Hex', name: 'six', version: '1.0' })]);
    const hex = await ask({ package: 'six', range: '<2' });
    expect(hex.answer).toMatchObject({ serversTotal: 0 });
    expect(hex.answer.notCovered.join(' ')).toContain(
      '1 package of that name was not compared, such as six 1.0 of Hex: how Hex orders versions is not known.',
    );
    await server('f-2', [SYSTEMD_OLD]);
    const silent = await askUrgent(
      database,
      { package: 'systemd', range: '<242', ecosystem: 'debian' },
      { asker, limit: 1, clock: clockAt(9) },
    );
    expect(silent.answer.notCovered.join(' ')).toMatch(/\d+ servers were last heard of more than 7 days ago/);
    expect(silent.answer.notCovered.join(' ')).toContain('Versions alone were compared');
    await removeUrgent(database, silent.id, { asker, now: T0 });
  });

  it.each([
    [{}, 'question: ask for one of'],
    [{ cve: 'CVE-2021-44228', kb: 'KB5034441' }, 'question: ask for one of'],
    [{ cve: 'log4shell' }, 'cve: must be a CVE'],
    [{ kb: 'fix' }, 'kb: must be the number'],
    [{ cve: 'CVE-2021-44228', range: '<1' }, 'range: goes with a package'],
    [{ package: 'x' }, 'range: is empty'],
    [{ package: 'x', range: '>=3 <2', ecosystem: 'Maven' }, 'range: begins with 3'],
    [{ package: 'x', range: '>=2 <1' }, 'range: begins with 2'],
    [{ package: 'x', range: '>=2 <2' }, 'range: holds no version'],
    [{ package: 'x', range: '<1', ecosystem: 'Cobol' }, 'ecosystem: "Cobol" is none that is known'],
    [{ package: 'x', range: '<1', aliases: [''] }, 'aliases: may be'],
  ])('refuses %j', async (request, problem) => {
    await expect(ask(request)).rejects.toThrow(problem);
  });
});

describe("the operator's own list", () => {
  it('makes a CVE urgent beside the ordinary finding, and takes that back', async () => {
    const id = await server('g-1', [SYSTEMD_OLD]);
    const ordinary = 'DLA-3377-1 vul_status_unfix High';
    expect(await findingsOf(id)).toEqual([ordinary]);
    expect(await addUrgentCves(database, ['cve-2023-26604'], { asker, now: T0 })).toEqual([
      'URGENT-CVE-2023-26604',
    ]);
    await follow();
    expect(await findingsOf(id)).toEqual([ordinary, 'URGENT-CVE-2023-26604 vul_status_unfix Critical']);
    const explained = await explainFinding(
      database,
      { scope, serverId: id, about: 'URGENT-CVE-2023-26604' },
      clockAt(0),
    );
    expect(explained.findings[0]?.urgent).toMatchObject([
      { source: 'operator', reason: 'it is in the news' },
    ]);
    await removeUrgent(database, 'URGENT-CVE-2023-26604', { asker, now: T0 });
    await follow();
    expect(await findingsOf(id)).toEqual([ordinary]);
    const after = await explainFinding(
      database,
      { scope, serverId: id, about: 'URGENT-CVE-2023-26604' },
      clockAt(0),
    );
    expect(after).toMatchObject({
      verdict: 'not-affected',
      sentence: expect.stringContaining('calls it urgent'),
    });
  });

  it('takes a CVE that no record names yet, says so, and raises it with the record', async () => {
    const id = await server('h-1', [installed({ ecosystem: 'debian:10', name: 'seven', version: '1' })]);
    const asked = await ask({ cve: 'CVE-2023-77777' });
    expect(asked.answer).toMatchObject({ serversTotal: 0, official: [] });
    expect(asked.answer.notCovered.join(' ')).toContain('No record in force names CVE-2023-77777');
    const record = { ...SYSTEMD, id: 'DLA-7777-1', cves: ['CVE-2023-77777'], name: 'seven', fixed: '2' };
    await importAdvisories(database, () => itemsOf(advisoryItem(record)), { now: T0 });
    await follow();
    expect(await findingsOf(id)).toEqual([
      'DLA-7777-1 vul_status_unfix High',
      'URGENT-CVE-2023-77777 vul_status_unfix Critical',
    ]);
    expect(await showUrgent(database, { scope, id: asked.id, limit: 5, clock: clockAt(0) })).toMatchObject({
      state: 'open',
      answer: { serversTotal: 1, official: ['DLA-7777-1'] },
    });
  });

  it('is of one project: another sees neither items nor findings of it', async () => {
    const other = 'q'.repeat(32);
    const inventory = { ...serverOf('o-1', [SYSTEMD_OLD]), projectId: other };
    const { serverId } = await acceptInventory(database, inventory, clockAt(0));
    await addUrgentCves(database, ['CVE-2023-26604'], { asker, now: T0 });
    await follow();
    const elsewhere = { projectId: other, enterpriseProjects: 'all' } as const;
    expect(await listUrgent(database, { scope: elsewhere, all: true })).toMatchObject({ items: [] });
    const shown = await showServer(database, elsewhere, serverId);
    expect(shown?.findings.map((one) => one.id)).toEqual(['DLA-3377-1']);
  });
});
