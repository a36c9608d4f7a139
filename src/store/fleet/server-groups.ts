import { appError } from '../../errors.ts';
import { nameProblem } from '../../inventory/server-texts.ts';
import { foldCase } from '../../server-view/server-view.ts';
import type { Queryable } from '../database.ts';
import { storableText } from '../storable-text.ts';
import type { FleetScope } from './server-ids-in-scope.ts';

/** Server groups of a project: a name under which servers are filtered. One table and its statements. */

/** Longest name of a group, in characters (contract chapter 1: the filter takes 64). */
export const GROUP_NAME_LENGTH_MAX_CHARS = 64;

export interface ServerGroup {
  readonly id: string;
  readonly name: string;
  readonly servers: number;
}

/**
 * The groups of the project by name, each with the number of its servers in scope; where not every enterprise project is in
 * scope, only groups with such a server: a name alone tells of servers that the caller may not see.
 */
export async function listServerGroups(
  tx: Queryable,
  { projectId, enterpriseProjects }: FleetScope,
): Promise<readonly ServerGroup[]> {
  return await tx.query<ServerGroup>(
    `SELECT g.id, g.name, count(s.id) AS servers
     FROM server_group g LEFT JOIN server s ON s.project_id = g.project_id AND s.group_id = g.id
       AND ($2::text[] IS NULL OR s.enterprise_project_id = ANY ($2))
     WHERE g.project_id = $1 GROUP BY g.id, g.name HAVING $2::text[] IS NULL OR count(s.id) > 0
     ORDER BY g.name COLLATE "C"`,
    [projectId, enterpriseProjects === 'all' ? null : enterpriseProjects],
  );
}

/** Makes a group. Throws `group-exists` where the name is taken, `parameter-invalid` where it cannot be shown. */
export async function createServerGroup(
  tx: Queryable,
  group: { readonly projectId: string; readonly id: string; readonly name: string },
): Promise<void> {
  const name = groupName(group.name);
  const made = await tx.execute(
    `INSERT INTO server_group (project_id, id, name, name_folded) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING`,
    [group.projectId, group.id, name, foldCase(name)],
  );
  if (made === 0) throw appError('group-exists', { name });
}

/** Renames a group. Throws `group-exists` where another has the name, `parameter-invalid` where it cannot be shown. */
export async function renameServerGroup(
  tx: Queryable,
  group: { readonly projectId: string; readonly id: string; readonly name: string },
): Promise<void> {
  const name = groupName(group.name);
  const renamed = await tx.execute(
    `UPDATE server_group SET name = $3, name_folded = $4 WHERE project_id = $1 AND id = $2
       AND NOT EXISTS (SELECT FROM server_group o WHERE o.project_id = $1 AND o.name = $3 AND o.id <> $2)`,
    [group.projectId, group.id, name, foldCase(name)],
  );
  if (renamed === 0) throw appError('group-exists', { name });
}

/** Removes a group; its servers are in none afterwards. False: there is none. */
export async function removeServerGroup(tx: Queryable, projectId: string, id: string): Promise<boolean> {
  await tx.execute(`UPDATE server SET group_id = NULL WHERE project_id = $1 AND group_id = $2`, [
    projectId,
    id,
  ]);
  return (
    (await tx.execute(`DELETE FROM server_group WHERE project_id = $1 AND id = $2`, [projectId, id])) > 0
  );
}

/** The id of the group called `name`; made with `newId` where there is none and that is given. */
export async function serverGroupId(
  tx: Queryable,
  group: { readonly projectId: string; readonly name: string; readonly newId?: string },
): Promise<string | undefined> {
  const name = groupName(group.name);
  if (group.newId !== undefined) {
    await tx.execute(
      `INSERT INTO server_group (project_id, id, name, name_folded) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING`,
      [group.projectId, group.newId, name, foldCase(name)],
    );
  }
  const [row] = await tx.query<{ id: string }>(
    `SELECT id FROM server_group WHERE project_id = $1 AND name = $2`,
    [group.projectId, name],
  );
  return row?.id;
}

function groupName(text: string): string {
  const problem = nameProblem(text);
  if (problem !== undefined) throw appError('parameter-invalid', { name: 'name', problem });
  return storableText(text);
}
