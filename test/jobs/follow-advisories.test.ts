/** Following an import to its end, also where another process has taken a part of the work. */
import { expect, it } from 'vitest';
import { acceptInventory } from '../../src/jobs/accept-inventory.ts';
import { followToTheEnd, isFollowing } from '../../src/jobs/follow-advisories.ts';
import { importAdvisories } from '../../src/jobs/import-advisories.ts';
import { testDatabase } from '../database.ts';
import { advisoryItem, clockAt, installed, itemsOf, SYSTEMD, serverOf } from './fleet-fixture.ts';

const { database } = await testDatabase();

it('waits for work that another process has taken, and does it when that process dies', async () => {
  const systemd = installed({ ecosystem: 'debian:10', name: 'systemd', version: '241-7~deb10u1' });
  await acceptInventory(database, serverOf('web-01', [systemd]), clockAt(0));
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
