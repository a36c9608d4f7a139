import { expect, it } from 'vitest';
import { columnsOf } from '../../src/findings/finding-columns.ts';
import { internFindingSets } from '../../src/store/findings/finding-sets.ts';
import { loadAssessableGroups } from '../../src/store/findings/load-assessable.ts';
import { testDatabase } from '../database.ts';

const { database } = await testDatabase();
const FINDING = { vulnerability: 7, status: 'vul_status_unfix', priority: 'High', fixable: true } as const;

/** Whether somebody waits for a lock in this database. */
async function someoneWaits(): Promise<boolean> {
  const rows = await database.query(
    `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
  );
  return rows.length > 0;
}

it('a server is read with the findings that it was given while its lock was waited for', async () => {
  await database.execute(
    `INSERT INTO server (project_id, id, identity, name, name_folded, os_type, system, created_at, scan_time)
     VALUES ('p', 'a', 'a', 'a', 'a', 'Linux', 'debian:12', 0, 1)`,
  );
  let reading: Promise<readonly number[]> | undefined;
  await database.transaction(async (tx) => {
    const [set] = await internFindingSets(tx, 'p', { sets: [columnsOf([FINDING])], now: 1 });
    await tx.execute(`UPDATE server SET finding_set = $1 WHERE id = 'a'`, [set ?? 0]);
    reading = database.transaction(async (other) => {
      const groups = await loadAssessableGroups(other, 'p', { serverIds: ['a'] });
      return groups.flatMap((group) => group.findings.map((finding) => finding.vulnerability));
    });
    await expect.poll(someoneWaits, { timeout: 20_000 }).toBe(true);
  });
  expect(await reading).toEqual([7]);
});
