import { expect, it } from 'vitest';
import { internPackageSets } from '../../src/store/fleet/package-sets.ts';
import { packagesInScope } from '../../src/store/urgent/servers-holding.ts';
import { testDatabase } from '../database.ts';

const { database } = await testDatabase();

it('packages that only servers beyond the scope hold are none that an answer counts', async () => {
  for (const [id, enterpriseProject, packageIds] of [
    ['a', 'research', [1, 2]],
    ['b', 'payments', [2, 3]],
  ] as const) {
    const [set = 0] = await internPackageSets(database, 'p', { sets: [packageIds], now: 1 });
    await database.execute(
      `INSERT INTO server (project_id, id, identity, name, name_folded, enterprise_project_id, os_type, system, created_at, scan_time, package_set)
       VALUES ('p', $1, $1, $1, $1, $2, 'Linux', 'debian:12', 0, 1, $3)`,
      [id, enterpriseProject, set],
    );
  }
  const seenBy = async (enterpriseProjects: 'all' | readonly string[]) =>
    [...(await packagesInScope(database, { projectId: 'p', enterpriseProjects }, [1, 2, 3]))].sort();
  expect(await seenBy('all')).toEqual([1, 2, 3]);
  expect(await seenBy(['research'])).toEqual([1, 2]);
  expect(await seenBy(['payments'])).toEqual([2, 3]);
  expect(await seenBy([])).toEqual([]);
});
