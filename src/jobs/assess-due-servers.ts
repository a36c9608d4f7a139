/**
 * What the clock alone changes on a server: an ignore comes to its date, a fixed finding leaves the lists. Each server's row
 * names the moment (`due_at`); this assesses those whose moment has come. That a vulnerability stops being new is followed
 * by vulnerability, as a change of its facts (`noteAgedVulnerabilities`).
 */
import type { Database } from '../store/database.ts';
import { assessServers } from './assess-servers.ts';

const SERVERS_PER_BATCH = 1_000;

/** Assesses every server that is due by `clock` (ms since 1970). Returns how many were written. */
export async function assessDueServers(
  database: Database,
  clock: () => number,
  signal?: AbortSignal,
): Promise<number> {
  let written = 0;
  for (;;) {
    signal?.throwIfAborted();
    // Asked anew each time: priorities of a moment long gone would take back what has been followed since.
    const now = clock();
    const due = await database.query<{ project_id: string; ids: readonly string[] }>(
      `SELECT project_id, array_agg(id) AS ids FROM (
         SELECT project_id, id FROM server WHERE due_at <= $1 ORDER BY due_at LIMIT $2
       ) d GROUP BY project_id`,
      [now, SERVERS_PER_BATCH],
    );
    if (due.length === 0) return written;
    for (const { project_id, ids } of due) {
      written += await database.transaction((tx) =>
        assessServers(tx, {
          projectId: project_id,
          servers: { serverIds: ids },
          cause: 'clock',
          actor: 'clock',
          remark: '',
          now,
        }),
      );
    }
  }
}
