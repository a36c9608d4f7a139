/** A vulnerability is new for 30 days: after that its findings weigh less, on every server that has it. */
import { expect, it } from 'vitest';
import { acceptInventory } from '../../src/jobs/accept-inventory.ts';
import { followAdvisories } from '../../src/jobs/follow-advisories.ts';
import { importAdvisories } from '../../src/jobs/import-advisories.ts';
import { noteAgedVulnerabilities } from '../../src/store/advisories/note-aged-vulnerabilities.ts';
import { testDatabase } from '../database.ts';
import { advisoryItem, clockAt, installed, itemsOf, SYSTEMD, serverOf, T0 } from './fleet-fixture.ts';

const { database } = await testDatabase();

/** CVSS 6.5: High while it is new, Medium afterwards. */
const MEDIUM_VECTOR = 'CVSS:3.1/AV:N/AC:L/PR:L/UI:N/S:U/C:H/I:N/A:N';

const priorities = async (): Promise<readonly object[]> =>
  await database.query(`SELECT name, high_count AS high, medium_count AS medium FROM server ORDER BY name`);

it('is followed once the clock has passed that moment, and not again', async () => {
  await database.execute(`UPDATE priority_clock SET followed_until = $1`, [T0]);
  const advisory = advisoryItem({ ...SYSTEMD, vector: MEDIUM_VECTOR, published: T0 });
  await importAdvisories(database, () => itemsOf(advisory), clockAt(0));
  const systemd = installed({ ecosystem: 'debian:10', name: 'systemd', version: '241-7~deb10u1' });
  const curl = installed({ ecosystem: 'debian:10', name: 'curl', version: '7.64.0-4' });
  await acceptInventory(database, serverOf('web-01', [systemd]), clockAt(1));
  await acceptInventory(database, serverOf('web-02', [systemd, curl]), clockAt(2));
  const asNew = [
    { name: 'web-01', high: 1, medium: 0 },
    { name: 'web-02', high: 1, medium: 0 },
  ];

  expect(await noteAgedVulnerabilities(database, clockAt(29).now)).toBe(0);
  expect(await followAdvisories(database, clockOf(29))).toEqual({ packages: 0, servers: 0 });
  expect(await priorities()).toEqual(asNew);

  expect(await noteAgedVulnerabilities(database, clockAt(31).now)).toBe(1);
  expect(await followAdvisories(database, clockOf(31))).toEqual({ packages: 0, servers: 2 });
  expect(await priorities()).toEqual([
    { name: 'web-01', high: 0, medium: 1 },
    { name: 'web-02', high: 0, medium: 1 },
  ]);

  expect(await noteAgedVulnerabilities(database, clockAt(32).now)).toBe(0);
  expect(await followAdvisories(database, clockOf(32))).toEqual({ packages: 0, servers: 0 });
});

it('is looked at a second time ten minutes later, for reports that were on their way', async () => {
  const aged = clockAt(30).now;
  await database.execute(`UPDATE priority_clock SET followed_until = $1`, [aged - 1]);
  const looks: number[] = [];
  for (let minute = 1; minute <= 15; minute += 1)
    looks.push(await noteAgedVulnerabilities(database, aged + minute * 60_000));
  expect(looks.flatMap((found, index) => (found > 0 ? [index + 1] : []))).toEqual([1, 10]);
  expect(await followAdvisories(database, clockOf(31))).toEqual({ packages: 0, servers: 0 });
});

function clockOf(days: number): { readonly now: () => number } {
  return { now: () => clockAt(days).now };
}
