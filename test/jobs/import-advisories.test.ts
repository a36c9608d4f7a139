import { describe, expect, it } from 'vitest';
import type { Advisory } from '../../src/advisories/advisory.ts';
import { isAppError } from '../../src/errors.ts';
import { importAdvisories } from '../../src/jobs/import-advisories.ts';
import { testDatabase } from '../database.ts';
import { advisoryItem, itemsOf, SYSTEMD, T0, TOMCAT, TOMCAT_EXPLOITED } from './fleet-fixture.ts';

const { database } = await testDatabase();
const now = { now: T0 };

async function revision(): Promise<number> {
  const [row] = await database.query<{ revision: number }>('SELECT revision FROM advisory_set');
  return row?.revision ?? -1;
}

async function heldIds(): Promise<readonly string[]> {
  const rows = await database.query<{ id: string }>('SELECT id FROM advisory ORDER BY id');
  return rows.map((row) => row.id);
}

describe('an import of advisories', () => {
  it('adds records, names what the API lists, and raises the revision by one', async () => {
    const summary = await importAdvisories(
      database,
      () =>
        itemsOf(
          advisoryItem(SYSTEMD),
          advisoryItem(TOMCAT),
          { kind: 'list', feed: 'known-exploited', publishedAt: T0 },
          TOMCAT_EXPLOITED,
          { kind: 'problem', where: 'x.json:3', problem: 'no id' },
        ),
      now,
    );
    expect(summary).toMatchObject({ revision: 1, used: 3, added: 2, changed: 0, removed: 0, skipped: 1 });
    expect(summary.problems).toEqual([{ where: 'x.json:3', problem: 'no id' }]);
    const listed = await database.query('SELECT type, id, known_exploited FROM vulnerability ORDER BY id');
    expect(listed).toEqual([
      { type: 'linux_vul', id: 'DLA-3377-1', known_exploited: false },
      { type: 'app_vul', id: 'HCVD-APP-CVE-2025-24813', known_exploited: true },
      { type: 'urgent_vul', id: 'URGENT-CVE-2025-24813', known_exploited: true },
    ]);
  });

  it('changes nothing when the same is imported again', async () => {
    const before = await revision();
    const summary = await importAdvisories(
      database,
      () => itemsOf(advisoryItem(SYSTEMD), advisoryItem(TOMCAT)),
      now,
    );
    expect(summary).toMatchObject({ used: 2, added: 0, changed: 0, removed: 0 });
    expect(await revision()).toBe(before);
  });

  it('lets what a record of a CVE alone says count for every vulnerability that names the CVE', async () => {
    const cve = 'CVE-2023-26604';
    const scored: Advisory = {
      id: cve,
      cves: [cve],
      aliases: [],
      summary: '',
      published: T0,
      modified: T0,
      severities: [{ type: 'CVSS_V3', vector: 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H' }],
      word: undefined,
      affected: [],
      url: '',
    };
    const cvss = async (): Promise<unknown> =>
      (await database.query(`SELECT cvss FROM vulnerability WHERE id = 'DLA-3377-1'`))[0];
    const summary = await importAdvisories(
      database,
      () => itemsOf({ kind: 'advisory', feed: 'cve', advisory: scored }),
      now,
    );
    expect(summary).toMatchObject({ used: 1, added: 1 });
    expect(await cvss()).toEqual({ cvss: 9.8 });
    await importAdvisories(
      database,
      () => itemsOf({ kind: 'withdrawn', feed: 'cve', id: cve, modified: undefined, reason: 'withdrawn' }),
      now,
    );
    expect(await cvss()).not.toEqual({ cvss: 9.8 });
  });

  it('never lets an older record win over a newer one', async () => {
    const older = { ...SYSTEMD, fixed: '1', modified: T0 - 100_000_000_000 };
    const summary = await importAdvisories(database, () => itemsOf(advisoryItem(older)), now);
    expect(summary).toMatchObject({ used: 1, changed: 0 });
  });

  it('takes the newer of two records with one id in one import', async () => {
    const newer = { ...SYSTEMD, fixed: '241-7~deb10u10', modified: T0 + 2 };
    const newest = { ...SYSTEMD, fixed: '241-7~deb10u11', modified: T0 + 3 };
    await importAdvisories(database, () => itemsOf(advisoryItem(newest), advisoryItem(newer)), now);
    const [row] = await database.query<{ entries: string }>(
      `SELECT entries FROM advisory_affected JOIN advisory ON number = advisory WHERE id = 'DLA-3377-1'`,
    );
    expect(row?.entries).toContain('deb10u11');
  });

  it('removes what was withdrawn, and only that', async () => {
    const withdrawn = {
      kind: 'withdrawn',
      feed: 'osv',
      id: 'DLA-3377-1',
      modified: T0 + 10,
      reason: 'withdrawn',
    } as const;
    const summary = await importAdvisories(database, () => itemsOf(withdrawn), now);
    expect(summary).toMatchObject({ removed: 1 });
    expect(await heldIds()).toEqual(['BIT-tomcat-2025-24813']);
  });

  it('replaces a whole list within its own feed and leaves other feeds alone', async () => {
    const list = { kind: 'list', feed: 'debian-dla', publishedAt: T0 } as const;
    const first = advisoryItem({ ...SYSTEMD, feed: 'debian-dla' });
    const second = advisoryItem({ ...SYSTEMD, id: 'DLA-3378-1', feed: 'debian-dla' });
    await importAdvisories(database, () => itemsOf(list, first, second), now);
    const summary = await importAdvisories(database, () => itemsOf(list, second), now);
    expect(summary).toMatchObject({ added: 0, removed: 1 });
    expect(await heldIds()).toEqual(['BIT-tomcat-2025-24813', 'DLA-3378-1']);
  });

  it('fails in words and changes nothing where nothing was usable', async () => {
    const before = await revision();
    const failure = await importAdvisories(
      database,
      () => itemsOf({ kind: 'problem', where: 'a.txt', problem: 'no advisory format Parapet reads' }),
      now,
    ).catch((error: unknown) => error);
    expect(isAppError(failure, 'import-nothing-usable') && failure.message).toContain(
      'a.txt: no advisory format',
    );
    expect(await revision()).toBe(before);
  });

  it('shows nothing of an import that breaks off', async () => {
    const before = await revision();
    async function* breaking() {
      yield advisoryItem({ ...SYSTEMD, id: 'DLA-1-1' });
      throw new Error('the disk went away');
    }
    await expect(importAdvisories(database, breaking, now)).rejects.toThrow('the disk went away');
    expect(await revision()).toBe(before);
    expect(await heldIds()).not.toContain('DLA-1-1');
  });

  it('rates an advisory without a score by what other records say of its CVEs, and follows when that changes', async () => {
    const cvssOf = async (id: string) =>
      (await database.query<{ cvss: number | null }>('SELECT cvss FROM vulnerability WHERE id = $1', [id]))[0]
        ?.cvss;
    const dsa = { ...SYSTEMD, id: 'DSA-1-1', cves: ['CVE-2024-0001', 'CVE-2024-0002'] };
    await importAdvisories(database, () => itemsOf(advisoryItem(dsa)), now);
    expect(await cvssOf('DSA-1-1')).toBeNull();
    const bitnami = { ...TOMCAT, id: 'BIT-x-1', cves: ['CVE-2024-0002'] };
    await importAdvisories(database, () => itemsOf(advisoryItem(bitnami)), now);
    expect(await cvssOf('DSA-1-1')).toBe(9.8);
    const withdrawn = {
      kind: 'withdrawn',
      feed: 'osv',
      id: 'BIT-x-1',
      modified: T0,
      reason: 'withdrawn',
    } as const;
    const lower = { ...bitnami, id: 'BIT-x-2', vector: 'CVSS:3.1/AV:L/AC:L/PR:L/UI:N/S:U/C:L/I:N/A:N' };
    await importAdvisories(database, () => itemsOf(withdrawn, advisoryItem(lower)), now);
    expect(await cvssOf('DSA-1-1')).toBe(3.3);
  });

  it('tells every vulnerability how its CVEs are exploited, also those that came before the lists', async () => {
    const dsa = { ...SYSTEMD, id: 'DSA-7-1', cves: ['CVE-2024-0701', 'CVE-2024-0702'] };
    const other = { ...TOMCAT, id: 'BIT-y-1', cves: ['CVE-2024-0703'] };
    const list = (feed: string) => ({ kind: 'list', feed, publishedAt: T0 }) as const;
    const entry = (cve: string) =>
      ({ kind: 'known-exploited', entry: { cve, name: 'x', addedAt: T0 } }) as const;
    const epss = (cve: string, probability: number) =>
      ({ kind: 'exploit-probability', cve, probability }) as const;
    const facts = () =>
      database.query(
        `SELECT id, known_exploited AS exploited, round(exploit_probability::numeric, 2)::float8 AS probability
         FROM vulnerability WHERE cves && '{CVE-2024-0701,CVE-2024-0702,CVE-2024-0703}' AND type <> 'urgent_vul' ORDER BY id`,
      );
    await importAdvisories(database, () => itemsOf(advisoryItem(dsa), advisoryItem(other)), now);
    await importAdvisories(
      database,
      () =>
        itemsOf(
          list('known-exploited'),
          entry('CVE-2024-0702'),
          list('epss'),
          epss('CVE-2024-0701', 0.25),
          epss('CVE-2024-0702', 0.5),
        ),
      now,
    );
    expect(await facts()).toEqual([
      { id: 'DSA-7-1', exploited: true, probability: 0.5 },
      { id: 'HCVD-APP-CVE-2024-0703', exploited: false, probability: null },
    ]);
    await importAdvisories(
      database,
      () =>
        itemsOf(list('known-exploited'), entry('CVE-2024-0703'), list('epss'), epss('CVE-2024-0701', 0.25)),
      now,
    );
    expect(await facts()).toEqual([
      { id: 'DSA-7-1', exploited: false, probability: 0.25 },
      { id: 'HCVD-APP-CVE-2024-0703', exploited: true, probability: null },
    ]);
  });

  it('keeps text that PostgreSQL cannot hold as replacement characters', async () => {
    const item = advisoryItem({ ...SYSTEMD, id: 'DLA-9-1', name: 'sys\0temd\ud800' });
    await importAdvisories(database, () => itemsOf(item), now);
    const rows = await database.query<{ name: string }>(
      `SELECT name FROM advisory_affected JOIN advisory ON number = advisory WHERE id = 'DLA-9-1'`,
    );
    expect(rows).toEqual([{ name: 'sys\ufffdtemd\ufffd' }]);
  });
});
