/** Changes whether a project lists findings without a fix, and assesses its servers again: it moves their counts. */
import type { Database } from '../store/database.ts';
import { setIncludesUnfixed } from '../store/fleet/project-setting.ts';
import { resummariseServers } from './assess-servers.ts';

const SERVERS_PER_BATCH = 1_000;

/** Returns how many servers were written. A kill in between leaves the rest as they were; saying it again finishes. */
export async function setIncludeUnfixed(
  database: Database,
  setting: { readonly projectId: string; readonly includeUnfixed: boolean; readonly now: () => number },
): Promise<number> {
  const { projectId, includeUnfixed, now } = setting;
  await setIncludesUnfixed(database, projectId, includeUnfixed);
  let written = 0;
  for (let after = ''; ; ) {
    const rows = await database.query<{ id: string }>(
      `SELECT id FROM server WHERE project_id = $1 AND id > $2 ORDER BY id LIMIT $3`,
      [projectId, after, SERVERS_PER_BATCH],
    );
    const last = rows.at(-1);
    if (last === undefined) return written;
    const servers = { serverIds: rows.map((row) => row.id) };
    written += await database.transaction((tx) => resummariseServers(tx, { projectId, servers, now: now() }));
    after = last.id;
  }
}
