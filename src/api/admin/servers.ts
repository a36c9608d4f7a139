/** Our own view of single servers: `/parapet/v1/{project_id}/servers/{server_id}`. */
import Type, { type Static } from 'typebox';
import { appError } from '../../errors.ts';
import type { EnterpriseProjectScope, Project } from '../../identity/rights.ts';
import { isInScope } from '../../identity/rights.ts';
import { changeServer } from '../../jobs/change-server.ts';
import type { CoverageClock } from '../../jobs/refresh-unknown.ts';
import { serverCoverage } from '../../jobs/server-coverage.ts';
import { jsonResult } from '../../json-result.ts';
import type { Database } from '../../store/database.ts';
import { removeServer } from '../../store/fleet/remove-server.ts';
import type { FleetScope } from '../../store/fleet/server-ids-in-scope.ts';
import type { ServerChange } from '../../store/fleet/set-server.ts';
import { showServer } from '../../store/fleet/show-server.ts';
import { type Endpoint, projectEndpoint } from '../endpoint.ts';

const URL = '/parapet/v1/:project_id/servers/:server_id';
const EDITIONS = [
  'hss.version.null',
  'hss.version.basic',
  'hss.version.advanced',
  'hss.version.enterprise',
  'hss.version.premium',
  'hss.version.wtp',
  'hss.version.container.enterprise',
] as const;

const change = Type.Object(
  {
    name: Type.Optional(Type.String({ minLength: 1, maxLength: 64 })),
    public_ip: Type.Optional(Type.String({ maxLength: 128 })),
    private_ip: Type.Optional(Type.String({ maxLength: 4_096 })),
    region: Type.Optional(Type.String({ maxLength: 32 })),
    group_id: Type.Optional(Type.Union([Type.String({ minLength: 1, maxLength: 128 }), Type.Null()])),
    asset_value: Type.Optional(Type.Enum(['important', 'common', 'test'])),
    cluster_id: Type.Optional(Type.String({ maxLength: 64 })),
    node_type: Type.Optional(Type.Enum(['cce', 'not_cce'])),
    edition: Type.Optional(Type.Enum([...EDITIONS])),
    enterprise_project_id: Type.Optional(Type.String({ minLength: 1, maxLength: 256 })),
  },
  { additionalProperties: false },
);

export interface ServerEndpointParts {
  readonly database: Database;
  readonly enterpriseProjectExists: (domainId: string, id: string) => Promise<boolean>;
  readonly groupExists: (projectId: string, id: string) => Promise<boolean>;
  readonly clock: () => CoverageClock;
}

export function serverEndpoints(parts: ServerEndpointParts): readonly Endpoint[] {
  return [showServerEndpoint(parts), changeServerEndpoint(parts), removeServerEndpoint(parts)];
}

function showServerEndpoint({ database, clock }: ServerEndpointParts): Endpoint {
  return projectEndpoint({
    operation: 'ShowServer',
    method: 'GET',
    url: URL,
    right: 'read',
    summary:
      'One server with everything known of it, its coverage, and its findings, those without a fix included',
    handler: async ({ project, grantedScope, path }) => {
      const serverId = path('server_id');
      const server = await showServer(database, scopeOf(project, grantedScope), serverId);
      if (server === undefined) throw appError('server-unknown', { serverId });
      const { scanTime, system } = server;
      if (scanTime === undefined) return { json: jsonResult(server) };
      const about = { projectId: project.id, serverId, system, scanTime };
      return { json: jsonResult({ ...server, coverage: await serverCoverage(database, about, clock()) }) };
    },
  });
}

function changeServerEndpoint(parts: ServerEndpointParts): Endpoint {
  return projectEndpoint({
    operation: 'ChangeServer',
    method: 'PATCH',
    url: URL,
    right: 'operate',
    summary:
      'Set name, addresses, group, importance, cluster, node kind, region, edition or enterprise project',
    body: change,
    handler: async ({ project, caller, grantedScope, path, body }) => {
      const target = body.enterprise_project_id;
      if (target !== undefined) {
        const exists = await parts.enterpriseProjectExists(project.domainId, target);
        if (!exists || !isInScope(grantedScope, target)) {
          throw appError('enterprise-project-unknown', { id: target });
        }
      }
      if (typeof body.group_id === 'string' && !(await parts.groupExists(project.id, body.group_id))) {
        throw appError('group-unknown', { group: body.group_id });
      }
      await changeServer(parts.database, {
        scope: scopeOf(project, grantedScope),
        serverId: path('server_id'),
        change: changeOf(body),
        actor: caller.userName,
        now: parts.clock().now,
      });
      return {};
    },
  });
}

function changeOf(body: Static<typeof change>): ServerChange {
  return {
    name: body.name,
    publicIp: body.public_ip,
    privateIp: body.private_ip,
    region: body.region,
    groupId: body.group_id,
    assetValue: body.asset_value,
    clusterId: body.cluster_id,
    nodeType: body.node_type,
    edition: body.edition,
    enterpriseProjectId: body.enterprise_project_id,
  };
}

function removeServerEndpoint({ database }: ServerEndpointParts): Endpoint {
  return projectEndpoint({
    operation: 'RemoveServer',
    method: 'DELETE',
    url: URL,
    right: 'operate',
    summary: 'Delete a server with its decisions and history, and revoke its agent',
    handler: async ({ project, grantedScope, path }) => {
      const serverId = path('server_id');
      const scope = scopeOf(project, grantedScope);
      if (!(await database.transaction((tx) => removeServer(tx, scope, serverId)))) {
        throw appError('server-unknown', { serverId });
      }
      return { status: 204 };
    },
  });
}

function scopeOf(project: Project, enterpriseProjects: EnterpriseProjectScope): FleetScope {
  return { projectId: project.id, enterpriseProjects };
}
