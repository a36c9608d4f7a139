/** Server groups: `/parapet/v1/{project_id}/groups`. */
import { randomUUID } from 'node:crypto';
import Type from 'typebox';
import { appError } from '../../errors.ts';
import type { EnterpriseProjectScope } from '../../identity/rights.ts';
import type { Database } from '../../store/database.ts';
import {
  createServerGroup,
  GROUP_NAME_LENGTH_MAX_CHARS,
  listServerGroups,
  removeServerGroup,
} from '../../store/fleet/server-groups.ts';
import { type Endpoint, projectEndpoint } from '../endpoint.ts';

const URL = '/parapet/v1/:project_id/groups';
const newGroup = Type.Object(
  { name: Type.String({ minLength: 1, maxLength: GROUP_NAME_LENGTH_MAX_CHARS }) },
  { additionalProperties: false },
);

export function serverGroupEndpoints(database: Database): readonly Endpoint[] {
  return [
    projectEndpoint({
      operation: 'ListServerGroups',
      method: 'GET',
      url: URL,
      right: 'read',
      summary:
        'The server groups of the project, each with how many of its servers the caller may see; none with no such server, but for callers who may see all',
      handler: async ({ project, grantedScope }) => {
        const scope = { projectId: project.id, enterpriseProjects: grantedScope };
        return { json: { groups: await listServerGroups(database, scope) } };
      },
    }),
    projectEndpoint({
      operation: 'CreateServerGroup',
      method: 'POST',
      url: URL,
      right: 'operate',
      summary: 'Make a server group',
      body: newGroup,
      handler: async ({ project, body, grantedScope }) => {
        requireWholeProject(grantedScope);
        const group = { id: randomUUID(), name: body.name };
        await createServerGroup(database, { projectId: project.id, ...group });
        return { status: 201, json: group };
      },
    }),
    projectEndpoint({
      operation: 'RemoveServerGroup',
      method: 'DELETE',
      url: `${URL}/:group_id`,
      right: 'operate',
      summary: 'Remove a server group; its servers stay, in no group',
      handler: async ({ project, path, grantedScope }) => {
        requireWholeProject(grantedScope);
        const group = path('group_id');
        const removed = await database.transaction((tx) => removeServerGroup(tx, project.id, group));
        if (!removed) throw appError('group-unknown', { group });
        return { status: 204 };
      },
    }),
  ];
}

/** A group may hold servers of every enterprise project, so changing groups takes the right in all of them. */
function requireWholeProject(scope: EnterpriseProjectScope): void {
  if (scope !== 'all') throw appError('right-missing', { right: 'operate in every enterprise project' });
}
