/** What is urgent in a project: `/parapet/v1/{project_id}/urgent`. */
import Type from 'typebox';
import { appError } from '../../errors.ts';
import type { EnterpriseProjectScope } from '../../identity/rights.ts';
import { ANSWER_SERVERS_MAX } from '../../jobs/answer-urgent.ts';
import {
  askUrgent,
  listUrgent,
  removeUrgent,
  showUrgent,
  URGENT_ALIASES_MAX,
  URGENT_NAME_LENGTH_MAX_CHARS,
  URGENT_REASON_LENGTH_MAX_CHARS,
} from '../../jobs/ask-urgent.ts';
import type { CoverageClock } from '../../jobs/refresh-unknown.ts';
import { jsonResult } from '../../json-result.ts';
import type { Database } from '../../store/database.ts';
import { requestFollowing } from '../../store/urgent/request-following.ts';
import { type Endpoint, projectEndpoint } from '../endpoint.ts';
import { queryFlag, queryInteger } from '../strict-query.ts';

const URL = '/parapet/v1/:project_id/urgent';
const SERVERS_DEFAULT = 100;
const limit = queryInteger({ min: 0, max: ANSWER_SERVERS_MAX, default: SERVERS_DEFAULT });

const question = Type.Object(
  {
    cve: Type.Optional(Type.String()),
    kb: Type.Optional(Type.String()),
    package: Type.Optional(Type.String({ minLength: 1, maxLength: URGENT_NAME_LENGTH_MAX_CHARS })),
    range: Type.Optional(Type.String()),
    ecosystem: Type.Optional(Type.String()),
    aliases: Type.Optional(Type.Array(Type.String({ minLength: 1 }), { maxItems: URGENT_ALIASES_MAX })),
    reason: Type.Optional(Type.String({ maxLength: URGENT_REASON_LENGTH_MAX_CHARS })),
  },
  { additionalProperties: false },
);

export function urgentEndpoints(database: Database, clock: () => CoverageClock): readonly Endpoint[] {
  return [
    listEndpoint(database),
    askEndpoint(database, clock),
    showEndpoint(database, clock),
    removeEndpoint(database, clock),
  ];
}

function listEndpoint(database: Database): Endpoint {
  return projectEndpoint({
    operation: 'ListUrgent',
    method: 'GET',
    url: URL,
    right: 'read',
    summary:
      'What is urgent: open items, or with all those that were retired or removed, each with how many servers have an open finding of it',
    query: { all: queryFlag() },
    handler: async ({ project, grantedScope, query }) => {
      const scope = { projectId: project.id, enterpriseProjects: grantedScope };
      return { json: jsonResult(await listUrgent(database, { scope, all: query.all ?? false })) };
    },
  });
}

function askEndpoint(database: Database, clock: () => CoverageClock): Endpoint {
  return projectEndpoint({
    operation: 'AskUrgent',
    method: 'POST',
    url: URL,
    right: 'operate',
    summary:
      'Ask which servers have a CVE, lack a KB, or hold a package in a range of versions; kept as URGENT-… and matched in new reports',
    query: { limit },
    body: question,
    handler: async ({ project, caller, grantedScope, query, body }) => {
      requireWholeProject(grantedScope);
      const { reason = '', ...request } = body;
      const asker = { projectId: project.id, actor: caller.userName, reason };
      const asked = await askUrgent(database, request, { asker, limit: query.limit, clock: clock() });
      await requestFollowing(database);
      return { status: 201, json: jsonResult(asked) };
    },
  });
}

function showEndpoint(database: Database, clock: () => CoverageClock): Endpoint {
  return projectEndpoint({
    operation: 'ShowUrgent',
    method: 'GET',
    url: `${URL}/:urgent_id`,
    right: 'read',
    summary: 'One urgent item with its answer over the servers that the caller may see, and its history',
    query: { limit },
    handler: async ({ project, grantedScope, path, query }) => {
      const scope = { projectId: project.id, enterpriseProjects: grantedScope };
      const request = { scope, id: path('urgent_id'), limit: query.limit, clock: clock() };
      return { json: jsonResult(await showUrgent(database, request)) };
    },
  });
}

function removeEndpoint(database: Database, clock: () => CoverageClock): Endpoint {
  return projectEndpoint({
    operation: 'RemoveUrgent',
    method: 'DELETE',
    url: `${URL}/:urgent_id`,
    right: 'operate',
    summary: 'Close an urgent item; its findings leave the lists and its history stays',
    handler: async ({ project, caller, grantedScope, path }) => {
      requireWholeProject(grantedScope);
      const asker = { projectId: project.id, actor: caller.userName, reason: '' };
      await removeUrgent(database, path('urgent_id'), { asker, now: clock().now });
      await requestFollowing(database);
      return { status: 204 };
    },
  });
}

/** What is urgent concerns servers of every enterprise project, so changing it takes the right in all of them. */
function requireWholeProject(scope: EnterpriseProjectScope): void {
  if (scope !== 'all') throw appError('right-missing', { right: 'operate in every enterprise project' });
}
