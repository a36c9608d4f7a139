import { expect, it } from 'vitest';
import { loadAssessableServers } from '../../src/store/findings/load-assessable.ts';
import { migrate, readMigrations } from '../../src/store/migrate.ts';
import { testDatabase } from '../database.ts';

const { database } = await testDatabase('empty');
const migrations = await readMigrations();

it('keeps what every server has and since when, and stores once what two have alike', async () => {
  await migrate(database, migrations.slice(0, 3));
  await database.query(
    `INSERT INTO server (project_id, id, identity, name, name_folded, os_type, system, created_at, scan_time, package_ids,
       finding_vulnerability, finding_status, finding_priority, finding_fixable, finding_first_seen_at, finding_status_since)
     VALUES
       ('p', 'a', 'a', 'a', 'a', 'Linux', 'debian:12', 0, 1, '{3,5}', '{7,9}', '{0,4}', '{3,1}', '{t,f}', '{100,200}', '{100,300}'),
       ('p', 'b', 'b', 'b', 'b', 'Linux', 'debian:12', 0, 1, '{3,5}', '{7,9}', '{0,4}', '{3,1}', '{t,f}', '{500,600}', '{700,800}'),
       ('p', 'c', 'c', 'c', 'c', 'Linux', 'debian:12', 0, 1, '{}', '{}', '{}', '{}', '{}', '{}', '{}'),
       ('p', 'd', 'd', 'd', 'd', 'Linux', 'debian:12', 0, NULL, '{}', '{}', '{}', '{}', '{}', '{}', '{}')`,
  );
  await migrate(database, migrations);
  const servers = await database.transaction((tx) => loadAssessableServers(tx, 'p', ['a', 'b', 'c', 'd']));
  const finding = (number: number, firstSeenAt: number, statusSince: number) =>
    number === 7
      ? {
          vulnerability: 7,
          status: 'vul_status_unfix',
          priority: 'Critical',
          fixable: true,
          firstSeenAt,
          statusSince,
        }
      : {
          vulnerability: 9,
          status: 'vul_status_fixed',
          priority: 'Medium',
          fixable: false,
          firstSeenAt,
          statusSince,
        };
  expect(
    servers
      .map(({ id, packageIds, findings }) => ({ id, packageIds, findings }))
      .sort((one, other) => (one.id < other.id ? -1 : 1)),
  ).toEqual([
    { id: 'a', packageIds: [3, 5], findings: [finding(7, 100, 100), finding(9, 200, 300)] },
    { id: 'b', packageIds: [3, 5], findings: [finding(7, 500, 700), finding(9, 600, 800)] },
    { id: 'c', packageIds: [], findings: [] },
    { id: 'd', packageIds: [], findings: [] },
  ]);
  expect(
    await database.query(
      `SELECT (SELECT count(*) FROM package_set) AS packages, (SELECT count(*) FROM finding_set) AS findings,
         (SELECT count(*) FROM finding_set WHERE has_fixed AND NOT is_plain) AS fixed`,
    ),
  ).toEqual([{ packages: 2, findings: 2, fixed: 1 }]);
});
