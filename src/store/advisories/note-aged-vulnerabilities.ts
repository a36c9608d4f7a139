import { NEWLY_PUBLISHED_MS } from '../../matching/priority.ts';
import type { Database } from '../database.ts';

/**
 * So long afterwards a vulnerability is looked at a second time: a report that began just before it stopped being new may commit
 * some time after it. Longer than any report may take.
 */
const SECOND_LOOK_MS = 10 * 60 * 1000;

/**
 * Leaves work for the vulnerabilities that stopped being new (design.md section 4: 30 days after they were published) since
 * the last look, and once more for those of ten minutes ago: their priorities are to be worked out again. Returns how many
 * there were; looking twice does no harm.
 */
export async function noteAgedVulnerabilities(database: Database, now: number): Promise<number> {
  return await database.transaction(async (tx) => {
    const [clock] = await tx.query<{ followed_until: number }>(
      `SELECT followed_until FROM priority_clock FOR UPDATE`,
    );
    if (clock === undefined) throw new Error('table priority_clock has lost its row');
    const since = clock.followed_until;
    if (now <= since) return 0;
    const [aged] = await tx.query<{ numbers: readonly number[] }>(
      `SELECT coalesce(array_agg(number ORDER BY number), '{}') AS numbers FROM vulnerability
       WHERE published_at > $1 AND published_at <= $2 OR published_at > $1 - $3 AND published_at <= $2 - $3`,
      [since - NEWLY_PUBLISHED_MS, now - NEWLY_PUBLISHED_MS, SECOND_LOOK_MS],
    );
    const numbers = aged?.numbers ?? [];
    if (numbers.length > 0) {
      await tx.execute(
        `INSERT INTO reassess (project_id, package_ids, vulnerabilities)
         SELECT held.project_id, '{}', $1::integer[] FROM (SELECT DISTINCT project_id FROM package) held`,
        [numbers],
      );
    }
    await tx.execute(`UPDATE priority_clock SET followed_until = $1`, [now]);
    return numbers.length;
  });
}
