/** Following an import to its end, also where another process has taken a part of the work. */
import { expect, it } from 'vitest';
import { acceptInventory } from '../../src/jobs/accept-inventory.ts';
import { followAdvisories, followToTheEnd, isFollowing } from '../../src/jobs/follow-advisories.ts';
import { importAdvisories } from '../../src/jobs/import-advisories.ts';
import { testDatabase } from '../database.ts';
import { advisoryItem, clockAt, installed, itemsOf, SYSTEMD, serverOf, TOMCAT } from './fleet-fixture.ts';

const { database } = await testDatabase();
const SYSTEMD_OLD = installed({ ecosystem: 'debian:10', name: 'systemd', version: '241-7~deb10u1' });

it('waits for work that another process has taken, and does it when that process dies', async () => {
  await acceptInventory(database, serverOf('web-01', [SYSTEMD_OLD]), clockAt(0));
  await importAdvisories(database, () => itemsOf(advisoryItem(SYSTEMD)), clockAt(0));
  let die: () => void = () => undefined;
  const died = new Promise<void>((resolve) => {
    die = resolve;
  });
  let hasTaken: () => void = () => undefined;
  const taken = new Promise<void>((resolve) => {
    hasTaken = resolve;
  });
  const other = database.transaction(async (tx) => {
    await tx.query('DELETE FROM rematch_package');
    hasTaken();
    await died;
    throw new Error('the process died');
  });
  const othersEnd = expect(other).rejects.toThrow('the process died');
  await taken;
  // Told after each look: at the first one everything is taken.
  let looks = 0;
  const done = await followToTheEnd(database, {
    now: () => clockAt(0).now,
    onProgress: () => {
      looks += 1;
      die();
    },
  });
  await othersEnd;
  expect(looks).toBeGreaterThan(1);
  expect(done).toEqual({ packages: 1, servers: 1, isShared: true });
  expect(await isFollowing(database)).toBe(false);
});

it('reaches every server of an image that more of them have than one batch takes', async () => {
  const tomcat = installed({ ecosystem: 'Bitnami', name: 'tomcat', version: '9.0.90' });
  const curl = installed({ ecosystem: 'debian:10', name: 'curl', version: '7.64.0-4' });
  for (const number of [1, 2, 3, 4, 5])
    await acceptInventory(database, serverOf(`alike-${number}`, [tomcat]), clockAt(0));
  await acceptInventory(database, serverOf('other-1', [tomcat, curl]), clockAt(0));
  await acceptInventory(database, serverOf('other-2', [tomcat, SYSTEMD_OLD]), clockAt(0));
  await importAdvisories(database, () => itemsOf(advisoryItem(TOMCAT)), clockAt(1));
  const options = { now: () => clockAt(1).now, serversPerBatch: 2 };
  expect(await followAdvisories(database, options)).toEqual({ packages: 1, servers: 7 });
  const rows = await database.query(`SELECT name FROM server WHERE critical_count = 1 ORDER BY name`);
  expect(rows).toHaveLength(7);
});

it('tells the read model of a set of packages once, however many servers have it, and of a large one server by server', async () => {
  const tomcat = installed({ ecosystem: 'Bitnami', name: 'tomcat', version: '9.0.91' });
  for (const number of [1, 2, 3])
    await acceptInventory(database, serverOf(`image-${number}`, [tomcat]), clockAt(2));
  const kindsNoted = async (cve: string, serversPerBatch: number): Promise<readonly string[]> => {
    await database.execute('DELETE FROM server_view_change');
    await importAdvisories(
      database,
      () => itemsOf(advisoryItem({ ...TOMCAT, id: cve, cves: [cve] })),
      clockAt(3),
    );
    await followAdvisories(database, { now: () => clockAt(3).now, serversPerBatch });
    const notes = await database.query<{ kind: string }>(
      `SELECT c.kind FROM server_view_change c WHERE c.id IN (
         SELECT CASE c.kind WHEN 'server' THEN id WHEN 'package_set' THEN package_set::text END
         FROM server WHERE name LIKE 'image-%')`,
    );
    return notes.map(({ kind }) => kind);
  };
  expect(await kindsNoted('CVE-2026-10001', 10)).toEqual(['package_set']);
  expect(await kindsNoted('CVE-2026-10002', 2)).toEqual(['server', 'server', 'server']);
});
